"""`switchyard simulate`: a centre that is described, played under a policy."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from switchyard_report.text import Text

from switchyard_router.adapters.centre_file import CentreRefused, read_centre
from switchyard_router.adapters.models.directory import chosen
from switchyard_router.adapters.models.gradient_boosting import GradientBoosting
from switchyard_router.adapters.models.loading import load_model
from switchyard_router.adapters.models.manifest import MANIFEST_FILE
from switchyard_router.adapters.models.refusal import ModelRefused
from switchyard_router.domain.evaluation.centre import DAY_HOURS, MOST_CALLS, Centre, Group, Kind
from switchyard_router.domain.evaluation.contenders import BASELINE, all_contenders, of_policy
from switchyard_router.domain.evaluation.theory import Steady
from switchyard_router.service.evaluation.knowledge import Known, learned
from switchyard_router.service.evaluation.simulation import (
    FIGURES,
    Estimate,
    Simulated,
    simulate,
)

_HEADS = {
    "calls": Text("calls", "来电"),
    "waits": Text("had to wait", "需等待"),
    "asa_all_s": Text("ASA of all, s", "全部来电平均等待（秒）"),
    "asa_served_s": Text("ASA of the served, s", "已接来电平均等待（秒）"),
    "service_level": Text("in target", "目标内接起"),
    "abandonment": Text("gave up", "放弃"),
    "aht_s": Text("AHT, s", "平均处理时长（秒）"),
    "refused": Text("refused offers, a call", "每通被拒接或未接次数"),
}
_SHARES = ("waits", "service_level", "abandonment")
_BY_LEVEL = "most_skilled"
"""A call log tells no levels, a described centre does."""
_ALL = Text("all", "合计")
_THEORY = Text("theory (M/M/n+M)", "理论值（M/M/n+M）")
_OCCUPANCY = Text("occupancy of the agents", "坐席占用率")
_INTERVALS = Text("± half of the 95 % interval", "± 为 95% 区间的一半")


def simulate_command(
    centre: Annotated[
        Path | None,
        typer.Option(help="YAML: kinds, groups, days, answering. Instead of the four below."),
    ] = None,
    agents: Annotated[int, typer.Option(min=1, max=5000)] = 30,
    calls_per_hour: Annotated[float, typer.Option(min=0.1)] = 540.0,
    handle_seconds: Annotated[float, typer.Option(min=0.1)] = 180.0,
    patience_seconds: Annotated[float, typer.Option(min=0.0, help="0: nobody gives up.")] = 300.0,
    policy: Annotated[str, typer.Option(help="Whom to ask first: a policy of the router.")] = (
        BASELINE
    ),
    wrap_up_seconds: Annotated[float, typer.Option(min=0.0)] = 0.0,
    target_seconds: Annotated[float, typer.Option(min=0.0)] = 20.0,
    warm_up_hours: Annotated[
        float, typer.Option(min=0.0, help="Calls that come before do not count.")
    ] = 1.0,
    model: Annotated[
        Path | None,
        typer.Option(help="A model directory: policies go by it, not by the true handle times."),
    ] = None,
    learned_days: Annotated[
        int, typer.Option(min=1, max=366, help="Days of the centre that the model has heard of.")
    ] = 5,
    replications: Annotated[int, typer.Option(min=2, max=10_000)] = 20,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    as_data: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    lang: Annotated[Literal["en", "zh"], typer.Option(help="Language of texts.")] = "en",
) -> None:
    """Play a centre under a policy, with theory beside it where theory knows. 按策略仿真。"""
    contenders = {each.name: each for each in (*all_contenders(), of_policy(_BY_LEVEL))}
    if policy not in contenders:
        _refuse(f"--policy: {policy!r} is none; there are {', '.join(contenders)}")
    try:
        described = (
            read_centre(centre)
            if centre
            else _plain(agents, calls_per_hour, handle_seconds, patience_seconds)
        )
    except CentreRefused as error:
        _refuse(str(error))
    if warm_up_hours >= described.days * DAY_HOURS:
        _refuse(f"--warm-up-hours: the centre is played for {described.days * DAY_HOURS} hours")
    boosted = None if model is None else _loaded(model, described, learned_days)
    with Progress(console=Console(stderr=True), transient=True) as shown:
        knowledge = None
        if boosted is not None:
            shown.add_task("", total=None)
            apart = seed + replications
            knowledge = learned(described, boosted, learned_days, apart, wrap_up_seconds)
        task = shown.add_task("", total=replications)
        result = simulate(
            described,
            contenders[policy],
            replications=replications,
            seed=seed,
            target_s=target_seconds,
            wrap_up_s=wrap_up_seconds,
            warm_up_hours=warm_up_hours,
            knowledge=knowledge,
            progress=lambda done: shown.update(task, completed=done),
        )
    if as_data:
        typer.echo(json.dumps(_plain_numbers(asdict(result))))
        return
    Console().print(_table(result, lang))
    shown_occupancy = _shown("waits", result.occupancy)
    typer.echo(f"{_OCCUPANCY.told(lang)}: {shown_occupancy}   {_INTERVALS.told(lang)}")
    if result.knowledge is not None:
        typer.echo(_told(result.knowledge).told(lang))


def _loaded(directory: Path, centre: Centre, days: int) -> GradientBoosting:
    if centre.calls_a_day * days > MOST_CALLS:
        _refuse(f"--learned-days: more than {MOST_CALLS:,} calls in {days} days; give less")
    try:
        folder = directory if (directory / MANIFEST_FILE).is_file() else chosen(directory)
        if folder is None:
            _refuse(f"--model: {directory} holds no model; make one with: switchyard train")
        return load_model(folder)[0]
    except ModelRefused as error:
        _refuse(f"--model: {directory}: {error}; look with: switchyard model show {directory}")


def _told(known: Known) -> Text:
    return Text(
        f"policies went by {known.source}, after {known.services} services:"
        f" {known.off:.1%} off the true means",
        f"策略依据 {known.source} 的预测（此前 {known.services} 次服务），"
        f"与真实均值平均相差 {known.off:.1%}",
    )


def _plain(agents: int, hourly: float, handle_s: float, patience_s: float) -> Centre:
    kind = Kind("calls", (hourly,) * DAY_HOURS, handle_s, 1.0, patience_s or None)
    return Centre((kind,), (Group("agent", agents, ("calls",)),))


def _refuse(text: str) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(2)


def _plain_numbers(value: object) -> object:
    """JSON knows no NaN: what there was nothing to measure of is null."""
    if isinstance(value, dict):
        return {name: _plain_numbers(each) for name, each in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value


def _table(result: Simulated, lang: Literal["en", "zh"]) -> Table:
    """A line for each figure, a column for each kind."""
    kinds = [name for name in result.figures if name != "all" or len(result.figures) > 2]
    table = Table(title=f"{result.policy} × {result.replications}")
    table.add_column("")
    for name in kinds:
        table.add_column(_ALL.told(lang) if name == "all" else name, justify="right")
    if result.theory is not None:
        table.add_column(_THEORY.told(lang), justify="right")
    refused = result.figures["all"]["refused"].mean > 0
    for figure in FIGURES if refused else FIGURES[:-1]:
        cells = [_shown(figure, result.figures[name][figure]) for name in kinds]
        if result.theory is not None:
            cells.append(_exact(figure, result.theory))
        table.add_row(_HEADS[figure].told(lang), *cells)
    return table


def _exact(figure: str, steady: Steady) -> str:
    exact = {
        "waits": steady.waits,
        "asa_all_s": steady.asa_all,
        "asa_served_s": steady.asa_served,
        "abandonment": steady.gives_up,
    }
    return _number(figure, exact[figure]) if figure in exact else ""


def _shown(figure: str, value: Estimate) -> str:
    if math.isnan(value.mean):
        return "–"
    half = "" if math.isnan(value.half) else f" ± {_number(figure, value.half)}"
    return f"{_number(figure, value.mean)}{half}"


def _number(figure: str, value: float) -> str:
    if figure in _SHARES:
        return f"{value:.2%}"
    return f"{value:.0f}" if figure == "calls" else f"{value:.2f}"
