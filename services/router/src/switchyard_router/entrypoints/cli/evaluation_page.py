"""Comparisons of policies as one HTML page."""

from collections.abc import Mapping, Sequence
from math import isfinite

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from switchyard_report.blocks import Cell, Note, Table, Tone, note, table
from switchyard_report.page import Block, Page, Section
from switchyard_report.pictures import Picture, picture
from switchyard_report.text import Text

from switchyard_router.domain.evaluation.bootstrap import FEWEST_DAYS, Difference
from switchyard_router.domain.evaluation.constraints import (
    P95_ALLOWED_S,
    P95_MARGIN,
    SPREAD_ALLOWED,
    Reading,
)
from switchyard_router.domain.evaluation.contenders import BASELINE
from switchyard_router.entrypoints.cli.evaluation_texts import HEAD, NO_BREAK, Part, row
from switchyard_router.service.evaluation.study import Verdict

_LONGEST_NAME = 24
"""Names from here on tell weights, and are left to the table."""
_LINE, _LINE_POINTS, _LETTER = 0.05, 10, 0.013
"""Height of a line as a share of the points' range and in points; width of a letter as a share."""
_SIMULATED = Text(
    "These are simulations on recorded days, not what happened: presence is inferred from services,"
    " handle times are drawn from the log, and agents do not react to being asked more often.",
    "以下是在历史日数据上的仿真，并非真实发生的结果：在岗时间由服务记录推断，处理时长从日志中抽取，"
    "座席也不会因为被分配更多来电而改变行为。",
)


def page(title: Text, parts: Sequence[Part], remarks: Mapping[str, Text]) -> Page:
    """The report: parts in their order, each with its picture; `remarks` by key of a part."""
    sections = tuple(_section(part, remarks.get(part.key)) for part in parts)
    return Page(title, (Section(Text("What this is", "说明"), _preface()), *sections))


def _preface() -> tuple[Note, ...]:
    return (
        note(_SIMULATED, Tone.WARNING),
        note(
            Text(
                "All policies meet the same calls, patience and luck. Intervals are 95 % and come"
                " from drawing days anew. The agents' true handle times are drawn from what the log"
                " says of them; policies know estimates, only the bounds oracle and slowest_first"
                " know the truth.",
                "所有策略面对相同的来电、耐心与随机性。区间为 95%，按日重抽样得到。座席的真实处理"
                "时长由日志所能说明的范围中抽取；策略只知道估计值，只有 oracle 与 slowest_first"
                " 这两个界限知道真值。",
            )
        ),
        note(_constraints()),
    )


def _constraints() -> Text:
    share = f"{100 * P95_MARGIN:g}"
    return Text(
        f"Constraints: no kind's p95 wait is over {P95_ALLOWED_S:g} s longer than under longest"
        f" idle, and occupancy is spread at most {SPREAD_ALLOWED} wider. Raw: by the"
        " figures alone, which for rare kinds move by seconds from one draw to the next. By"
        " interval: broken if the whole interval lies beyond; kept if it leaves no lengthening"
        f" of more than {share} % and {P95_ALLOWED_S:g} s; not known in between. Kinds with calls"
        f" on fewer than {FEWEST_DAYS} days are left out there.",
        f"约束：任何类型的 p95 等待最多比最长空闲策略长 {P95_ALLOWED_S:g} 秒，且占用率离散度最多宽"
        f" {SPREAD_ALLOWED}。“原始”只看数值本身，来电很少的类型会因抽样而变动几秒。“按区间”："
        f"整个区间都超出才算违反；区间排除了超过 {share}% 加 {P95_ALLOWED_S:g} 秒的变长才算满足；"
        f"介于两者之间则无法判断。来电不足 {FEWEST_DAYS} 天的类型不参与该判断。",
    )


def _section(part: Part, remark: Text | None) -> Section:
    blocks: list[Block] = [_table(part)]
    if len(part.verdicts) > 1:
        blocks.append(_picture(part))
    if part.waits:
        blocks.append(_waits(part.verdicts))
    if remark is not None:
        blocks.insert(0, note(remark))
    return Section(part.title, tuple(blocks))


def _table(part: Part) -> Table:
    return table(HEAD, [row(each) for each in part.verdicts])


