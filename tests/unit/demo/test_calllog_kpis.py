"""Each figure against one worked out by hand."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_demo.calllog.calls import CallType, LoggedCall
from switchyard_demo.calllog.kpis import CallRecord, Kpis, measure, records_of
from switchyard_demo.calllog.presence import Interval

pytestmark = pytest.mark.unit


def answered(wait: float, seconds: float, *, start: float = 0, agent: str = "a") -> CallRecord:
    return CallRecord(0, wait, True, start, seconds, agent)


def gave_up(wait: float) -> CallRecord:
    return CallRecord(0, wait, answered=False)


def test_a_day_worked_out_by_hand() -> None:
    records = [
        answered(0, 100, start=0),
        answered(20, 200, start=100),
        answered(21, 300, start=320),
        answered(39, 5, start=620),
        gave_up(10),
        gave_up(60),
        gave_up(80),
        CallRecord(0, 0, True, None, None, "a"),
    ]
    assert measure(records, {"a": [Interval(0, 1000)]}) == Kpis(
        offered=8,
        answered=5,
        abandoned=3,
        abandoned_share=3 / 8,
        asa_seconds=(0 + 20 + 21 + 39 + 0) / 5,
        service_level=3 / 8,
        service_level_target_seconds=20,
        abandoned_within_target=1,
        aht_seconds=200,
        aht_raw_seconds=605 / 4,
        services_short=1,
        services_overlong=0,
        occupancy=0.605,
        busy_seconds=605,
        presence_seconds=1000,
    )


def test_an_early_abandonment_counts_against_the_service_level() -> None:
    kpis = measure([answered(5, 60), gave_up(1)], {})
    assert kpis.service_level == 0.5
    assert kpis.abandoned_within_target == 1


def test_the_target_can_be_chosen() -> None:
    assert measure([answered(25, 60)], {}, target_seconds=30).service_level == 1


def test_occupancy_counts_overlaps_once_and_only_within_presence() -> None:
    records = [
        answered(0, 100, start=0),
        answered(0, 100, start=50),
        answered(0, 100, start=950),
        answered(0, 100, start=0, agent="absent"),
    ]
    kpis = measure(records, {"a": [Interval(0, 1000)], "idle": [Interval(0, 1000)]})
    assert kpis.busy_seconds == 150 + 50
    assert kpis.occupancy == 200 / 2000


def test_services_that_are_none_stay_out_of_the_handle_time() -> None:
    nobody = CallRecord(0, 0, True, 0, 500, None)
    kpis = measure([answered(0, 9), answered(0, 10), answered(0, 3601), nobody], {})
    assert kpis.aht_seconds == 10
    assert (kpis.services_short, kpis.services_overlong) == (1, 1)


def test_a_line_left_open_is_not_work() -> None:
    assert measure([answered(0, 4000)], {"a": [Interval(0, 4000)]}).occupancy == 0


def test_an_empty_day_has_counts_and_no_ratios() -> None:
    kpis = measure([], {})
    assert (kpis.offered, kpis.answered, kpis.abandoned) == (0, 0, 0)
    assert kpis.abandoned_share is kpis.asa_seconds is kpis.service_level is None
    assert kpis.aht_seconds is kpis.occupancy is None


def test_logged_calls_become_records() -> None:
    call = LoggedCall(
        line="AA0101",
        call_id=1,
        customer=None,
        priority=0,
        type=CallType.REGULAR,
        day=dt.date(1999, 3, 10),
        arrival_seconds=1000,
        wait_seconds=20,
        answered=True,
        service_start_seconds=1019,
        service_seconds=77,
        agent="agent_05",
    )
    assert records_of([call]) == [CallRecord(1000, 20, True, 1019, 77, "agent_05")]


@given(
    st.lists(
        st.one_of(
            st.builds(
                answered, st.integers(0, 90), st.integers(1, 4000), start=st.integers(0, 900)
            ),
            st.builds(gave_up, st.integers(0, 90)),
        ),
        max_size=30,
    )
)
def test_figures_stay_within_their_bounds(records: list[CallRecord]) -> None:
    kpis = measure(records, {"a": [Interval(0, 500), Interval(600, 1000)]})
    assert kpis.offered == kpis.answered + kpis.abandoned == len(records)
    assert kpis.occupancy is not None
    assert 0 <= kpis.occupancy <= 1
    if kpis.service_level is not None and kpis.abandoned_share is not None:
        assert 0 <= kpis.service_level <= 1 - kpis.abandoned_share + 1e-12
    if kpis.aht_seconds is not None:
        assert 10 <= kpis.aht_seconds <= 3600
