"""A comparison's report as one HTML page."""

from math import isfinite

import numpy as np
from matplotlib.figure import Figure
from switchyard_report.page import Block, Page, Section, Text, Tone, note, picture, table

from switchyard_router.domain.experiments.intervals import Difference
from switchyard_router.domain.experiments.verdict import Verdict
from switchyard_router.entrypoints.cli.ab.figures import named
from switchyard_router.entrypoints.cli.ab.wording import METRICS, SHARED_AGENTS, UNITS, VERDICTS
from switchyard_router.service.experiments.reporting import Report

_TONES = {Verdict.BETTER: Tone.GOOD, Verdict.NO_DIFFERENCE_YET: Tone.PLAIN}


def page_of(report: Report) -> Page:
    """Verdict first, then lift, its course, and the guard-rails."""
    terms = report.terms
    head = (
        Text("Figure", "指标"),
        Text(terms.control, terms.control),
        Text(terms.treatment, terms.treatment),
        Text("Difference", "差异"),
        Text("from", "下限"),
        Text("to", "上限"),
        Text("Broken", "越线"),
    )
    first = (METRICS[terms.metric.value], *_cells(report.primary), "")
    guards = [
        (named(one), *_cells(one.found), Text("yes", "是") if one.broken else "")
        for one in report.guards
    ]
    blocks: list[Block] = [
        note(VERDICTS[report.verdict], _TONES.get(report.verdict, Tone.WARNING)),
        table(head, [first], Text("Look-safe interval", "任意时刻有效的区间")),
        _course(report),
    ]
    rails: list[Block] = [table(head, guards)]
    if not report.asked.turn_ms:
        rails.append(note(SHARED_AGENTS))
    queue = report.asked.queue
    return Page(
        Text(f"Comparison in queue {queue}", f"队列 {queue} 的对比"),
        (
            Section(Text("Lift", "提升"), tuple(blocks)),
            Section(Text("Guard-rails", "护栏指标"), tuple(rails)),
        ),
    )


def _cells(found: Difference) -> tuple[float | None, ...]:
    told = (found.low, found.high) if isfinite(found.high) else (None, None)
    return (found.control, found.treatment, found.value, *told)


def _course(report: Report) -> Block:
    looks = [look for look in report.trace if isfinite(look.high)]
    units = UNITS[bool(report.asked.turn_ms)]
    metric = METRICS[report.terms.metric.value]
    figure = Figure(figsize=(7.5, 3.2))
    axes = figure.subplots()
    number = np.array([look.units for look in looks])
    axes.fill_between(number, [look.low for look in looks], [look.high for look in looks],
                      alpha=0.25)  # fmt: skip
    axes.plot(number, [look.value for look in looks])
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set_xlabel(units.en)
    axes.set_ylabel("difference")
    title = Text(
        f"Difference of {metric.en}, with the interval that holds at all looks at once",
        f"{metric.zh}的差异，以及对所有查看时刻同时有效的区间",
    )
    return picture(figure, title, (units, Text("difference", "差异")))