def _waits(verdicts: Sequence[Verdict]) -> Table:
    """Each kind's p95 wait: the baseline's, and how much longer it is under each policy."""
    kinds = sorted(verdicts[0].p95_s)
    usual = [f"{verdicts[0].p95_s[kind].baseline:.0f}" for kind in kinds]
    rows: list[tuple[Cell, ...]] = [(Text("longest idle, s", "最长空闲（秒）"), *usual)]
    rows += [
        (each.contender.name, *(_longer(each.p95_s[kind]) for kind in kinds))
        for each in verdicts
        if each.contender.name != BASELINE
    ]
    caption = Text(
        "p95 wait by kind of call, and how many seconds longer [95 %]",
        "各来电类型的 p95 等待，以及变长的秒数 [95% 区间]",
    )
    return table([HEAD[0], *(Text(kind, kind) for kind in kinds)], rows, caption)


def _longer(p95: Difference) -> str:
    if not isfinite(p95.high):
        return f"{p95.change:+.0f}{NO_BREAK}[?]"
    return f"{p95.change:+.0f} [{p95.low:+.0f},{NO_BREAK}{p95.high:+.0f}]"


_AXES = (
    Text("change of mean handle time, %", "平均处理时长变化（%）"),
    Text("change of service level, points", "服务水平变化（百分点）"),
)
_COLOURS = {
    Reading.KEPT: "tab:green",
    Reading.NOT_KNOWN: "tab:blue",
    Reading.BROKEN: "tab:red",
}
_MEANING = {
    Reading.KEPT: Text("constraints kept", "满足约束"),
    Reading.NOT_KNOWN: Text("none surely broken", "没有确定违反的约束"),
    Reading.BROKEN: Text("one surely broken", "确定违反约束"),
}


def _picture(part: Part) -> Picture:
    """Handle time against service level; coloured by intervals, filled where raw figures keep."""
    figure = Figure(figsize=(7.5, 4.5))
    axes = figure.add_subplot()
    for each in part.verdicts:
        colour = _COLOURS[each.reading]
        filled = colour if each.constraints_kept else "none"
        axes.scatter(*_point(each), c=filled, edgecolors=colour, marker="o", zorder=3)
    axes.axhline(0, color="0.7", linewidth=0.8)
    axes.axvline(0, color="0.7", linewidth=0.8)
    axes.margins(x=0.25, y=0.15)
    _name_points(axes, part.verdicts)
    axes.set_xlabel(_AXES[0].en)
    axes.set_ylabel(_AXES[1].en)
    marks = [
        Line2D([], [], marker="o", linestyle="", color=_COLOURS[reading], label=meaning.en)
        for reading, meaning in _MEANING.items()
    ]
    axes.legend(handles=marks, fontsize=8, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    title = Text(
        f"{part.title.en}: filled = constraints kept by the raw figures",
        f"{part.title.zh}：实心 = 按原始数值满足约束",
    )
    return picture(figure, title, (*_AXES, *_MEANING.values()))


def _point(verdict: Verdict) -> tuple[float, float]:
    found = verdict.differences
    return 100 * found["aht_s"].relative, 100 * found["service_level"].change


def _name_points(axes: Axes, verdicts: Sequence[Verdict]) -> None:
    """Names beside points, each as many lines higher as it takes to cover no other."""
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    taken: list[tuple[float, float, float]] = []
    for each in sorted(verdicts, key=lambda one: _point(one)[1]):
        name = each.contender.name
        if len(name) >= _LONGEST_NAME:
            continue
        x, y = _point(each)
        begin, height = (x - left) / (right - left), (y - bottom) / (top - bottom)
        end, lines = begin + _LETTER * len(name), 0
        while _covers(taken, begin, end, height + _LINE * lines):
            lines += 1
        taken.append((begin, end, height + _LINE * lines))
        axes.annotate(
            name, (x, y), xytext=(7, lines * _LINE_POINTS), textcoords="offset points",
            va="center", fontsize=8,
        )  # fmt: skip


def _covers(
    taken: Sequence[tuple[float, float, float]], begin: float, end: float, height: float
) -> bool:
    return any(
        begin < other_end and other_begin < end and abs(height - other) < 0.9 * _LINE
        for other_begin, other_end, other in taken
    )
