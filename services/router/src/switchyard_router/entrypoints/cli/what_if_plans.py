"""Asks a running router what a stored time would have been under other routing plans."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from switchyard.router.v1 import routing_service_pb2, routing_service_pb2_grpc
from switchyard_report.text import Text

from switchyard_router.domain.evaluation.bootstrap import Difference
from switchyard_router.entrypoints.cli.gitops.changes import Applying, changes
from switchyard_router.entrypoints.cli.gitops.command import check
from switchyard_router.entrypoints.cli.gitops.files import SECTIONS, wanted
from switchyard_router.entrypoints.cli.gitops.located import BadFile
from switchyard_router.entrypoints.cli.gitops.stored import stored
from switchyard_router.entrypoints.cli.reach import Reach
from switchyard_router.entrypoints.cli.what_if_days import Span
from switchyard_router.entrypoints.cli.what_if_findings import Finding, Findings, warning

_DEADLINE_SECONDS = 1000.0
"""The router ends a simulation after 15 minutes itself."""

_NAMES = {
    "answered_contacts": Text("answered, contacts", "已接联系数"),
    "abandoned_share": Text("gave up, share", "放弃比例"),
    "service_level": Text("answered in target, share", "目标时限内接起的比例"),
    "average_speed_of_answer_seconds": Text("mean wait of the answered, s", "已接平均等待（秒）"),
    "wait_p90_seconds": Text("wait of the answered, p90, s", "已接等待 p90（秒）"),
    "average_talk_seconds": Text("mean conversation, s", "平均通话时长（秒）"),
    "expired_share": Text("waited too long, share", "等待超时比例"),
}
_FAR_OFF = Text(
    "Both columns of plans are simulated: where the present plans are far from what was logged, do"
    " not believe the difference either.",
    "两列方案数据均为仿真；若现行方案的结果与日志相差很大，差异也不可信。",
)

type Result = routing_service_pb2.SimulateRoutingResponse

type Progress = Callable[[int, int], None]
"""Hears of repetitions done, and of all."""


def is_configuration(content: object) -> bool:
    """Whether a file's content is what `switchyard config apply` takes."""
    return isinstance(content, dict) and bool(set(content) & set(SECTIONS))


def described_plans(path: Path, way: Reach) -> dict[tuple[str, str], Message]:
    """The plans that a file describes. Raises BadFile, also for what a replay cannot change."""
    found = wanted([path], way.tenant)
    for key in found.messages:
        if key[0] != "plan":
            raise BadFile(
                f"{found.place(key, '')}: {key[0]} {key[1]}: a replay changes plans only;"
                f" take it out of the file, queues and agents stay as the router has them"
            )
    if not found.messages:
        raise BadFile(f"{path}: no plan is described; give plans: as in docs/plans.md")
    return found.messages


async def simulated(
    way: Reach, path: Path, span: Span, replications: int, seed: int, progress: Progress
) -> routing_service_pb2.SimulateRoutingResponse:
    """The router's last answer. Raises BadFile and AioRpcError; typer.Exit if a plan is refused."""
    plans = described_plans(path, way)
    async with way.channel() as calls:
        there, _ = await stored(calls)
        described = wanted([path], way.tenant)
        found = changes(there, described, prune=False)
        if not found:
            raise BadFile(f"{path}: the router has these plans already; there is nothing to try")
        await check(Applying(calls, described, there), found)
        stub = routing_service_pb2_grpc.RoutingServiceStub(calls.channel)
        request = _request(way, list(plans.values()), span, replications, seed)
        last = routing_service_pb2.SimulateRoutingResponse()
        async for last in calls.stream(stub.SimulateRouting, request, _DEADLINE_SECONDS):
            progress(last.replications_done, last.replications)
        return last


def _request(
    way: Reach, plans: list[Any], span: Span, replications: int, seed: int
) -> routing_service_pb2.SimulateRoutingRequest:
    request = routing_service_pb2.SimulateRoutingRequest(
        parent=way.tenant.name, plans=plans, replications=replications, seed=seed
    )
    getattr(request, "from").FromDatetime(span.start)
    request.to.FromDatetime(span.end)
    return request


def findings(result: Result, span: Span) -> Findings:
    """The router's answer for people."""
    return Findings(
        title=Text("A stored time under another configuration", "历史时段在其他配置下的重放"),
        columns=(Text("present plans", "现行方案"), Text("plans tried", "试行方案")),
        said=(_moved(result, span), _FAR_OFF),
        warning=warning(1),
        figures=tuple(_finding(kpi) for kpi in result.kpis),
        rests_on=tuple(Text(one, one) for one in result.assumptions),
    )


def as_data(result: Result) -> dict[str, Any]:
    """The router's answer for programs."""
    found: dict[str, Any] = MessageToDict(
        result, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return found | {"simulation": True}


def _finding(kpi: routing_service_pb2.KpiEstimate) -> Finding:
    return Finding(
        name=_NAMES.get(kpi.kpi, Text(kpi.kpi, kpi.kpi)),
        difference=Difference(kpi.baseline, kpi.candidate, kpi.ci_low, kpi.ci_high),
        logged=kpi.logged if kpi.HasField("logged") else None,
    )


def _moved(result: Result, span: Span) -> Text:
    moved, total = result.contacts_routed_differently, result.contacts_total
    ess = f"{result.effective_sample_size:.0f}"
    return Text(
        f"{span}: {moved} of {total} contacts would go to another agent, or to nobody"
        f" (mean of {result.replications_done} repetitions); the comparison is worth {ess}"
        " independent contacts.",
        f"{span}：{total} 个联系中有 {moved} 个会去往别的座席或无人接听"
        f"（{result.replications_done} 次重复的平均）；此比较相当于 {ess} 个相互独立的联系。",
    )
