"""Plan files of `switchyard whatif`: which time they are tried on, and how answers are told."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from switchyard.router.v1 import routing_service_pb2
from switchyard_report.page import rendered
from switchyard_router.entrypoints.cli.gitops.located import BadFile
from switchyard_router.entrypoints.cli.reach import reach
from switchyard_router.entrypoints.cli.what_if_days import Span, dates_of, span_of
from switchyard_router.entrypoints.cli.what_if_page import lines, page
from switchyard_router.entrypoints.cli.what_if_plans import (
    as_data,
    described,
    findings,
    is_configuration,
)

pytestmark = pytest.mark.unit

SPAN = Span(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC), "UTC")
WAY = reach("127.0.0.1:1", "demo")


def answer(**kpi: object) -> routing_service_pb2.SimulateRoutingResponse:
    result = routing_service_pb2.SimulateRoutingResponse(
        contacts_routed_differently=3, contacts_total=12, replications_done=2, replications=2,
        effective_sample_size=9.0, assumptions=["Paperwork takes the mean."],
        assumptions_zh=["话后处理取均值。"],
    )  # fmt: skip
    result.kpis.add(**{"kpi": "service_level", "ci_low": -0.1, "ci_high": 0.3, **kpi})
    result.kpis.add(kpi="elsewhere_share", candidate=0.25, ci_low=0.1, ci_high=0.4)
    return result


def test_configuration_files_are_told_from_policy_files() -> None:
    assert is_configuration({"plans": {}})
    assert not is_configuration({"policy": "predictive"})
    assert not is_configuration(None)


def test_yesterday_is_tried_by_the_clock_of_the_zone() -> None:
    now = datetime(2026, 3, 30, 23, 0, tzinfo=UTC)
    shanghai = span_of(None, "Asia/Shanghai", now)
    assert shanghai.start == datetime(2026, 3, 29, 16, tzinfo=UTC)
    assert shanghai.end == datetime(2026, 3, 30, 16, tzinfo=UTC)


def test_a_day_whose_clock_is_put_forward_has_23_hours() -> None:
    berlin = span_of(
        dates_of("2026-03-29", "", ""), "Europe/Berlin", datetime(2026, 4, 1, tzinfo=UTC)
    )
    assert (berlin.end - berlin.start).total_seconds() == 23 * 3600


def test_several_days_are_whole_days() -> None:
    span = span_of(dates_of("", "2026-03-28", "2026-03-30"), "Europe/Berlin", datetime.now(UTC))
    assert (span.end - span.start).total_seconds() == 71 * 3600


def test_what_is_no_day_is_refused() -> None:
    with pytest.raises(ValueError, match="--day: '2026-13-01' is no day"):
        dates_of("2026-13-01", "", "")


def test_zones_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ValueError, match="--time-zone: 'Mars/Base'"):
        span_of(None, "Mars/Base", datetime(2026, 4, 1, tzinfo=UTC))


def test_files_may_describe_queues_and_agents(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text("queues: {q: {wrap_up: 5s}}\nagents: {ann: {skills: {gold: 2}}}\n")
    assert sorted(described(file, WAY).messages) == [("agent", "ann"), ("queue", "q")]


def test_a_file_without_anything_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text("plans: {}\n", encoding="utf-8")
    with pytest.raises(BadFile, match="nothing is described"):
        described(file, WAY)


def test_answers_are_told_in_both_languages_and_name_their_intervals() -> None:
    result = answer(baseline=0.5, candidate=0.6, logged=0.52)
    english, chinese = ("\n".join(lines(findings(result, SPAN), lang)) for lang in ("en", "zh"))
    assert "12 contacts; 25.0% [10.0%, 40.0%] would go elsewhere" in english
    assert "answered in target, share | 0.52 | 0.5 | 0.6 | +0.1 [-0.1, +0.3]" in english
    assert "共 12 个联系，其中 25.0% [10.0%, 40.0%] 会去往别处" in chinese
    assert "目标时限内接起的比例 | 0.52" in chinese


def test_pages_hold_the_figures_and_what_they_rest_on() -> None:
    shown = rendered(page(findings(answer(baseline=0.5, candidate=0.6), SPAN)), "zh")
    assert "<svg" in shown
    assert "Paperwork takes the mean." in shown
    assert "话后处理取均值。" in shown


def test_figures_that_were_zero_have_a_row_and_no_percent() -> None:
    shown = rendered(page(findings(answer(baseline=0.0, candidate=0.1), SPAN)))
    assert "<svg" not in shown
    assert "answered in target, share" in shown


def test_figures_of_a_queue_name_it() -> None:
    result = answer(baseline=0.5, candidate=0.6, queue="tenants/demo/queues/billing")
    shown = "\n".join(lines(findings(result, SPAN), "zh"))
    assert "billing：目标时限内接起的比例" in shown


@pytest.mark.parametrize(("days", "words"), [(4, "over repetitions only"), (5, "the 5 days anew")])
def test_readers_are_told_what_intervals_know(days: int, words: str) -> None:
    result = answer(baseline=0.5, candidate=0.6)
    result.days = days
    assert words in lines(findings(result, SPAN), "en")[0]
    assert as_data(result)["interval"] == ("days" if days >= 5 else "repetitions")
