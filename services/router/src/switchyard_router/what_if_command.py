"""`switchyard whatif`: recorded days again under a changed policy, or under whole plans."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
import yaml
from rich.console import Console
from switchyard_common.commands import TenantOption, trouble_of
from switchyard_report.page import write

from switchyard_router.adapters.models.call_log import LogUnreadable
from switchyard_router.adapters.recorded_calls import recorded_calls
from switchyard_router.entrypoints.cli import (
    what_if_days,
    what_if_findings,
    what_if_page,
    what_if_plans,
)
from switchyard_router.entrypoints.cli.gitops.located import BadFile
from switchyard_router.entrypoints.cli.reach import Reach, RouterOption, ask, reach
from switchyard_router.entrypoints.cli.recordings import (
    HistoryOrLogOption,
    named_history,
    zone_of,
)
from switchyard_router.service.evaluation.recorded import (
    Call,
    NothingToPlay,
    date_of,
    recorded,
)
from switchyard_router.service.evaluation.what_if import WhatIf, what_if
from switchyard_router.service.evaluation.what_if_change import Change, PlanRefused, change_of

_ON_OWN_LOG = (
    "the file holds a configuration, which is played on the event log of a running router: leave"
    " --log and --history out and give --router; on a log or history a policy can be tried, as in"
    " policy: predictive"
)


def whatif(
    context: typer.Context,
    plan: Annotated[
        Path, typer.Argument(help="YAML: plans as for config apply; or policy, weights …")
    ],
    log: Annotated[Path | None, typer.Option(help="A call log, or a directory of them.")] = None,
    history: HistoryOrLogOption = "",
    tenant: TenantOption = "demo",
    time_zone: Annotated[str, typer.Option(help="Whose clock cuts a history into days.")] = "UTC",
    day: Annotated[
        str, typer.Option(help="yyyy-mm-dd; none: the log's last, of plans yesterday.")
    ] = "",
    begin: Annotated[str, typer.Option("--from", help="First of several days, yyyy-mm-dd.")] = "",
    end: Annotated[str, typer.Option("--to", help="Last of them.")] = "",
    replications: Annotated[int, typer.Option(min=2, max=1000, help="Of plans at most 100.")] = 30,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    router: RouterOption = "127.0.0.1:7101",
    html: Annotated[Path | None, typer.Option(help="Write a page, in both languages.")] = None,
    as_data: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    lang: Annotated[Literal["en", "zh"], typer.Option(help="Language of texts.")] = "en",
) -> None:
    """Play recorded days under other plans or another policy, and compare. 换方案重演并比较。

    Plans are played by a running router on its own event log; a policy on a call log or history.
    """
    try:
        content = _read(plan)
        dates = what_if_days.dates_of(day, begin, end)
        is_plans = what_if_plans.is_configuration(content)
        url = named_history(context, history, log or is_plans)
        if is_plans:
            if log is not None or url:
                raise PlanRefused(_ON_OWN_LOG)
            span = what_if_days.span_of(dates, time_zone, datetime.now(UTC))
            answer = _plans(plan, span, reach(router, tenant), replications, seed)
            found, told = what_if_plans.findings(answer, span), what_if_plans.as_data(answer)
        else:
            change = _change(plan, content)
            calls: list[Call] = list(recorded_calls(log, url, tenant, zone_of(time_zone)))
            result = _policy(calls, dates, change, replications, seed)
            found, told = what_if_findings.of_recording(result), what_if_findings.as_data(result)
    except (
        BadFile, LogUnreadable, NothingToPlay, PlanRefused, OSError, ValueError,
    ) as error:  # fmt: skip
        typer.echo(trouble_of(error), err=True)
        raise typer.Exit(1) from error
    if html is not None:
        write(what_if_page.page(found), html, lang)
    typer.echo(json.dumps(told) if as_data else "\n".join(what_if_page.lines(found, lang)))


def _read(plan: Path) -> object:
    try:
        return yaml.safe_load(plan.read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise PlanRefused(f"{plan}{line}: no YAML: {error.problem}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PlanRefused(f"{plan}: no YAML: {error}") from error


def _change(plan: Path, content: object) -> Change:
    try:
        return change_of(content)
    except PlanRefused as error:
        raise PlanRefused(f"{plan}: {error}") from error


def _policy(
    calls: list[Call],
    dates: what_if_days.Dates | None,
    change: Change,
    replications: int,
    seed: int,
) -> WhatIf:
    last = max((date_of(call.joined) for call in calls), default="")
    first, end = (last, last) if dates is None else map(str, dates)
    recording = recorded(calls, first, end)
    with _status() as told:
        return what_if(recording, change, replications, seed, told)


def _plans(
    path: Path, span: what_if_days.Span, way: Reach, replications: int, seed: int
) -> what_if_plans.Result:
    with _status() as told:
        return ask(what_if_plans.simulated(way, path, span, replications, seed, told), 1)


@contextmanager
def _status() -> Iterator[what_if_plans.Progress]:
    with Console(stderr=True).status("…") as status:
        yield lambda done, of: status.update(f"{done} / {of}")
