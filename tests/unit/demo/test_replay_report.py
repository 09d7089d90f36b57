"""What a replay says about itself."""

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest
from switchyard_demo.calllog.calls import CallType, LoggedCall
from switchyard_demo.calllog.findings import Drop, ReadReport
from switchyard_demo.calllog.kpis import CallRecord
from switchyard_demo.calllog.plan import PlannedAgent, PlannedContact, ReplayPlan
from switchyard_demo.calllog.presence import Interval
from switchyard_demo.floor.call import Fate
from switchyard_demo.replay.report import ReplayReport
from switchyard_demo.replay.run import Pace, Replayed
from switchyard_demo.replay.stopwatch import Latency
from switchyard_demo.replay.witness import Findings

pytestmark = pytest.mark.unit

DAY = dt.date(1999, 3, 10)


def planned(number: int) -> PlannedContact:
    return PlannedContact(
        name=f"AA01-{number}",
        arrival_seconds=100.0 * number,
        type=CallType.REGULAR,
        language="he",
        patience_seconds=50,
        patience_drawn=True,
        service_seconds=60,
        service_drawn=False,
    )


def logged(number: int) -> LoggedCall:
    return LoggedCall(
        line="AA01",
        call_id=number,
        customer=None,
        priority=0,
        type=CallType.REGULAR,
        day=DAY,
        arrival_seconds=100 * number,
        wait_seconds=30,
        answered=True,
        service_start_seconds=100 * number + 30,
        service_seconds=60,
        agent="agent_05",
    )


PLAN = ReplayPlan(
    day=DAY,
    contacts=(planned(1), planned(2)),
    agents=(PlannedAgent("agent_05", (Interval(0, 1000),), frozenset({CallType.REGULAR})),),
    away_gap_seconds=600,
    turnaround_seconds=4,
    logged=(logged(1), logged(2)),
    report=ReadReport(3, 2, {Drop.PHANTOM: 1}, {}),
)
REPLAYED = Replayed(
    records=(
        CallRecord(100, 0, True, 100, 60, "agent_05"),
        CallRecord(200, 50, answered=False),
    ),
    fates={Fate.SERVED: 1, Fate.ABANDONED: 1},
    real_seconds=12.0,
    stood_seconds=3.0,
    unpaid=0,
    offer_latency=Latency(10, 0.010, 0.050),
    connect_latency=None,
    pause_latency=None,
    findings=Findings(2, 2, {"ABANDONED": 1, "COMPLETED": 1}, 0, 0),
)


def report(replayed: Replayed = REPLAYED, **changes: object) -> ReplayReport:
    given = ReplayReport(PLAN, Pace(200), (Path("march.csv"),), False, replayed, {"doubles": 0.0})
    return replace(given, **changes)  # type: ignore[arg-type]


def line(lines: list[str], beginning: str) -> str:
    return next(each for each in lines if each.startswith(beginning))


def test_puts_the_figures_side_by_side() -> None:
    lines = report().lines()
    assert line(lines, "offered").split() == ["offered", "2", "2", "2"]
    assert line(lines, "abandoned  ").split()[1:] == ["0.0", "%", "50.0", "%", "0.0", "%"]
    assert line(lines, "ASA").split()[3:] == ["30.0", "s", "0.0", "s", "0.0", "s"]
    assert any("Wednesday 1999-03-10 of march.csv" in each for each in lines)
    assert any("early abandonments count against" in each for each in lines)


def test_says_how_long_the_routers_time_is_in_the_log() -> None:
    lines = report().lines()
    shown = line(lines, "  call to offer, agent free")
    assert "p50   10.0 ms =   2.0 s of the log" in shown
    assert "p99   50.0 ms =  10.0 s" in shown
    assert any("stood still for 3 of 12 s" in each for each in lines)
    free = report(pace=Pace(200, holds=False)).lines()
    assert any("part of the waits" in each for each in free)


def test_says_what_is_inferred_and_what_was_dropped() -> None:
    text = "\n".join(report().lines())
    for part in ("patience of", "presence of", "wrap-up is 0", "less than 4 s", "PHANTOM"):
        assert part in text


def test_an_invented_log_is_said_to_be_one() -> None:
    assert "INVENTED" not in "\n".join(report().lines())
    assert "INVENTED" in "\n".join(report(invented=True).lines())


def test_all_is_well_when_nothing_is_broken() -> None:
    assert report().broken == []
    assert "All invariants hold." in report().lines()


@pytest.mark.parametrize(
    ("replayed", "counters", "problem"),
    [
        (replace(REPLAYED, findings=Findings(2, 1, {}, 0, 0)), {}, "1 of 2 contacts did not end"),
        (replace(REPLAYED, findings=Findings(2, 2, {}, 1, 0)), {}, "assigned twice"),
        (replace(REPLAYED, fates={Fate.SERVED: 1, Fate.LOST: 1}), {}, "1 calls were lost"),
        (replace(REPLAYED, fates={Fate.REFUSED: 2}), {}, "2 calls were refused"),
        (replace(REPLAYED, unpaid=3), {}, "3 times nobody got an offer"),
        (REPLAYED, {"doubles": 2.0}, "doubles is 2 and must be 0"),
    ],
)
def test_whatever_is_broken_is_said(
    replayed: Replayed, counters: dict[str, float], problem: str
) -> None:
    broken = report(replayed, router_metrics=counters)
    assert any(problem in each for each in broken.broken)
    assert any(each.startswith("BROKEN: ") and problem in each for each in broken.lines())


def test_the_line_for_programs_holds_the_same() -> None:
    said = json.loads(report().json())
    assert (said["day"], said["speed"], said["clock_holds"]) == ("1999-03-10", 200, True)
    assert said["figures"]["log"]["asa_seconds"] == 30.0
    assert said["figures"]["replay"]["abandoned"] == 1
    assert said["latency_real_seconds"]["call to offer, agent free"]["p50_seconds"] == 0.010
    assert said["rows"]["dropped"] == {Drop.PHANTOM.value: 1}
    assert said["broken"] == []
    assert "\n" not in report().json()
