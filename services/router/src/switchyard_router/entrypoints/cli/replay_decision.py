"""`switchyard replay-decision DECISION`: computes a decision anew from what was kept."""

import json
from typing import Annotated

import typer
from switchyard.router.v1 import decision_pb2, routing_service_pb2, routing_service_pb2_grpc
from switchyard_common.commands import JsonOption, Lang, LangOption, TenantOption, language_of

from switchyard_router.entrypoints.cli.reach import (
    Reach,
    RouterOption,
    ask,
    reach,
)
from switchyard_router.entrypoints.decision_messages import differences

_SAME = {
    Lang.EN: "equal bit for bit: {count} scores, chosen agent {agent}",
    Lang.ZH: "逐位相同：{count} 个得分，选中坐席 {agent}",
}
_OTHER = {
    Lang.EN: "NOT equal: {count} differences",
    Lang.ZH: "不相同：{count} 处差异",
}
_CANNOT = {
    Lang.EN: "cannot be replayed: {problem}",
    Lang.ZH: "无法重算：{problem}",
}


def replay_decision(
    decision: Annotated[str, typer.Argument(help="Id or name of a decision.")],
    lang: LangOption = None,
    router: RouterOption = "127.0.0.1:7101",
    tenant: TenantOption = "demo",
    as_json: JsonOption = False,
) -> None:
    """Recompute a decision from its inputs; exit code 1 unless equal bit for bit. 重算一个决定。"""
    found = ask(_read(reach(router, tenant), decision))
    spoken = lang or language_of()
    try:
        other = differences(found)
    except ValueError as error:
        other = [_CANNOT[spoken].format(problem=error)]
    if as_json:
        typer.echo(json.dumps({"decision": found.name, "equal": not other, "differences": other}))
    elif other:
        typer.echo("\n".join([_OTHER[spoken].format(count=len(other)), *other]))
    else:
        agent = found.chosen_agent.rpartition("/")[2]
        typer.echo(_SAME[spoken].format(count=len(found.inputs.scores), agent=agent))
    if other:
        raise typer.Exit(1)


async def _read(router: Reach, decision: str) -> decision_pb2.Decision:
    name = decision if "/" in decision else router.tenant.of("decisions", decision)
    async with router.channel() as call:
        stub = routing_service_pb2_grpc.RoutingServiceStub(call.channel)
        found: decision_pb2.Decision = await call(
            stub.GetDecision, routing_service_pb2.GetDecisionRequest(name=name)
        )
        return found
