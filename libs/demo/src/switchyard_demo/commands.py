"""`switchyard replay`: one day of a call log through a router, beside the log's own figures."""

import asyncio
import random
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import grpc
import typer
from rich.console import Console
from switchyard_common.clock import SystemClock
from switchyard_common.commands import own_tls, refusal_of, trouble_of
from switchyard_common.errors import StartError
from switchyard_common.grpc_channel import open_channel
from switchyard_common.logs import configure_logging
from switchyard_platform.names import Names

from switchyard_demo.calllog.findings import LogFormatError
from switchyard_demo.calllog.plan import build_plan
from switchyard_demo.calllog.reader import parse_day
from switchyard_demo.replay.embedded import embedded_router
from switchyard_demo.replay.log_clock import hours_of
from switchyard_demo.replay.progress import showing
from switchyard_demo.replay.report import ReplayReport
from switchyard_demo.replay.router_metrics import scrape
from switchyard_demo.replay.run import Pace, Replay
from switchyard_demo.replay.source import SETTING, find_source, read

DEFAULT_SPEED = 480.0
ROUTER_LOG = Path(".switchyard/replay/router.log")


@dataclass(frozen=True, slots=True)
class ReplayOrder:
    """What to replay, where, and how fast."""

    log: Path | None
    day: str | None
    pace: Pace
    router: str | None
    tenant: str
    seed: int


def replay(
    log: Annotated[
        Path | None, typer.Option(help="A log file, or a directory of monthly files.")
    ] = None,
    day: Annotated[str | None, typer.Option(help="A day of the log, as 1999-03-10.")] = None,
    speed: Annotated[
        float, typer.Option(min=1, max=5000, help="Seconds of the log in one real second.")
    ] = DEFAULT_SPEED,
    router: Annotated[
        str | None, typer.Option(help="host:port of a running router; else one of its own.")
    ] = None,
    tenant: Annotated[str, typer.Option(help="Tenant at the router.")] = "demo",
    seed: Annotated[int, typer.Option(min=0, help="For what has to be drawn.")] = 1,
    holds: Annotated[
        bool,
        typer.Option(
            "--hold/--run-free",
            help="Stop the log's clock while the router works; else its latency, as many times as"
            " long as the speed says, is part of the waits.",
        ),
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    """Replay one day of a call log through a router, and compare. 重放一天的通话记录。"""
    configure_logging("replay", "warning", stream=sys.stderr)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    order = ReplayOrder(log, day, Pace(speed, holds), router, tenant, seed)
    try:
        report = asyncio.run(play(order, console))
    except (FileNotFoundError, LogFormatError, ValueError, StartError) as error:
        typer.echo(trouble_of(error), err=True)
        raise typer.Exit(2) from error
    except grpc.aio.AioRpcError as error:
        typer.echo(refusal_of("the router", error), err=True)
        raise typer.Exit(1) from error
    typer.echo(report.json() if as_json else "\n".join(report.lines()))
    if report.broken:
        raise typer.Exit(1)


async def play(order: ReplayOrder, console: Console) -> ReplayReport:
    """Read the log, replay the day, measure.

    Raises what is wrong with the log (FileNotFoundError, LogFormatError, ValueError), StartError,
    and AioRpcError when the router refuses.
    """
    wanted = parse_day(order.day) if order.day else None
    source = find_source(order.log)
    if source.invented:
        console.print(
            f"NO CALL LOG FOUND: replaying an INVENTED one, written to {source.path}.\n"
            f"Give a real one with --log, or set {SETTING}.",
            style="bold yellow",
        )
    console.print(f"Reading {source.path} …")
    log, day = read(source, wanted)
    plan = build_plan(log, day, order.seed)
    hours, speed = hours_of(plan), order.pace.speed
    console.print(
        f"{day}: {len(plan.contacts)} calls, {len(plan.agents)} agents, "
        f"{hours.played(hours.closing_second) / speed:.0f} s at {speed:g} times the log's pace"
    )
    async with AsyncExitStack() as stack:
        target, metrics = await _router(order, stack)
        tls = None if order.router is None else own_tls()
        channel = await stack.enter_async_context(open_channel(target, tls))
        names, rng = Names(order.tenant), random.Random(order.seed)
        game = Replay(plan, order.pace, channel, names, SystemClock(), rng)
        with showing(console, hours, len(plan.contacts)) as progress:
            replayed = await game.run(progress)
        counters = await scrape(metrics) if metrics is not None else None
    return ReplayReport(plan, order.pace, log.files, source.invented, replayed, counters)


async def _router(order: ReplayOrder, stack: AsyncExitStack) -> tuple[str, str | None]:
    """Address of the router to use, and of its metrics where they are known."""
    if order.router is not None:
        return order.router, None
    own = await stack.enter_async_context(
        embedded_router(order.tenant, ROUTER_LOG, order.pace.speed)
    )
    return own.target, own.metrics_url
