"""Series over time, with a mark for each fault."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from switchyard_report.text import Text

from tests.soak.series import Recorded

FAULT = Text("minutes; dotted: a fault", "分钟；虚线为故障")
_COLUMNS = 3
_MOST_LINES = 10
_MINUTE = 60.0


def one_each(recorded: Recorded, measure: str) -> Figure:
    """A small picture for each process, each life of it a line."""
    names = list(recorded.names(measure))
    rows = -(-len(names) // _COLUMNS)
    figure = Figure(figsize=(10, 2.2 * rows), layout="constrained")
    grid = figure.subplots(rows, _COLUMNS, sharex=True, squeeze=False)
    for axes in grid.flat[len(names) :]:
        axes.set_axis_off()
    for name, axes in zip(names, grid.flat, strict=False):
        _draw(axes, recorded, measure, name, "C0")
        own = [mark.at for mark in recorded.marks if mark.whom == name]
        _mark(axes, own)
        axes.set_title(name, fontsize=9)
    figure.supxlabel(FAULT.en, fontsize=9)
    return figure


def over_time(recorded: Recorded, measure: str, names: Sequence[str]) -> Figure:
    """All in one picture; of many, those that became largest."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    axes = figure.subplots()
    largest = sorted(names, key=lambda name: -recorded.most(measure, name))[:_MOST_LINES]
    for place, name in enumerate(largest):
        _draw(axes, recorded, measure, name, f"C{place}")
        axes.plot([], [], color=f"C{place}", label=name)
    _mark(axes, [mark.at for mark in recorded.marks])
    axes.set_ylim(bottom=0)
    axes.set_xlabel(FAULT.en)
    axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def _draw(axes: Axes, recorded: Recorded, measure: str, name: str, colour: str) -> None:
    for segment in recorded.segments(measure, name):
        axes.plot(segment.times / _MINUTE, segment.values, color=colour, linewidth=1)


def _mark(axes: Axes, times: Sequence[float]) -> None:
    for at in times:
        axes.axvline(at / _MINUTE, color="grey", linestyle=":", linewidth=0.8)
