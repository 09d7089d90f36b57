"""What the router owes, and which delays count as its own."""

import pytest
from switchyard_demo.replay.stopwatch import Latency, Ring, Stopwatch

pytestmark = pytest.mark.unit

QUEUE, OTHER = "queues/ps", "queues/ne"
ANN, BOB = "agents/ann", "agents/bob"


class Room:
    """A stopwatch with agents, and a clock to turn by hand."""

    def __init__(self, *agents: str) -> None:
        self.at = 0.0
        self.told: list[bool] = []
        self.watch = Stopwatch(self.told.append, lambda: self.at)
        for agent in agents:
            self.watch.comes(agent, {QUEUE})

    def dials(self, number: int, at: float, queue: str = QUEUE) -> None:
        self.at = at
        self.watch.dials(f"call-{number}", queue)

    def rings(self, number: int, at: float, agent: str = ANN, waited: float = 0.0) -> None:
        self.at = at
        self.watch.rings(Ring(f"contact-{number}", QUEUE, agent, waited))

    def joined(self, number: int, at: float) -> None:
        self.at = at
        self.watch.joined(f"call-{number}", f"contact-{number}")

    def over(self, number: int, at: float) -> None:
        self.at = at
        self.watch.hangs_up(f"contact-{number}")
        self.watch.ends(f"call-{number}", f"contact-{number}", QUEUE)

    def talking(self, number: int, at: float, agent: str = ANN) -> None:
        self.dials(number, at)
        self.rings(number, at + 0.01, agent)
        self.joined(number, at + 0.02)


def test_a_call_that_finds_a_free_agent_shows_the_routers_delay() -> None:
    room = Room(ANN)
    room.dials(1, at=1.0)
    room.rings(1, at=1.010)
    room.joined(1, at=1.015)
    assert room.watch.offers == [pytest.approx(0.010)]
    assert room.watch.connections == [pytest.approx(0.015)]


def test_a_call_that_waits_for_an_agent_shows_nothing() -> None:
    room = Room(ANN)
    room.talking(1, at=1.0)
    room.dials(2, at=2.0)
    room.over(1, at=5.0)
    room.rings(2, at=5.01, waited=3.0)
    room.joined(2, at=5.02)
    assert len(room.watch.offers) == 1


def test_an_agent_freed_while_somebody_waits_shows_the_routers_delay() -> None:
    room = Room(ANN)
    room.talking(1, at=1.0)
    room.dials(2, at=2.0)
    room.over(1, at=5.0)
    room.rings(2, at=5.012, waited=3.0)
    assert room.watch.pauses == [pytest.approx(0.012)]


def test_idle_time_until_a_new_call_is_no_delay() -> None:
    room = Room(ANN)
    room.talking(1, at=1.0)
    room.over(1, at=5.0)
    room.dials(2, at=60.0)
    room.rings(2, at=60.01, waited=0.005)
    assert room.watch.pauses == []


def test_an_offer_is_owed_when_somebody_waits_whom_a_free_agent_can_serve() -> None:
    room = Room(ANN)
    room.dials(1, at=1.0, queue=OTHER)
    assert not room.watch.owed()
    room.dials(2, at=2.0)
    assert room.watch.owed()


def test_nothing_is_owed_to_those_who_wait_for_busy_or_absent_agents() -> None:
    room = Room(ANN)
    room.talking(1, at=1.0)
    room.dials(2, at=2.0)
    assert not room.watch.owed()
    room.watch.leaves(ANN)
    room.over(1, at=3.0)
    assert not room.watch.owed()
    room.watch.comes(BOB, {QUEUE})
    assert room.watch.owed()


def test_a_connection_is_owed_from_ringing_until_joined_or_over() -> None:
    room = Room(ANN)
    room.dials(1, at=1.0)
    room.rings(1, at=1.01)
    assert room.watch.owed()
    room.joined(1, at=1.02)
    assert not room.watch.owed()
    room.over(1, at=2.0)
    room.dials(2, at=3.0)
    room.rings(2, at=3.01)
    room.watch.ends("call-2", "contact-2", QUEUE)
    assert not room.watch.owed()


def test_every_change_is_told() -> None:
    room = Room(ANN)
    room.talking(1, at=1.0)
    room.over(1, at=2.0)
    assert room.told == [False, True, True, False, False, False]


def test_a_caller_who_gives_up_leaves_the_line() -> None:
    room = Room()
    room.dials(1, at=1.0)
    room.watch.ends("call-1", "contact-1", QUEUE)
    room.watch.comes(ANN, {QUEUE})
    assert not room.watch.owed()


def test_quantiles_of_nothing_are_nothing() -> None:
    assert Latency.of([]) is None
    latency = Latency.of([0.01, 0.02, 0.03])
    assert latency is not None
    assert latency.samples == 3
    assert latency.p50_seconds == pytest.approx(0.02)
