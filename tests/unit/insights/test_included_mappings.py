"""The mappings that are included, on rows with the traps of their formats."""

from pathlib import Path

import pytest

from tests.fakes.insights.call_logs import World, dropped, hashed, noted
from tests.fakes.insights.imported_rows import FakeImportedRows

pytestmark = pytest.mark.unit

HEADING = (
    "vru+line,call_id,customer_id,priority,type,date,vru_entry,vru_exit,vru_time,"
    "q_start,q_exit,q_time,outcome,ser_start,ser_exit,ser_time,server\n"
)
NO_QUEUE, NO_SERVICE = "0:00:00,0:00:00,0", "0:00:00,0:00:00,0,NO_SERVER"
DAY_MS = 86_400_000


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, FakeImportedRows())


def call(
    number: int, *, queue: str = NO_QUEUE, service: str = NO_SERVICE, outcome: str = "AGENT",
    customer: str = "0", kind: str = "PS", menu: str = "10:00:00,10:00:05,5",
) -> str:  # fmt: skip
    return f"AA01,{number},{customer},0,{kind},700102,{menu},{queue},{outcome},{service}\n"


def test_a_banks_call_that_waited_and_was_served(world: World) -> None:
    queue = "10:00:05,10:00:25,20"
    line = call(7, queue=queue, service="10:00:24,10:02:04,100,agent_05", customer="12345")
    world.run(HEADING + line, "anonymous_bank")
    (row,) = world.kept.rows()
    came = DAY_MS + 36_000_000
    assert row | {"tenant": ""} == {
        "tenant": "",
        "origin": "anonymous_bank/log.csv",
        "contact": "anonymous_bank-700102-AA01-7",
        "queue": "PS",
        "first_queue": "PS",
        "answered_queue": "PS",
        "channel": "VOICE",
        "node": "AA01",
        "customer_key": hashed("12345"),
        "erased": False,
        "agent": "agent_05",
        "outcome": "ANSWERED",
        "state": "COMPLETED",
        "arrived_ms": came,
        "queued_ms": came + 5_000,
        "answered_ms": came + 25_000,
        "conversation_ms": 100_000,
        "ended_ms": came + 125_000,
    }


def test_a_banks_call_over_midnight_goes_on(world: World) -> None:
    world.run(
        HEADING
        + call(
            1,
            menu="23:59:50,0:00:10,20",
            queue="0:00:10,0:01:10,60",
            service="0:01:10,0:02:10,60,agent_05",
        ),
        "anonymous_bank",
    )
    (row,) = world.kept.rows()
    assert row["arrived_ms"] == 2 * DAY_MS - 10_000
    assert row["queued_ms"] == 2 * DAY_MS + 10_000
    assert row["ended_ms"] == 2 * DAY_MS + 130_000


def test_a_banks_caller_who_gave_up_was_served_by_nobody(world: World) -> None:
    queue = "10:00:05,10:00:25,20"
    line = call(1, queue=queue, outcome="HANG", service="10:00:25,10:01:25,60,agent_05")
    report = world.run(HEADING + line, "anonymous_bank")
    (row,) = world.kept.rows()
    assert (row["outcome"], row["agent"], row["answered_queue"]) == ("ABANDONED", "", "")
    assert (row["answered_ms"], row["conversation_ms"]) == (None, None)
    assert row["ended_ms"] - row["queued_ms"] == 20_000
    assert "hung up while waiting, yet a service is recorded" in " ".join(noted(report))


def test_a_banks_rows_that_are_no_calls_are_dropped_with_reasons(world: World) -> None:
    served = "10:00:05,10:01:05,{},agent_05"
    queue = "10:00:05,10:00:25,20"
    lines = [
        call(1, queue=queue, outcome="PHANTOM"),
        call(2, outcome="HANG"),
        call(3, outcome="HANG", queue="10:00:05,10:00:05,0"),
        call(4, service=served.format(0)),
        call(5, service=served.format(3601)),
        call(6, service=served.format(60), kind="XX"),
        call(7, service=served.format("sixty")),
        call(8, service=served.format(3600)),
    ]
    report = world.run(HEADING + "".join(lines), "anonymous_bank")
    assert len(report.dropped) == 7
    assert set(dropped(report).values()) == {1}
    assert [row["contact"] for row in world.kept.rows()] == ["anonymous_bank-700102-AA01-8"]


@pytest.mark.parametrize("server", ["NO_SERVER", "agent_08", "agent_15", ""])
def test_a_bank_agent_who_is_no_person_is_left_out(world: World, server: str) -> None:
    line = call(1, service=f"10:00:05,10:01:05,60,{server}")
    report = world.run(HEADING + line, "anonymous_bank")
    assert world.kept.rows()[0]["agent"] == ""
    assert "answered, but by no person named: kept without an agent" in noted(report)


def test_a_banks_damaged_customer_is_nobody(world: World) -> None:
    line = call(1, service="10:00:05,10:00:11,6,agent_05", customer="6.02E+11")
    report = world.run(HEADING + line, "anonymous_bank")
    assert world.kept.rows()[0]["customer_key"] == ""
    assert len(report.noted) == 2


def cdr(number: int, app: str, data: str, disposition: str, agent: str, answer: str = "") -> str:
    cells = [
        "", "5551", "100", "in", '""Ann"" <5551>', "PJSIP/trunk-01", agent, app, data,
        "2026-03-01 09:00:00", answer, "2026-03-01 09:02:00", "120", "90", disposition,
        "DOCUMENTATION", f"17.{number}", "",
    ]  # fmt: skip
    return ",".join(f'"{cell}"' for cell in cells) + "\n"


def test_asterisks_records_become_contacts(world: World) -> None:
    answered = "2026-03-01 09:00:30"
    lines = [
        cdr(1, "Dial", "PJSIP/1001,20", "ANSWERED", "PJSIP/1001-0a", answered),
        cdr(2, "Dial", "PJSIP/1001,20", "NO ANSWER", "PJSIP/1001-0b"),
        cdr(3, "Queue", "billing,t,,,300", "ANSWERED", "SIP/1002-0c", answered),
        cdr(4, "Queue", "billing,t", "ANSWERED", "", answered),
        cdr(5, "Queue", "billing,t", "NO ANSWER", "SIP/1002-0d"),
        cdr(6, "Playback", "hello", "ANSWERED", "", answered),
        cdr(7, "Dial", "PJSIP/1001", "BUSY", "PJSIP/1001-0e"),
    ]
    report = world.run("".join(lines), "asterisk_cdr", time_zone="Asia/Shanghai")
    rows = world.kept.rows()
    start = 1_772_326_800_000  # 09:00 in Shanghai
    assert [
        (row["queue"], row["agent"], row["outcome"], row["queued_ms"], row["conversation_ms"])
        for row in rows
    ] == [
        ("100", "1001", "ANSWERED", start, 90_000),
        ("100", "", "ABANDONED", start, None),
        ("billing", "1002", "ANSWERED", None, None),
        ("billing", "", "ABANDONED", start, None),
    ]
    assert {row["arrived_ms"] for row in rows} == {start}
    assert {row["customer_key"] for row in rows} == {hashed("5551")}
    assert sum(dropped(report).values()) == 3
    assert len(dropped(report)) == 3
