"""What a router's replay under other plans found, as lines and as an HTML page."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from switchyard.router.v1 import routing_service_pb2
from switchyard_report.blocks import Table, Tone, note, table
from switchyard_report.page import Block, Page, Section
from switchyard_report.pictures import Picture, picture
from switchyard_report.text import Language, Text

from switchyard_router.entrypoints.cli.what_if_plans import Span

_NAMES = {
    "answered_contacts": Text("answered, contacts", "已接联系数"),
    "abandoned_share": Text("gave up, share", "放弃比例"),
    "service_level": Text("answered in target, share", "目标时限内接起的比例"),
    "average_speed_of_answer_seconds": Text("mean wait of the answered, s", "已接平均等待（秒）"),
    "wait_p90_seconds": Text("wait of the answered, p90, s", "已接等待 p90（秒）"),
    "average_talk_seconds": Text("mean conversation, s", "平均通话时长（秒）"),
    "expired_share": Text("waited too long, share", "等待超时比例"),
}
_HEAD = (
    Text("figure", "指标"),
    Text("logged", "日志实际"),
    Text("present plans", "现行方案"),
    Text("plans tried", "试行方案"),
    Text("difference [95 %]", "差异 [95% 区间]"),
)
_WARNING = Text(
    "Both columns of plans are simulated; where the present plans are far from what was logged,"
    " do not believe the difference either. Intervals know what is drawn in repetitions, not how"
    " days differ.",
    "两列方案数据均为仿真；若现行方案的结果与日志相差很大，差异也不可信。区间只反映重复仿真的抽样，"
    "不反映各日之间的差别。",
)
_CHANGE = Text("difference, % of the present plans", "差异（占现行方案的 %）")

type Result = routing_service_pb2.SimulateRoutingResponse


def lines(result: Result, span: Span, language: Language) -> list[str]:
    """The answer as text."""
    found = [_WARNING.told(language), _moved(result, span).told(language)]
    found += [" | ".join(head.told(language) for head in _HEAD)]
    found += [" | ".join((name.told(language), *figures)) for name, *figures in _rows(result)]
    return found + [f"- {assumption}" for assumption in result.assumptions]


def page(result: Result, span: Span) -> Page:
    """The answer as a page: what moved, figures, their picture, and what they rest on."""
    figures: tuple[Block, ...] = (_table(result),)
    drawn = _picture(result)
    sections = (
        Section(
            Text("What would have changed", "会有什么变化"),
            (note(_moved(result, span)), note(_WARNING, Tone.WARNING)),
        ),
        Section(Text("Figures", "指标"), figures if drawn is None else (*figures, drawn)),
        Section(
            Text("What it rests on", "依据与假设"),
            tuple(note(Text(one, f"（路由器原文）{one}")) for one in result.assumptions),
        ),
    )
    return Page(Text("A stored day under other plans", "历史日在其他方案下的重放"), sections)


def _moved(result: Result, span: Span) -> Text:
    times = f"{span.start:%Y-%m-%d %H:%M} – {span.end:%Y-%m-%d %H:%M} UTC"
    moved, total = result.contacts_routed_differently, result.contacts_total
    ess = f"{result.effective_sample_size:.0f}"
    return Text(
        f"{times}: {moved} of {total} contacts would go to another agent, or to nobody"
        f" (mean of {result.replications_done} repetitions); the comparison is worth {ess}"
        " independent contacts.",
        f"{times}：{total} 个联系中有 {moved} 个会去往别的座席或无人接听"
        f"（{result.replications_done} 次重复的平均）；此比较相当于 {ess} 个相互独立的联系。",
    )


def _rows(result: Result) -> list[tuple[Text, str, str, str, str]]:
    return [
        (
            _NAMES.get(kpi.kpi, Text(kpi.kpi, kpi.kpi)),
            f"{kpi.logged:.4g}" if kpi.HasField("logged") else "–",
            f"{kpi.baseline:.4g}",
            f"{kpi.candidate:.4g}",
            f"{kpi.candidate - kpi.baseline:+.3g} [{kpi.ci_low:+.3g}, {kpi.ci_high:+.3g}]",
        )
        for kpi in result.kpis
    ]


def _table(result: Result) -> Table:
    return table(_HEAD, _rows(result))


def _picture(result: Result) -> Picture | None:
    """Differences with intervals, in percent; figures that are 0 now have no percent."""
    kpis = [kpi for kpi in result.kpis if kpi.baseline]
    if not kpis:
        return None
    names = [_NAMES.get(kpi.kpi, Text(kpi.kpi, kpi.kpi)) for kpi in kpis]
    figure = Figure(figsize=(7.5, 0.8 + 0.45 * len(kpis)))
    axes = figure.add_subplot()
    for row, kpi in enumerate(kpis):
        low, middle, high = _percents(kpi.baseline, (kpi.ci_low, _change(kpi), kpi.ci_high))
        axes.plot([low, high], [row, row], color="tab:blue", linewidth=2)
        axes.plot([middle], [row], color="tab:blue", marker="o")
    axes.axvline(0, color="0.7", linewidth=0.8)
    axes.set_yticks(range(len(kpis)), [name.en for name in names])
    axes.invert_yaxis()
    axes.set_xlabel(_CHANGE.en)
    title = Text("Differences with 95 % intervals", "差异及 95% 区间")
    return picture(figure, title, (*names, _CHANGE))


def _change(kpi: routing_service_pb2.KpiEstimate) -> float:
    return kpi.candidate - kpi.baseline


def _percents(base: float, differences: Sequence[float]) -> list[float]:
    return [100 * each / base for each in differences]
