"""What the live table says of figures and events."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console
from switchyard.events.v1.event_pb2 import Event
from switchyard.events.v1.routing_pb2 import AgentChanged, ContactChanged, OfferChanged
from switchyard.router.v1.queue_pb2 import QueueStats
from switchyard_launcher.board import Board, line_of
from switchyard_launcher.child import Child
from switchyard_launcher.process import ProcessSpec
from switchyard_launcher.screen import render, resident_megabytes
from switchyard_launcher.watch import summary

pytestmark = pytest.mark.unit


def event(kind: str, subject: str, **data: object) -> Event:
    time = Timestamp()
    time.FromDatetime(datetime(2026, 1, 1, 9, 30, 5, tzinfo=UTC))
    return Event(type=kind, subject=subject, time=time, **data)  # type: ignore[arg-type]


def billing(**figures: object) -> QueueStats:
    return QueueStats(queue="tenants/demo/queues/billing", **figures)  # type: ignore[arg-type]


def screen(board: Board, height: int = 30) -> str:
    child = Child(ProcessSpec(name="router", argv=("/bin/true",), probe=None), Path("logs"))
    console = Console(width=160, height=height, color_system=None)
    with console.capture() as capture:
        console.print(render(board, [child], [("Chat page", "http://here/")], height))
    return capture.get()


def test_a_contact_event_names_queue_agent_and_reason() -> None:
    contact = ContactChanged(queue="billing", agent="lin", reason="OFFERED")
    line = line_of(event("contact.offering", "c-1", contact=contact))
    assert (line.clock, line.subject, line.words) == ("09:30:05", "c-1", "billing → lin OFFERED")


def test_offers_name_the_agent_and_agents_both_presences() -> None:
    offer = OfferChanged(contact="c-1", agent="lin", reason="BUSY")
    assert line_of(event("offer.declined", "c-1", offer=offer)).words == "→ lin BUSY"
    agent = AgentChanged(previous_presence="AVAILABLE", presence="ON_CONTACT")
    words = line_of(event("agent.state_changed", "lin", agent=agent)).words
    assert words == "AVAILABLE → ON_CONTACT"


def test_an_event_of_an_unknown_kind_is_shown_by_its_type() -> None:
    assert line_of(event("something.new", "c-1")).words == ""


def test_events_that_only_repeat_another_are_counted_but_not_shown() -> None:
    board = Board()
    board.add_event(event("offer.accepted", "c-1", offer=OfferChanged(agent="lin")))
    same = AgentChanged(previous_presence="ON_CONTACT", presence="ON_CONTACT")
    board.add_event(event("agent.state_changed", "lin", agent=same))
    board.add_event(event("contact.assigned", "c-1", contact=ContactChanged(agent="lin")))
    assert [line.kind for line in board.events] == ["contact.assigned"]
    assert board.event_count == 3


def test_newer_figures_replace_older_ones() -> None:
    board = Board()
    board.add_figures(billing(waiting=3, longest_wait=Duration(seconds=42)))
    board.add_figures(billing(waiting=1, available=2, offered=4, answered=3))
    assert summary(board) == "0 events · billing: 1 waiting, 2 free, 3/4 answered"


def test_no_service_level_is_shown_before_the_first_contact() -> None:
    board = Board()
    board.add_figures(billing(service_level=0.0))
    assert board.queues["billing"].service_level is None
    assert "0%" not in screen(board)
    board.add_figures(billing(service_level=0.5, offered=2))
    assert "50%" in screen(board)


def test_the_screen_shows_addresses_queues_processes_and_the_newest_events() -> None:
    board = Board()
    board.add_figures(billing(waiting=7))
    for number in range(300):
        board.add_event(event("contact.queued", f"c-{number}"))
    text = screen(board)
    for expected in ("http://here/", "billing", "router", "waiting", "c-299", "(300 so far"):
        assert expected in text
    assert "c-100" not in text
    assert len(text.splitlines()) == 30


def test_the_screen_of_a_very_small_terminal_is_no_error() -> None:
    assert screen(Board(), height=6)


def test_says_why_there_are_no_figures() -> None:
    assert "UNIMPLEMENTED" in summary(Board(trouble="UNIMPLEMENTED: later"))


def test_memory_of_a_process_that_is_gone_is_zero() -> None:
    assert resident_megabytes(None) == 0.0
    assert resident_megabytes(2**22 + 1) == 0.0
