"""An import's report, for people and for programs."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from switchyard_common.commands import Lang

from switchyard_insights.domain.importing.reasons import Reason
from switchyard_insights.domain.importing.report import Count, ImportReport
from switchyard_insights.entrypoints.cli.wording import Words

_TOTALS = Words(
    "{origin}: {read} rows read, {kept} kept, {dropped} dropped",
    "{origin}：读取 {read} 行，保留 {kept} 行，舍弃 {dropped} 行",
)
_SPAN = Words("  contacts from {first} to {last} (UTC)", "  联络时间 {first} 至 {last}（UTC）")
_DROPPED = Words(
    "  dropped {rows:>8}  {reason}  (row {rows_at})",
    "  舍弃 {rows:>8}  {reason}（第 {rows_at} 行）",
)
_NOTED = Words(
    "  kept    {rows:>8}  {reason}  (row {rows_at})",
    "  保留 {rows:>8}  {reason}（第 {rows_at} 行）",
)


def lines(report: ImportReport, language: Lang) -> Iterator[str]:
    """The report, one finding a line, the most frequent first, with the rows it was first seen."""
    yield _TOTALS.of(language).format(
        origin=report.origin,
        read=report.rows_read,
        kept=report.rows_kept,
        dropped=report.rows_dropped,
    )
    if report.from_ms is not None and report.until_ms is not None:
        yield _SPAN.of(language).format(first=_time(report.from_ms), last=_time(report.until_ms))
    for pattern, counts in ((_DROPPED, report.dropped), (_NOTED, report.noted)):
        for reason, count in _ranked(counts):
            yield pattern.of(language).format(
                rows=count.rows,
                reason=Words(reason.en, reason.zh).of(language),
                rows_at=", ".join(map(str, count.examples)),
            )


def as_json(report: ImportReport) -> dict[str, Any]:
    """The report for programs."""
    return {
        "origin": report.origin,
        "rows_read": report.rows_read,
        "rows_kept": report.rows_kept,
        "rows_dropped": report.rows_dropped,
        "from_ms": report.from_ms,
        "until_ms": report.until_ms,
        "dropped": _findings(report.dropped),
        "noted": _findings(report.noted),
    }


def _findings(counts: Mapping[Reason, Count]) -> list[dict[str, Any]]:
    return [
        {
            "reason": {"en": reason.en, "zh": reason.zh},
            "rows": count.rows,
            "examples": count.examples,
        }
        for reason, count in _ranked(counts)
    ]


def _ranked(counts: Mapping[Reason, Count]) -> list[tuple[Reason, Count]]:
    return sorted(counts.items(), key=lambda item: (-item[1].rows, item[0].en))


def _time(time_ms: int) -> str:
    return f"{datetime.fromtimestamp(time_ms / 1000, UTC):%Y-%m-%d %H:%M}"
