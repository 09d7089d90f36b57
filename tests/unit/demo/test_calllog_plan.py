"""What a replay is given, from a log small enough to know by heart."""

import datetime as dt
from pathlib import Path

import pytest
from switchyard_demo.calllog.calls import CallType
from switchyard_demo.calllog.plan import PlannedContact, build_plan
from switchyard_demo.calllog.presence import Interval
from switchyard_demo.calllog.reader import read_log

from tests.fakes.demo.log_rows import ANSWERED, AT_ONCE, GAVE_UP, LEFT_IN_VRU, write_log

pytestmark = pytest.mark.unit

DAY = dt.date(1999, 3, 10)
TEN = 10 * 3600
ENGLISH = {"type": "PE", "call_id": "2"}
OTHER_DAY = ANSWERED | {"date": "990311"}


def contacts(path: Path, *rows: dict[str, str], seed: int = 1) -> dict[str, PlannedContact]:
    log = read_log(write_log(path / "log.csv", *rows))
    return {contact.name: contact for contact in build_plan(log, DAY, seed).contacts}


def test_an_answered_caller_brings_service_and_a_patience_longer_than_the_wait(
    tmp_path: Path,
) -> None:
    plan = contacts(tmp_path, ANSWERED, OTHER_DAY | GAVE_UP | {"call_id": "9", "date": "990311"})
    contact = plan["AA0101-33116"]
    assert (contact.arrival_seconds, contact.type, contact.language) == (
        TEN,
        CallType.REGULAR,
        "he",
    )
    assert (contact.service_seconds, contact.service_drawn) == (100, False)
    assert contact.patience_drawn
    assert contact.patience_seconds > 30


def test_a_caller_who_gave_up_brings_patience_and_a_drawn_service(tmp_path: Path) -> None:
    known = [
        ANSWERED | {"call_id": str(n), "ser_time": str(s), "date": "990311"}
        for n, s in enumerate([60, 70, 80])
    ]
    contact = contacts(tmp_path, GAVE_UP, *known)["AA0101-33116"]
    assert (contact.patience_seconds, contact.patience_drawn) == (30, False)
    assert contact.service_drawn
    assert contact.service_seconds in (60, 70, 80)


def test_service_is_drawn_from_the_callers_own_type(tmp_path: Path) -> None:
    known = [
        ANSWERED | {"call_id": str(n), "type": kind, "ser_time": seconds, "date": "990311"}
        for n, (kind, seconds) in enumerate([("PS", "60"), ("PE", "900"), ("NW", "70")])
    ]
    plan = contacts(tmp_path, *known, GAVE_UP | ENGLISH, GAVE_UP | {"type": "TT"})
    assert plan["AA0101-2"].service_seconds == 900
    assert plan["AA0101-2"].language == "en"
    assert plan["AA0101-33116"].service_seconds in (60, 70, 900)


@pytest.mark.parametrize(
    ("seconds", "drawn"), [("9", False), ("0", True), ("3601", True), ("3600", False)]
)
def test_short_services_are_replayed_and_unbelievable_ones_drawn(
    tmp_path: Path, seconds: str, drawn: bool
) -> None:
    plan = contacts(tmp_path, ANSWERED | {"ser_time": seconds}, OTHER_DAY)
    contact = plan["AA0101-33116"]
    assert contact.service_drawn is drawn
    assert contact.service_seconds == (100 if drawn else int(seconds))


def test_services_of_nobody_and_short_ones_are_not_drawn_from(tmp_path: Path) -> None:
    nobody = OTHER_DAY | {"server": "NO_SERVER", "ser_time": "500"}
    short = OTHER_DAY | {"ser_time": "5"}
    assert (
        contacts(tmp_path, GAVE_UP, nobody, short, OTHER_DAY)["AA0101-33116"].service_seconds == 100
    )


def test_agents_come_with_presence_and_the_types_they_serve(tmp_path: Path) -> None:
    plan = build_plan(
        read_log(
            write_log(
                tmp_path / "log.csv",
                AT_ONCE,
                AT_ONCE | ENGLISH | {"ser_start": "9:50:00", "ser_exit": "9:51:40"},
                OTHER_DAY | {"server": "agent_06"},
            )
        ),
        DAY,
    )
    (agent,) = plan.agents
    assert agent.code == "agent_05"
    assert agent.presence == (Interval(TEN - 600, TEN + 100),)
    assert agent.types == {CallType.REGULAR, CallType.ENGLISH}
    assert plan.presence == {"agent_05": agent.presence}


def test_a_type_served_once_by_accident_is_no_skill(tmp_path: Path) -> None:
    def rows(agent: str, kind: str, how_many: int) -> list[dict[str, str]]:
        return [
            OTHER_DAY | {"server": agent, "type": kind, "call_id": f"{agent[-2:]}{kind}{n}"}
            for n in range(how_many)
        ]

    month = [
        *rows("agent_05", "PS", 96),
        *rows("agent_05", "NE", 4),
        *rows("agent_06", "NE", 98),
        *rows("agent_06", "PS", 2),
        *rows("agent_06", "PE", 2),
    ]
    numbered = [row | {"call_id": str(n)} for n, row in enumerate(month)]
    today = [
        ANSWERED | {"call_id": "900"},
        ANSWERED | {"call_id": "901", "server": "agent_06", "type": "NE"},
    ]
    log = read_log(write_log(tmp_path / "log.csv", *numbered, *today))
    types = {agent.code: agent.types for agent in build_plan(log, DAY).agents}
    assert types == {"agent_05": {CallType.REGULAR}, "agent_06": {CallType.STOCKS}}


def test_the_report_and_the_assumptions_are_of_that_day(tmp_path: Path) -> None:
    log = read_log(write_log(tmp_path / "log.csv", ANSWERED, LEFT_IN_VRU, OTHER_DAY))
    plan = build_plan(log, DAY, away_gap_seconds=120)
    assert (plan.report.rows, plan.report.kept) == (2, 1)
    assert plan.logged == log.of_day(DAY)
    sentences = " ".join(plan.assumptions())
    assert "patience of 1 answered callers" in sentences
    assert "service time of 0 callers" in sentences
    assert "a gap of over 120 s" in sentences


def test_the_same_seed_gives_the_same_plan_and_another_seed_another(tmp_path: Path) -> None:
    path = write_log(
        tmp_path / "log.csv",
        *[ANSWERED | {"call_id": str(n)} for n in range(20)],
        *[GAVE_UP | {"call_id": str(n)} for n in range(20, 40)],
    )
    plan = build_plan(read_log(path), DAY, seed=7)
    assert plan.contacts == build_plan(read_log(path), DAY, seed=7).contacts
    assert plan.contacts != build_plan(read_log(path), DAY, seed=8).contacts


def test_a_day_without_calls_and_a_month_without_services_are_refused(tmp_path: Path) -> None:
    log = read_log(write_log(tmp_path / "log.csv", GAVE_UP))
    with pytest.raises(ValueError, match="no calls on 1999-03-12"):
        build_plan(log, dt.date(1999, 3, 12))
    with pytest.raises(ValueError, match="nothing to replay"):
        build_plan(log, DAY)
