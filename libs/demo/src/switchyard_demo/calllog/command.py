"""`switchyard calllog`: make a call log, or measure one day of one."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from switchyard_demo.calllog.fifo import serve_in_order
from switchyard_demo.calllog.findings import LogFormatError
from switchyard_demo.calllog.kpis import (
    SERVICE_LEVEL_FORMULA,
    Kpis,
    measure,
    records_of,
)
from switchyard_demo.calllog.plan import ReplayPlan, build_plan
from switchyard_demo.calllog.reader import parse_day, read_log
from switchyard_demo.calllog.synthetic.generator import write_logs
from switchyard_demo.calllog.synthetic.profile import CentreProfile

app = typer.Typer(
    help="Call logs: make one, or measure one day of one. 通话记录。", no_args_is_help=True
)


def _day(text: str) -> dt.date:
    try:
        return parse_day(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


@app.command()
def generate(
    directory: Annotated[Path, typer.Argument(help="Where the monthly files go.")],
    first_day: Annotated[str, typer.Option(help="First day, as 2026-03-01.")] = "2026-03-01",
    days: Annotated[int, typer.Option(min=1, help="How many days.")] = 31,
    agents: Annotated[
        int, typer.Option(min=10, max=40, help="Employees of the invented centre.")
    ] = 30,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same bytes.")] = 1,
) -> None:
    """Write a call log of a centre that never was, in the Anonymous Bank format."""
    profile = CentreProfile(agents=agents)
    for path in write_logs(directory, _day(first_day), days, profile=profile, seed=seed):
        typer.echo(path)


@app.command()
def kpis(
    source: Annotated[Path, typer.Argument(help="A log file, or a directory of monthly files.")],
    day: Annotated[str, typer.Argument(help="A day of the log, as 990310 or 1999-03-10.")],
    seed: Annotated[int, typer.Option(min=0, help="For what has to be drawn.")] = 1,
) -> None:
    """Measure one day: as logged, and as plain first come, first served would do on it."""
    wanted = _day(day)
    try:
        plan = build_plan(read_log(source, day=wanted), wanted, seed)
    except (FileNotFoundError, LogFormatError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    for line in report_lines(plan):
        typer.echo(line)


def report_lines(plan: ReplayPlan) -> list[str]:
    """A day's figures side by side, what was left out, and what is inferred, for people."""
    served = serve_in_order(plan.contacts, plan.agents, turnaround_seconds=plan.turnaround_seconds)
    return [
        *plan.report.lines(),
        "",
        *table_lines(
            {
                "log": measure(records_of(plan.logged), plan.presence),
                "first come": measure(served, plan.presence),
            }
        ),
        "",
        "Inferred, not logged:",
        *(f"- {sentence}" for sentence in plan.assumptions()),
    ]


def table_lines(columns: dict[str, Kpis]) -> list[str]:
    """Figures side by side, one column for each name."""
    lines = [f"{'':<34}" + "".join(f"{name:>14}" for name in columns)]
    rows = {name: figures(kpis) for name, kpis in columns.items()}
    for label in next(iter(rows.values())):
        lines.append(f"{label:<34}" + "".join(f"{row[label]:>14}" for row in rows.values()))
    lines.append(f"service level = {SERVICE_LEVEL_FORMULA}")
    return lines


def figures(kpis: Kpis) -> dict[str, str]:
    """Labels and rounded figures, as they are shown to people."""
    target = f"{kpis.service_level_target_seconds:.0f} s"
    return {
        "offered": str(kpis.offered),
        "answered": str(kpis.answered),
        "abandoned": _percent(kpis.abandoned_share),
        f"abandoned within {target}": str(kpis.abandoned_within_target),
        "ASA (among answered)": _seconds(kpis.asa_seconds),
        f"service level in {target}": _percent(kpis.service_level),
        "AHT (services of 10 to 3600 s)": _seconds(kpis.aht_seconds),
        "services under 10 s": str(kpis.services_short),
        "occupancy (of inferred presence)": _percent(kpis.occupancy),
    }


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"
