"""Results of `switchyard ab` as JSON and as lines of text."""

from math import isfinite
from typing import Any

from switchyard_report.text import Language, Text

from switchyard_router.domain.experiments.intervals import Difference
from switchyard_router.domain.experiments.offpolicy import Estimate, OffPolicy
from switchyard_router.domain.experiments.power import Sample
from switchyard_router.entrypoints.cli.ab.wording import (
    LOOK_SAFE,
    METRICS,
    ONE_STEP,
    SHARED_AGENTS,
    TOO_FEW,
    UNITS,
    VERDICTS,
)
from switchyard_router.service.experiments.planning import Aim, Plan
from switchyard_router.service.experiments.reporting import Guard, Report


def named(guard: Guard) -> Text:
    """What a guard-rail is about."""
    name = METRICS[guard.name]
    if not guard.kind:
        return name
    return Text(f"{name.en}: {guard.kind}", f"{name.zh}：{guard.kind}")


def bounds(found: Difference, language: Language) -> str:
    """An interval for people."""
    if not isfinite(found.high):
        return TOO_FEW.told(language)
    return f"{found.low:+.4g} … {found.high:+.4g}"


def report_lines(report: Report, language: Language) -> list[str]:
    """A report for a terminal."""
    terms, primary = report.terms, report.primary
    units = UNITS[bool(report.asked.turn_ms)].told(language)
    lines = [
        VERDICTS[report.verdict].told(language),
        f"{METRICS[terms.metric.value].told(language)}: {terms.control} {primary.control:.4g},"
        f" {terms.treatment} {primary.treatment:.4g}, {primary.value:+.4g}"
        f" ({primary.lift_pct:+.2f} %)",
        f"{LOOK_SAFE.told(language)}: {bounds(primary, language)}  ({primary.units} {units})",
    ]
    for guard in report.guards:
        mark = "✗" if guard.broken else " "
        told = f"{guard.found.control:.4g} → {guard.found.treatment:.4g}"
        lines.append(f"{mark} {named(guard).told(language)}: {told}"
                     f"  [{bounds(guard.found, language)}]")  # fmt: skip
    if not report.asked.turn_ms:
        lines.append(SHARED_AGENTS.told(language))
    return lines


def report_json(report: Report) -> dict[str, Any]:
    """A report for programs; bounds that nothing is known of are null."""
    return {
        "queue": report.asked.queue,
        "metric": report.terms.metric.value,
        "control": report.terms.control,
        "treatment": report.terms.treatment,
        "contacts": list(report.contacts),
        "unit": "turn" if report.asked.turn_ms else "contact",
        "turn_minutes": (report.asked.turn_ms or 0) / 60_000,
        "share": report.share,
        "verdict": report.verdict.value,
        "primary": _difference(report.primary),
        "guards": [
            {"name": one.name, "kind": one.kind, "broken": one.broken} | _difference(one.found)
            for one in report.guards
        ],
        "mismatch_log_evidence": report.mismatch,
    }


def plan_lines(plan: Plan, aim: Aim, language: Language, *, by_turn: bool) -> list[str]:
    """A plan for a terminal."""
    units = UNITS[by_turn].told(language)
    words = {
        "en": ("now", "spread of one unit", "one look at the end", "a look at any time", "days"),
        "zh": ("现状", "单位的离散度", "只在最后看一次", "随时可看", "天"),
    }[language]
    needed: Sample = plan.needed
    return [
        f"{METRICS[aim.metric.value].told(language)}: {words[0]} {plan.mean:.4g},"
        f" {words[1]} {plan.spread:.4g}, {aim.lift_pct:+g} %",
        f"{words[2]}: {needed.once:,} {units}, {plan.days_once:.1f} {words[4]}",
        f"{words[3]}: {needed.always:,} {units}, {plan.days_always:.1f} {words[4]}",
    ]


def plan_json(plan: Plan) -> dict[str, Any]:
    """A plan for programs."""
    return {
        "mean": plan.mean,
        "spread": plan.spread,
        "units_per_day": plan.units_per_day,
        "units_once": plan.needed.once,
        "units_always": plan.needed.always,
        "days_once": plan.days_once,
        "days_always": plan.days_always,
    }


def estimate_lines(found: OffPolicy, language: Language) -> list[str]:
    """Estimates for a terminal, with what they leave out."""
    told = [f"{name:<7}{one.value:.4g} ± {1.96 * one.error:.3g}" for name, one in _estimates(found)]
    size = {
        "en": f"effective sample {found.effective:.0f} of {found.contacts} contacts",
        "zh": f"有效样本 {found.effective:.0f}，共 {found.contacts} 个联络",
    }[language]
    return [*told, size, ONE_STEP.told(language)]


def estimate_json(found: OffPolicy) -> dict[str, Any]:
    """Estimates for programs."""
    values = {name.lower(): {"value": one.value, "error": one.error}
              for name, one in _estimates(found)}  # fmt: skip
    return values | {
        "effective_sample": found.effective,
        "matched": found.matched,
        "contacts": found.contacts,
        "warning": ONE_STEP.en,
    }


def _estimates(found: OffPolicy) -> tuple[tuple[str, Estimate], ...]:
    return ("IPS", found.ips), ("SNIPS", found.snips), ("DR", found.doubly_robust)


def _difference(found: Difference) -> dict[str, float | int | None]:
    lift = found.lift_pct
    return {
        "control_mean": found.control,
        "treatment_mean": found.treatment,
        "difference": found.value,
        "low": found.low if isfinite(found.low) else None,
        "high": found.high if isfinite(found.high) else None,
        "lift_pct": lift if isfinite(lift) else None,
        "units": found.units,
    }
