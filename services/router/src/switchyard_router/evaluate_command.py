"""`switchyard evaluate`: what policies would have made of a call log's days, and better weights."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.progress import Progress
from switchyard_common.commands import TenantOption, trouble_of
from switchyard_report.page import write
from switchyard_report.text import Text

from switchyard_router.adapters.day_processes import DayProcesses
from switchyard_router.adapters.models.call_log import LogUnreadable
from switchyard_router.adapters.recorded_calls import recorded_calls
from switchyard_router.domain.evaluation.contenders import (
    BASELINE,
    ORACLE,
    Contender,
    all_contenders,
    of_policy,
)
from switchyard_router.domain.evaluation.measures import as_recorded
from switchyard_router.entrypoints.cli.evaluation_page import page
from switchyard_router.entrypoints.cli.evaluation_texts import (
    Part,
    as_json,
    beside_recorded,
    lines,
)
from switchyard_router.entrypoints.cli.recordings import (
    HistoryOrLogOption,
    named_history,
    zone_of,
)
from switchyard_router.service.evaluation.recorded import (
    Call,
    NothingToPlay,
    Recorded,
    date_of,
    recorded,
)
from switchyard_router.service.evaluation.study import Order, Scenario, Verdict, compare
from switchyard_router.service.evaluation.tuning import chosen, family, finalists, frontier

_SHUFFLE_SEED = 20_000
_REPLICATIONS, _QUICK_REPLICATIONS = 10, 2
_SEARCH_SHARE = 3
"""All weights are searched with one in so many of the replications."""
_SWEPT = ("least_flexible_first", "fastest_mean", "predictive", "in_time")
_SWEEPS = (
    Scenario(load=0.8), Scenario(load=1.1), Scenario(wrap_up_s=12.0), Scenario(wrap_up_s=30.0),
)  # fmt: skip
TITLE = Text("Policies on recorded days", "在历史日上比较策略")

type Comparer = Callable[[Recorded, tuple[Contender, ...], Scenario, int, str], tuple[Verdict, ...]]
"""Plays contenders so many times; the text names what is compared."""


def evaluate(
    context: typer.Context,
    log: Annotated[Path | None, typer.Option(help="A call log, or a directory of them.")] = None,
    history: HistoryOrLogOption = "",
    tenant: TenantOption = "demo",
    time_zone: Annotated[str, typer.Option(help="Whose clock cuts a history into days.")] = "UTC",
    begin: Annotated[str, typer.Option(help="First day to play (yyyy-mm-dd); none: a month.")] = "",
    end: Annotated[str, typer.Option(help="Last day to play; none: the log's last.")] = "",
    tune: Annotated[bool, typer.Option("--tune", help="Search weights first.")] = False,
    tune_begin: Annotated[str, typer.Option(help="First day to search on; none: a month.")] = "",
    quick: Annotated[bool, typer.Option("--quick", help="Few replications, no sweeps.")] = False,
    replications: Annotated[int, typer.Option(min=0, help="0: 10, or 2 if quick.")] = 0,
    target: Annotated[float, typer.Option(min=1, help="Seconds to answer within.")] = 20.0,
    seed: Annotated[int, typer.Option(min=0, help="Same log and seed, same results.")] = 1,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Processes side by side.")] = 1,
    html: Annotated[Path | None, typer.Option(help="Write a page with pictures here.")] = None,
    as_data: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    lang: Annotated[Literal["en", "zh"], typer.Option(help="Language of texts.")] = "en",
) -> None:
    """Play a call log's days under every policy, beside longest idle. 用通话记录比较策略。

    Bounds (by lot, the slowest first, knowing everybody's true means) show what choosing agents
    can do at all; a placebo with shuffled agents must show nothing.
    """
    times = replications or (_QUICK_REPLICATIONS if quick else _REPLICATIONS)
    try:
        url, zone = named_history(context, history, log), zone_of(time_zone)
        calls: list[Call] = list(recorded_calls(log, url, tenant, zone))
        first, last = _days(calls, begin, end)
        with _progress() as told:
            study = _Study(calls, times, seed, target, _comparer(seed, jobs, told))
            parts = study.parts(first, last, quick, tune_begin if tune else None)
    except (LogUnreadable, NothingToPlay, OSError, ValueError) as error:
        typer.echo(trouble_of(error), err=True)
        raise typer.Exit(1) from error
    if html is not None:
        remarks = {"policies": beside_recorded(study.recorded, parts[0].verdicts[0])}
        write(page(TITLE, parts, remarks), html, lang)
    if as_data:
        typer.echo(json.dumps(_data(parts, study, first, last)))
        return
    typer.echo(beside_recorded(study.recorded, parts[0].verdicts[0]).told(lang))
    for part in parts:
        typer.echo("\n".join(lines(part, lang)))


def _days(calls: list[Call], begin: str, end: str) -> tuple[str, str]:
    """What is played: by default the last month of the log."""
    if not calls:
        raise NothingToPlay("the log holds no call")
    last = end or date_of(max(call.joined for call in calls))
    return begin or f"{last[:8]}01", last


def before(begin: str, calls: list[Call], tune_begin: str) -> tuple[str, str]:
    """The days that weights are searched on: by default the month before. Raises NothingToPlay."""
    earlier = [date for call in calls if (date := date_of(call.joined)) < begin]
    if not earlier:
        raise NothingToPlay(f"no day before {begin} to search weights on: choose a later --begin")
    last = max(earlier)
    return tune_begin or f"{last[:8]}01", last


class _Study:
    """The comparisons of one report."""

    def __init__(
        self, calls: list[Call], replications: int, seed: int, target_s: float, compared: Comparer
    ) -> None:
        self._calls, self._compared = calls, compared
        self._usual = Scenario(target_s=target_s)
        self.replications, self.seed = replications, seed
        self.searched_on: tuple[str, str] | None = None
        self.recorded: dict[str, float] = {}

    def parts(self, first: str, last: str, quick: bool, tune_begin: str | None) -> list[Part]:
        """Main comparison, placebo, sweeps, and frontier and test of what was searched for."""
        searched = [] if tune_begin is None else self._search(first, quick, tune_begin)
        found = () if not searched else (replace(searched[0].verdicts[0].contender, name="tuned"),)
        made = recorded(self._calls, first, last)
        self.recorded = as_recorded(made.days, self._usual.target_s)
        everybody = (*all_contenders(), *found)
        main = self._compared(made, everybody, self._usual, self.replications, "policies")
        parts = [Part("policies", _between(first, last), main, waits=True)]
        parts.append(self._placebo(first, last))
        if not quick:
            swept = (*(of_policy(name) for name in (BASELINE, *_SWEPT)), ORACLE, *found)
            parts += [self._sweep(made, swept, each) for each in _SWEEPS]
        return [*parts, *searched]

    def _search(self, first: str, quick: bool, tune_begin: str) -> list[Part]:
        self.searched_on = before(first, self._calls, tune_begin)
        made = recorded(self._calls, *self.searched_on)
        few = -(-self.replications // _SEARCH_SHARE)
        searched = self._against_baseline(made, family(quick), few, "search")
        verdicts = self._against_baseline(
            made, finalists(searched), self.replications, "best of the search"
        )
        best = Text("Weights chosen by the search", "搜索选出的权重")
        on_frontier = Text("Frontier of the search", "搜索得到的前沿")
        everything = Text("All weights searched", "搜索过的全部权重")
        again = Text("The best, played with all replications", "最好的几组，按全部重复次数再次仿真")
        return [
            Part("chosen", best, [chosen(verdicts)], waits=True),
            Part("finalists", again, verdicts),
            Part("frontier", on_frontier, frontier(searched)),
            Part("searched", everything, searched),
        ]

    def _against_baseline(
        self, made: Recorded, some: tuple[Contender, ...], times: int, what: str
    ) -> tuple[Verdict, ...]:
        return self._compared(made, (of_policy(BASELINE), *some), self._usual, times, what)[1:]

    def _placebo(self, first: str, last: str) -> Part:
        made = recorded(self._calls, first, last, _SHUFFLE_SEED + self.seed)
        contenders = (of_policy(BASELINE), of_policy("fastest_mean"))
        title = Text("Placebo: agents shuffled, nothing to find", "安慰剂：座席打乱，应当毫无差别")
        times = self.replications
        found = self._compared(made, contenders, self._usual, times, "placebo")
        return Part("placebo", title, found)

    def _sweep(self, made: Recorded, swept: tuple[Contender, ...], scenario: Scenario) -> Part:
        here = replace(scenario, target_s=self._usual.target_s)
        title = Text(
            f"Load × {here.load:g}, wrap-up {here.wrap_up_s:g} s",
            f"负载 × {here.load:g}，话后处理 {here.wrap_up_s:g} 秒",
        )
        key = f"load_{here.load:g}_wrap_up_{here.wrap_up_s:g}"
        return Part(key, title, self._compared(made, swept, here, self.replications, title.en))


def _between(first: str, last: str) -> Text:
    return Text(f"{first} to {last} against longest idle", f"{first} 至 {last}，相对于最长空闲")


def _comparer(seed: int, jobs: int, told: Progress) -> Comparer:
    def compared(
        made: Recorded,
        contenders: tuple[Contender, ...],
        scenario: Scenario,
        times: int,
        what: str,
    ) -> tuple[Verdict, ...]:
        task = told.add_task(what, total=len(made.days))
        days = DayProcesses(jobs, lambda: told.advance(task))
        return compare(made, Order(contenders, scenario, times, seed), days)

    return compared


@contextmanager
def _progress() -> Iterator[Progress]:
    with Progress(console=Console(stderr=True)) as progress:
        yield progress


def _data(parts: list[Part], study: _Study, first: str, last: str) -> dict[str, Any]:
    return {
        "begin": first,
        "end": last,
        "searched_on": study.searched_on,
        "replications": study.replications,
        "seed": study.seed,
        "simulation": True,
        "recorded": study.recorded,
        "parts": {part.key: [as_json(each) for each in part.verdicts] for part in parts},
    }
