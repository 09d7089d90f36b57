"""Comparisons of policies for people and programs: lines, JSON and one HTML page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure
from switchyard_report.blocks import Cell, Note, Table, Tone, note, table
from switchyard_report.page import Block, Page, Section
from switchyard_report.pictures import Picture, picture
from switchyard_report.text import Language, Text

from switchyard_router.service.evaluation.study import SPREAD_ALLOWED, Verdict

_HEAD = (
    Text("policy", "策略"),
    Text("AHT, s", "平均处理时长（秒）"),
    Text("AHT, % [95 %]", "处理时长变化（%）[95% 区间]"),
    Text("ASA, s", "平均应答等待（秒）"),
    Text("SL, %", "服务水平（%）"),
    Text("SL, points [95 %]", "服务水平变化（百分点）[95% 区间]"),
    Text("gave up, %", "放弃率（%）"),
    Text("spread", "占用率离散度"),
    Text("kinds that wait longer", "等待变长的类型"),
)
_SIMULATED = Text(
    "These are simulations on recorded days, not what happened: presence is inferred from services,"
    " handle times are drawn from the log, and agents do not react to being asked more often.",
    "以下是在历史日数据上的仿真，并非真实发生的结果：在岗时间由服务记录推断，处理时长从日志中抽取，"
    "座席也不会因为被分配更多来电而改变行为。",
)


@dataclass(frozen=True, slots=True)
class Part:
    """One comparison of a report."""

    key: str
    title: Text
    verdicts: Sequence[Verdict]


def as_json(verdict: Verdict) -> dict[str, Any]:
    """A verdict for programs; shares as shares."""
    return {
        "policy": verdict.contender.name,
        "weights": dict(verdict.contender.weights),
        "bound": verdict.contender.bound,
        "figures": {
            name: {
                "baseline": each.baseline,
                "value": each.candidate,
                "change": each.change,
                "low": each.low,
                "high": each.high,
            }
            for name, each in verdict.differences.items()
        },
        "aht_pct": 100 * verdict.differences["aht_s"].relative,
        "sl_pp": 100 * verdict.differences["service_level"].change,
        "p95_wait_s": {kind: {"baseline": was, "value": now} for kind, (was, now) in _p95(verdict)},
        "occupancy_spread": {"baseline": verdict.spread[0], "value": verdict.spread[1]},
        "late_kinds": list(verdict.late_kinds),
        "constraints_kept": verdict.constraints_kept,
    }


def _p95(verdict: Verdict) -> list[tuple[str, tuple[float, float]]]:
    return sorted(verdict.p95_s.items())


def lines(part: Part, language: Language) -> list[str]:
    """A comparison as text, one line a policy."""
    found = [f"\n{part.title.told(language)}", " | ".join(head.told(language) for head in _HEAD)]
    found += [" | ".join(_shown(cell) for cell in _row(each)) for each in part.verdicts]
    return found


def _shown(cell: Cell) -> str:
    return f"{cell:.1f}" if isinstance(cell, float) else str(cell)


def _row(verdict: Verdict) -> tuple[Cell, ...]:
    found = verdict.differences
    aht, level = found["aht_s"], found["service_level"]
    return (
        verdict.contender.name,
        aht.candidate,
        _interval(aht.relative, aht.low / aht.baseline, aht.high / aht.baseline),
        found["asa_s"].candidate,
        100 * level.candidate,
        _interval(level.change, level.low, level.high),
        100 * found["abandonment"].candidate,
        f"{verdict.spread[1]:.3f}",
        ", ".join(verdict.late_kinds) or "–",
    )


def _interval(middle: float, low: float, high: float) -> str:
    return f"{100 * middle:+.2f} [{100 * low:+.2f}, {100 * high:+.2f}]"


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
                " from drawing days anew. Constraints: no kind's p95 wait is over 1 s longer than"
                f" under longest idle, and occupancy is spread at most {SPREAD_ALLOWED} wider.",
                "所有策略面对相同的来电、耐心与随机性。区间为 95%，按日重抽样得到。约束：任何类型的"
                f" p95 等待最多比最长空闲策略长 1 秒，且占用率离散度最多宽 {SPREAD_ALLOWED}。",
            )
        ),
    )


def _section(part: Part, remark: Text | None) -> Section:
    blocks: list[Block] = [_table(part)]
    if len(part.verdicts) > 1:
        blocks.append(_picture(part))
    if remark is not None:
        blocks.insert(0, note(remark))
    return Section(part.title, tuple(blocks))


def _table(part: Part) -> Table:
    return table(_HEAD, [_row(each) for each in part.verdicts])


_AXES = (
    Text("change of mean handle time, %", "平均处理时长变化（%）"),
    Text("change of service level, points", "服务水平变化（百分点）"),
)


def _picture(part: Part) -> Picture:
    """Handle time against service level; filled where the constraints are kept."""
    figure = Figure(figsize=(7.5, 4.5))
    axes = figure.add_subplot()
    for each in part.verdicts:
        x = 100 * each.differences["aht_s"].relative
        y = 100 * each.differences["service_level"].change
        filled = "tab:green" if each.constraints_kept else "none"
        axes.scatter([x], [y], c=filled, edgecolors="tab:green", marker="o")
        if len(each.contender.name) < 24:
            axes.annotate(
                each.contender.name, (x, y), textcoords="offset points", xytext=(5, 4), fontsize=8
            )
    axes.axhline(0, color="0.7", linewidth=0.8)
    axes.axvline(0, color="0.7", linewidth=0.8)
    axes.set_xlabel(_AXES[0].en)
    axes.set_ylabel(_AXES[1].en)
    title = Text(f"{part.title.en}: filled = constraints kept", f"{part.title.zh}：实心 = 满足约束")
    return picture(figure, title, _AXES)
