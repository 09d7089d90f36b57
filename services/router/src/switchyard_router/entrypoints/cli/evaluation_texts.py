"""Comparisons of policies for people and programs: rows, lines and JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from switchyard_report.blocks import Cell
from switchyard_report.text import Language, Text

from switchyard_router.domain.evaluation.bootstrap import Difference
from switchyard_router.domain.evaluation.constraints import (
    Reading,
)
from switchyard_router.service.evaluation.study import Verdict

HEAD = (
    Text("policy", "策略"),
    Text("AHT, s", "平均处理时长（秒）"),
    Text("AHT, % [95 %]", "处理时长变化（%）[95% 区间]"),
    Text("ASA, s", "平均应答等待（秒）"),
    Text("SL, %", "服务水平（%）"),
    Text("SL, points [95 %]", "服务水平变化（百分点）[95% 区间]"),
    Text("gave up, %", "放弃率（%）"),
    Text("spread", "占用率离散度"),
    Text("p95 wait longer (raw)", "p95 等待变长（原始）"),
    Text("constraints by interval", "约束（按区间）"),
)
_WORDS = {
    Reading.KEPT: Text("kept", "满足"),
    Reading.BROKEN: Text("broken", "违反"),
    Reading.NOT_KNOWN: Text("not known", "无法判断"),
}
_SPREAD = Text("spread", "离散度")

NO_BREAK = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Part:
    """One comparison of a report."""

    key: str
    title: Text
    verdicts: Sequence[Verdict]
    waits: bool = False
    """Whether the page shows each kind's p95 waits."""


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
        "p95_wait_s": {
            kind: _constraint(p95, verdict.readings[kind])
            for kind, p95 in sorted(verdict.p95_s.items())
        },
        "occupancy_spread": _constraint(verdict.spread, verdict.readings["spread"]),
        "late_kinds": list(verdict.late_kinds),
        "constraints_kept": verdict.constraints_kept,
        "constraints_kept_by_interval": _KEPT[verdict.reading],
    }


_KEPT = {Reading.KEPT: True, Reading.BROKEN: False, Reading.NOT_KNOWN: None}


def _constraint(found: Difference, reading: Reading) -> dict[str, Any]:
    figures = {
        "baseline": found.baseline,
        "value": found.candidate,
        "low": found.low,
        "high": found.high,
    }
    told = {name: value if isfinite(value) else None for name, value in figures.items()}
    return {**told, "reading": reading.value}


def lines(part: Part, language: Language) -> list[str]:
    """A comparison as text, one line a policy."""
    found = [f"\n{part.title.told(language)}", " | ".join(head.told(language) for head in HEAD)]
    found += [" | ".join(_shown(cell, language) for cell in row(each)) for each in part.verdicts]
    return found


def _shown(cell: Cell, language: Language) -> str:
    if isinstance(cell, Text):
        return cell.told(language)
    return f"{cell:.1f}" if isinstance(cell, float) else str(cell)


def row(verdict: Verdict) -> tuple[Cell, ...]:
    """A line under HEAD."""
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
        f"{verdict.spread.candidate:.3f}",
        ", ".join(verdict.late_kinds) or "–",
        _judged(verdict),
    )


def _judged(verdict: Verdict) -> Text:
    """What the intervals say together, and whom of."""
    worst = verdict.reading
    if worst is Reading.KEPT:
        return _WORDS[worst]
    which = [name for name, reading in sorted(verdict.judged.items()) if reading is worst]
    english = ", ".join(_SPREAD.en if name == "spread" else name for name in which)
    chinese = "、".join(_SPREAD.zh if name == "spread" else name for name in which)
    return Text(f"{_WORDS[worst].en}: {english}", f"{_WORDS[worst].zh}：{chinese}")


def _interval(middle: float, low: float, high: float) -> str:
    return f"{100 * middle:+.2f} [{100 * low:+.2f},{NO_BREAK}{100 * high:+.2f}]"


def beside_recorded(recorded: Mapping[str, float], baseline: Verdict) -> Text:
    """How near the simulated baseline comes to what was recorded: how far to trust the rest."""
    names = ("asa_s", "service_level", "abandonment")
    was = [recorded[name] for name in names]
    now = [baseline.differences[name].candidate for name in names]
    english, chinese = (
        [shape.format(wait, 100 * level, 100 * gone) for wait, level, gone in (was, now)]
        for shape in (
            "ASA {:.1f} s, service level {:.1f} %, gave up {:.1f} %",
            "平均应答等待 {:.1f} 秒、服务水平 {:.1f}%、放弃率 {:.1f}%",
        )
    )
    return Text(
        f"Recorded: {english[0]}. Longest idle, simulated: {english[1]}.",
        f"实际记录：{chinese[0]}。最长空闲策略（仿真）：{chinese[1]}。",
    )
