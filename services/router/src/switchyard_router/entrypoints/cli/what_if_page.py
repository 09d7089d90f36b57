"""What trying something on a stored time found, as lines and as an HTML page."""

from collections.abc import Sequence
from math import isfinite

from matplotlib.figure import Figure
from switchyard_report.blocks import Table, Tone, note, table
from switchyard_report.page import Block, Page, Section
from switchyard_report.pictures import Picture, picture
from switchyard_report.text import Language, Text

from switchyard_router.domain.evaluation.bootstrap import Difference
from switchyard_router.entrypoints.cli.what_if_findings import Finding, Findings

_FIGURE, _LOGGED = Text("figure", "指标"), Text("logged", "日志实际")
_DIFFERENCE = Text("difference [95 %]", "差异 [95% 区间]")
_BY_KIND = Text("By queue or kind of call", "按队列或来电类型")
_CHANGE = Text("difference, % of what it is compared with", "差异（占对照值的 %）")


def lines(found: Findings, language: Language) -> list[str]:
    """The answer as text."""
    told = [text.told(language) for text in (found.warning, *found.said)]
    told.append(" | ".join(head.told(language) for head in _head(found)))
    told += [
        " | ".join((name.told(language), *cells)) for name, *cells in _rows(found, found.figures)
    ]
    return told + [f"- {assumption.told(language)}" for assumption in found.rests_on]


def page(found: Findings) -> Page:
    """The answer as a page: what moved, figures, their picture, and what they rest on."""
    every = [each for each in found.figures if not each.of]
    parts = [each for each in found.figures if each.of]
    figures: list[Block] = [_table(found, every)]
    if (drawn := _picture(every)) is not None:
        figures.append(drawn)
    if parts:
        figures.append(_table(found, parts, _BY_KIND))
    moved = Text("What would have changed", "会有什么变化")
    sections = (
        Section(moved, (*map(note, found.said), note(found.warning, Tone.WARNING))),
        Section(Text("Figures", "指标"), tuple(figures)),
        Section(Text("What it rests on", "依据与假设"), tuple(map(note, found.rests_on))),
    )
    return Page(found.title, sections)


def _head(found: Findings) -> tuple[Text, ...]:
    logged = (_LOGGED,) if _tells(found) else ()
    return (_FIGURE, *logged, *found.columns, _DIFFERENCE)


def _tells(found: Findings) -> bool:
    """Whether the log itself has any of the figures."""
    return any(each.logged is not None for each in found.figures)


def _rows(found: Findings, figures: Sequence[Finding]) -> list[tuple[Text, *tuple[str, ...]]]:
    return [(each.name, *_cells(each, tells=_tells(found))) for each in figures]


def _cells(one: Finding, *, tells: bool) -> tuple[str, ...]:
    logged = "–" if one.logged is None else f"{one.logged:.4g}"
    both = f"{one.difference.baseline:.4g}", f"{one.difference.candidate:.4g}"
    return (*((logged,) if tells else ()), *both, _interval(one.difference))


def _interval(found: Difference) -> str:
    if not isfinite(found.high):
        return f"{found.change:+.3g} [?]"
    return f"{found.change:+.3g} [{found.low:+.3g}, {found.high:+.3g}]"


def _table(found: Findings, figures: Sequence[Finding], caption: Text | None = None) -> Table:
    return table(_head(found), _rows(found, figures), caption)


def _picture(figures: Sequence[Finding]) -> Picture | None:
    """Differences with intervals, in percent; what is 0 now has no percent."""
    drawn = [each for each in figures if each.difference.baseline and _known(each.difference)]
    if not drawn:
        return None
    figure = Figure(figsize=(7.5, 0.8 + 0.35 * len(drawn)))
    axes = figure.add_subplot()
    for row, each in enumerate(drawn):
        found = each.difference
        low, middle, high = (
            100 * end / found.baseline for end in (found.low, found.change, found.high)
        )
        axes.plot([low, high], [row, row], color="tab:blue", linewidth=2)
        axes.plot([middle], [row], color="tab:blue", marker="o")
    axes.axvline(0, color="0.7", linewidth=0.8)
    names = [each.name for each in drawn]
    axes.set_yticks(range(len(names)), [name.en for name in names])
    axes.invert_yaxis()
    axes.set_xlabel(_CHANGE.en)
    title = Text("Differences with 95 % intervals", "差异及 95% 区间")
    return picture(figure, title, (*names, _CHANGE))


def _known(found: Difference) -> bool:
    return isfinite(found.low) and isfinite(found.high)
