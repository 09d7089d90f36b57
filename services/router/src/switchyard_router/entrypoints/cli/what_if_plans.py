"""Asks a running router what a stored time would have been under other routing plans."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from google.protobuf.message import Message
from switchyard.router.v1 import routing_service_pb2, routing_service_pb2_grpc

from switchyard_router.entrypoints.cli.gitops.changes import Applying, changes
from switchyard_router.entrypoints.cli.gitops.command import check
from switchyard_router.entrypoints.cli.gitops.files import SECTIONS, wanted
from switchyard_router.entrypoints.cli.gitops.located import BadFile
from switchyard_router.entrypoints.cli.gitops.stored import stored
from switchyard_router.entrypoints.cli.reach import Reach

_DEADLINE_SECONDS = 1000.0
"""The router ends a simulation after 15 minutes itself."""

type Progress = Callable[[int, int], None]
"""Hears of repetitions done, and of all."""


@dataclass(frozen=True, slots=True)
class Span:
    """The stored time that is played again, [start, end)."""

    start: datetime
    end: datetime


def is_configuration(content: object) -> bool:
    """Whether a file's content is what `switchyard config apply` takes."""
    return isinstance(content, dict) and bool(set(content) & set(SECTIONS))


def span_of(day: str, time_zone: str, now: datetime) -> Span:
    """A day by the clock of the zone; none: yesterday. Raises ValueError."""
    zone = _zone(time_zone)
    which = _date(day) if day else now.astimezone(zone).date() - timedelta(days=1)
    midnights = (
        datetime.combine(each, time(), zone).astimezone(UTC)
        for each in (which, which + timedelta(days=1))
    )
    return Span(*midnights)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"--time-zone: {name!r} is none; give one as Asia/Shanghai") from error


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"--day: {text!r} is no day; give yyyy-mm-dd") from error


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
