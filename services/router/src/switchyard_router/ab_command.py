"""`switchyard ab`: plan a comparison of policies, report how it stands, estimate rules."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import time
from typing import Annotated

import typer
from switchyard_common.commands import JsonOption, Lang, LangOption, TenantOption, language_of
from switchyard_report.page import write
from switchyard_report.text import Language

from switchyard_router.adapters.history.reading import reading
from switchyard_router.adapters.history.trials import SqlTrials
from switchyard_router.domain.experiments.intervals import SHARPEST_AT
from switchyard_router.domain.experiments.trial import Metric
from switchyard_router.entrypoints.cli.ab import figures
from switchyard_router.entrypoints.cli.recordings import HistoryOption
from switchyard_router.service.experiments.estimating import EstimateRule, Rule
from switchyard_router.service.experiments.planning import Aim, PlanComparison
from switchyard_router.service.experiments.ports import Asked, HistoryUnreadable, NothingCompared
from switchyard_router.service.experiments.reporting import ReportComparison, Terms

app = typer.Typer(help="Compare policies on live contacts. 在线对比策略。", no_args_is_help=True)

QueueOption = Annotated[str, typer.Option(help="Id of the queue.")]
MetricOption = Annotated[Metric, typer.Option(help="What is compared.")]
TurnOption = Annotated[
    float, typer.Option(min=0, help="Length of a turn (the queue's arm_period); 0: by contact.")
]
DealtOption = Annotated[
    float | None,
    typer.Option(min=0, help="Length of a turn, if not as the history has it; 0: by contact."),
]
DaysOption = Annotated[float, typer.Option(min=0, help="Only the last so many days; 0: all.")]
TargetOption = Annotated[float, typer.Option(min=0, help="Service level target.")]
AlphaOption = Annotated[float, typer.Option(min=0.0001, max=0.5, help="False alarms allowed.")]


@app.command()
def plan(
    history: HistoryOption,
    queue: QueueOption,
    lift_pct: Annotated[float, typer.Option(help="Lift worth seeing, per cent of the mean.")],
    metric: MetricOption = Metric.HANDLE,
    share: Annotated[float, typer.Option(min=0.01, max=0.99, help="Of the new arm.")] = 0.5,
    power: Annotated[float, typer.Option(min=0.5, max=0.99)] = 0.8,
    alpha: AlphaOption = 0.05,
    turn_minutes: TurnOption = 0,
    days: DaysOption = 0,
    target_seconds: TargetOption = 20,
    tenant: TenantOption = "demo",
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """How many contacts or turns it takes to see a lift. 需要多少样本。"""
    if not lift_pct:
        raise typer.BadParameter("0 cannot be seen; give the least lift worth having")
    aim = Aim(metric, lift_pct, share, power, alpha, target_seconds)
    asked = _asked(queue, turn_minutes, days)
    made = _answer(history, tenant, lambda rows: PlanComparison(rows).execute(asked, aim))
    lines = figures.plan_lines(made, aim, _language(lang), by_turn=turn_minutes > 0)
    typer.echo(json.dumps(figures.plan_json(made)) if as_json else "\n".join(lines))


@app.command()
def report(
    history: HistoryOption,
    queue: QueueOption,
    control: Annotated[str, typer.Option(help="Name of the old arm.")],
    treatment: Annotated[str, typer.Option(help="Name of the new arm.")],
    metric: MetricOption = Metric.HANDLE,
    worth_pct: Annotated[float, typer.Option(min=0, help="Least lift worth having.")] = 1.0,
    planned: Annotated[int, typer.Option(min=60, help="Planned units.")] = SHARPEST_AT,
    share: Annotated[float, typer.Option(min=0, max=0.99, help="0: as logged.")] = 0,
    alpha: AlphaOption = 0.05,
    turn_minutes: DealtOption = None,
    settle_minutes: Annotated[
        float, typer.Option(min=0, help="Leave out contacts so soon after a turn began.")
    ] = 0,
    days: DaysOption = 0,
    target_seconds: TargetOption = 20,
    html: Annotated[Path | None, typer.Option(help="Also write a page.")] = None,
    tenant: TenantOption = "demo",
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lift, guard-rails, and what to do now; look as often as you like. 提升、护栏与结论。"""
    terms = Terms(
        metric,
        control,
        treatment,
        worth_pct,
        planned,
        alpha,
        target_seconds,
        share,
        round(settle_minutes * 60_000),
    )
    asked = _asked(queue, turn_minutes, days)
    found = _answer(history, tenant, lambda rows: ReportComparison(rows).execute(asked, terms))
    if html is not None:
        # Drawing takes seconds to load, which a report in text should not cost.
        from switchyard_router.entrypoints.cli.ab.page import page_of

        write(page_of(found), html, _language(lang))
    lines = figures.report_lines(found, _language(lang))
    typer.echo(json.dumps(figures.report_json(found)) if as_json else "\n".join(lines))


@app.command()
def estimate(
    history: HistoryOption,
    queue: QueueOption,
    otherwise: Annotated[str, typer.Option(help="Arm of all kinds that no --use names.")],
    use: Annotated[list[str] | None, typer.Option(help="KIND=ARM, as often as needed.")] = None,
    metric: MetricOption = Metric.HANDLE,
    days: DaysOption = 0,
    target_seconds: TargetOption = 20,
    tenant: TenantOption = "demo",
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """What a rule would have brought, one step at a time. 离线估计一条规则。"""
    asked, rule = _asked(queue, 0, days), _rule(use or [], otherwise)
    found = _answer(
        history,
        tenant,
        lambda rows: EstimateRule(rows).execute(asked, rule, metric, target_seconds),
    )
    lines = figures.estimate_lines(found, _language(lang))
    typer.echo(json.dumps(figures.estimate_json(found)) if as_json else "\n".join(lines))


def _asked(queue: str, turn_minutes: float | None, days: float) -> Asked:
    since_ms = int((time() - days * 86_400) * 1000) if days else 0
    turn_ms = None if turn_minutes is None else round(turn_minutes * 60_000)
    return Asked(queue, since_ms, turn_ms)


def _rule(uses: list[str], otherwise: str) -> Rule:
    pairs = [use.rpartition("=")[::2] for use in uses]
    if not all(kind and arm for kind, arm in pairs):
        raise typer.BadParameter("--use takes KIND=ARM, such as 'VOICE zh=predictive'")
    return Rule(dict(pairs), otherwise)


def _language(lang: Lang | None) -> Language:
    return "zh" if (lang or language_of()) is Lang.ZH else "en"


def _answer[T](history: str, tenant: str, ask: Callable[[SqlTrials], Awaitable[T]]) -> T:
    async def answered() -> T:
        async with reading(history) as connection:
            return await ask(SqlTrials(connection, tenant))

    try:
        return asyncio.run(answered())
    except (HistoryUnreadable, NothingCompared) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
