"""Asks a running router what a stored time would have been under another configuration."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict
from switchyard.router.v1 import routing_service_pb2, routing_service_pb2_grpc
from switchyard_common.errors import FieldViolation
from switchyard_common.grpc_errors import field_violations_of
from switchyard_report.text import Text

from switchyard_router.domain.evaluation.bootstrap import FEWEST_DAYS, Difference
from switchyard_router.entrypoints.cli.gitops.changes import Applying, changes
from switchyard_router.entrypoints.cli.gitops.command import check
from switchyard_router.entrypoints.cli.gitops.files import SECTIONS, Wanted, wanted
from switchyard_router.entrypoints.cli.gitops.located import BadFile
from switchyard_router.entrypoints.cli.gitops.stored import stored
from switchyard_router.entrypoints.cli.reach import Reach
from switchyard_router.entrypoints.cli.what_if_days import Span
from switchyard_router.entrypoints.cli.what_if_findings import (
    SPREAD,
    Finding,
    Findings,
    share_of,
    warning,
)

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
    "wait_p95_seconds": Text("wait of all contacts, p95, s", "全部联系等待 p95（秒）"),
    "occupancy_spread": SPREAD,
}
_MOVED = ("elsewhere_share", "other_agent_share", "other_queue_share", "answered_once_share")
_SECTIONS = {"plans": "plan", "tried_queues": "queue", "tried_agents": "agent"}
_PATH = re.compile(r"(plans|tried_queues|tried_agents)\[(\d+)\]\.(.+)")
_FAR_OFF = Text(
    "Both columns are simulated: where the present configuration is far from what was logged, do"
    " not believe the difference either.",
    "两列数据均为仿真；若现行配置的结果与日志相差很大，差异也不可信。",
)

type Result = routing_service_pb2.SimulateRoutingResponse

type Progress = Callable[[int, int], None]
"""Hears of repetitions done, and of all."""


def is_configuration(content: object) -> bool:
    """Whether a file's content is what `switchyard config apply` takes."""
    return isinstance(content, dict) and bool(set(content) & set(SECTIONS))


def described(path: Path, way: Reach) -> Wanted:
    """What a file describes. Raises BadFile."""
    found = wanted([path], way.tenant)
    if not found.messages:
        raise BadFile(f"{path}: nothing is described; give plans:, queues: or agents:")
    return found


async def simulated(
    way: Reach, path: Path, span: Span, replications: int, seed: int, progress: Progress
) -> routing_service_pb2.SimulateRoutingResponse:
    """The router's last answer. Raises BadFile and AioRpcError; typer.Exit if a plan is refused."""
    tried = described(path, way)
    async with way.channel() as calls:
        there, _ = await stored(calls)
        found = changes(there, tried, prune=False)
        if not found:
            raise BadFile(f"{path}: the router has all of this already; there is nothing to try")
        await check(Applying(calls, tried, there), found)
        stub = routing_service_pb2_grpc.RoutingServiceStub(calls.channel)
        request = _request(way, tried, span, replications, seed)
        last = routing_service_pb2.SimulateRoutingResponse()
        try:
            async for last in calls.stream(stub.SimulateRouting, request, _DEADLINE_SECONDS):
                progress(last.replications_done, last.replications)
        except grpc.aio.AioRpcError as error:
            raise _told(error, request, tried) from error
        return last


def _request(
    way: Reach, tried: Wanted, span: Span, replications: int, seed: int
) -> routing_service_pb2.SimulateRoutingRequest:
    of_kind: dict[str, list[Any]] = {"plan": [], "queue": [], "agent": []}
    for (kind, _), message in tried.messages.items():
        of_kind[kind].append(message)
    request = routing_service_pb2.SimulateRoutingRequest(
        parent=way.tenant.name,
        plans=of_kind["plan"],
        tried_queues=of_kind["queue"],
        tried_agents=of_kind["agent"],
        replications=replications,
        seed=seed,
        time_zone=span.time_zone,
    )
    getattr(request, "from").FromDatetime(span.start)
    request.to.FromDatetime(span.end)
    return request


def _told(
    error: grpc.aio.AioRpcError,
    request: routing_service_pb2.SimulateRoutingRequest,
    tried: Wanted,
) -> Exception:
    """What the router refuses in the file, by file and line; anything else as it is."""
    lines = [line for one in field_violations_of(error) if (line := _placed(one, request, tried))]
    return BadFile("\n".join(lines)) if lines else error


def _placed(
    violation: FieldViolation, request: routing_service_pb2.SimulateRoutingRequest, tried: Wanted
) -> str:
    parts = _PATH.fullmatch(violation.field)
    if parts is None:
        return ""
    section, index, field = parts.groups()
    kind = _SECTIONS[section]
    key = kind, getattr(request, section)[int(index)].name.rpartition("/")[2]
    path = f"{kind}.{field}"
    return f"{tried.place(key, path)}: {path}: {violation.description} [{violation.reason}]"


def findings(result: Result, span: Span) -> Findings:
    """The router's answer for people."""
    return Findings(
        title=Text("A stored time under another configuration", "历史时段在其他配置下的重放"),
        columns=(Text("present", "现行配置"), Text("tried", "试行配置")),
        said=(*_moved(result, span), _FAR_OFF),
        warning=warning(result.days),
        figures=tuple(_finding(kpi) for kpi in result.kpis if kpi.kpi not in _MOVED),
        rests_on=tuple(map(Text, result.assumptions, result.assumptions_zh)),
    )


def as_data(result: Result) -> dict[str, Any]:
    """The router's answer for programs."""
    found: dict[str, Any] = MessageToDict(
        result, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    interval = "days" if result.days >= FEWEST_DAYS else "repetitions"
    return found | {"interval": interval, "simulation": True}


def _finding(kpi: routing_service_pb2.KpiEstimate) -> Finding:
    return Finding(
        name=_name(kpi),
        difference=_difference(kpi),
        logged=kpi.logged if kpi.HasField("logged") else None,
        of=kpi.queue,
    )


def _difference(kpi: routing_service_pb2.KpiEstimate) -> Difference:
    return Difference(kpi.baseline, kpi.candidate, kpi.ci_low, kpi.ci_high)


def _name(kpi: routing_service_pb2.KpiEstimate) -> Text:
    name = _NAMES.get(kpi.kpi, Text(kpi.kpi, kpi.kpi))
    queue = kpi.queue.rpartition("/")[2]
    return Text(f"{queue}: {name.en}", f"{queue}：{name.zh}") if queue else name


def _moved(result: Result, span: Span) -> tuple[Text, ...]:
    shares = {kpi.kpi: share_of(_difference(kpi)) for kpi in result.kpis if kpi.kpi in _MOVED}
    elsewhere, agent, queue, once = (shares.get(name, "?") for name in _MOVED)
    total, ess = result.contacts_total, f"{result.effective_sample_size:.0f}"
    return (
        Text(
            f"{span}: {total} contacts; {elsewhere} would go elsewhere: {agent} to another agent,"
            f" {queue} to another queue, {once} are answered in one of both cases only"
            f" ({result.replications_done} repetitions; worth {ess} independent contacts).",
            f"{span}：共 {total} 个联系，其中 {elsewhere} 会去往别处：{agent} 由别的座席接听，"
            f"{queue} 去往别的队列，{once} 仅在其中一种情形下接通"
            f"（重复 {result.replications_done} 次；相当于 {ess} 个相互独立的联系）。",
        ),
    )
