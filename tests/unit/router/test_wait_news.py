"""What platform nodes are told of waits: changes, no time that is not sure, and not too much."""

from dataclasses import dataclass

import pytest
from switchyard.router.v1 import contact_service_pb2
from switchyard_common.clock import FakeClock
from switchyard_router.domain.estimate import Estimate
from switchyard_router.domain.names import Tenant
from switchyard_router.domain.refusals import store_down
from switchyard_router.entrypoints.wait_news import WaitNews
from switchyard_router.service.board import Board

from tests.fakes.router.core import board, contact_event, waiting

pytestmark = pytest.mark.unit


@dataclass
class Figures:
    """Says what it is told to."""

    p50: float = 60.0
    confident: bool = True
    position: int = 2
    down: bool = False

    async def estimate(self, queue_id: str, contact_id: str = "") -> Estimate:
        if self.down:
            raise store_down()
        return Estimate(self.position, self.p50, 2 * self.p50, self.confident, "test")


class Desk:
    """One node, "pbx", and what it was sent."""

    def __init__(self, *contacts: str, channel: str = "VOICE") -> None:
        self.board: Board = board()
        for contact in contacts:
            call = waiting(contact, node="pbx", channel=channel)
            self.board.apply(contact_event(call))
        self.figures, self.timer = Figures(), FakeClock()
        self.sent: list[contact_service_pb2.ContactEvent] = []
        self.news = WaitNews(self.board, self.figures, self.timer, Tenant("demo"))  # type: ignore[arg-type]
        self._told: dict[str, object] = {}
        self._after = ""

    async def round(self, later_seconds: float = 5.0) -> list[contact_service_pb2.ContactEvent]:
        """What a round sends."""
        self.sent.clear()
        self.timer.advance(later_seconds)
        self._after = await self.news.round("pbx", self._put, self._told, self._after)  # type: ignore[arg-type]
        return list(self.sent)

    async def _put(self, message: contact_service_pb2.PbxServerMessage) -> None:
        self.sent.append(message.contact)


async def test_a_caller_is_told_by_a_command() -> None:
    (told,) = await Desk("c1").round()
    assert told.contact.name == "tenants/demo/contacts/c1"
    assert told.command.announce.wait.p50.seconds == 60
    assert told.command.announce.wait.confident


async def test_text_contacts_are_shown_it() -> None:
    (told,) = await Desk("c1", channel="CHAT").round()
    assert (told.wait.position, told.wait.p90.seconds) == (2, 120)


async def test_no_time_is_said_that_is_not_sure() -> None:
    desk = Desk("c1")
    desk.figures.confident = False
    (told,) = await desk.round()
    assert told.WhichOneof("change") == "wait"
    assert told.wait.position == 2
    assert not told.wait.HasField("p50")
    assert not told.wait.confident


async def test_what_follows_from_what_was_said_is_not_said_again() -> None:
    desk = Desk("c1", channel="CHAT")
    await desk.round()
    desk.figures.p50 = 55.0
    assert await desk.round(5) == []
    desk.figures.p50 = 90.0
    assert len(await desk.round(5)) == 1
    desk.figures.position = 1
    assert len(await desk.round(5)) == 1


async def test_callers_are_left_in_peace_for_a_while() -> None:
    desk = Desk("c1")
    first = (await desk.round())[0].command.command_id
    desk.figures.position = 1
    assert [one.WhichOneof("change") for one in await desk.round(5)] == ["wait"]
    desk.figures.p50 = 200.0
    second = (await desk.round(60))[0].command.command_id
    assert second != first


async def test_other_nodes_and_contacts_with_agents_are_none_of_its_business() -> None:
    desk = Desk()
    desk.board.apply(contact_event(waiting("c1", node="other")))
    desk.board.apply(contact_event(waiting("c2", node="pbx", state="CONNECTED")))
    assert await desk.round() == []


async def test_of_very_many_each_has_its_turn() -> None:
    names = [f"c{number:03}" for number in range(600)]
    desk = Desk(*names, channel="CHAT")
    heard = [[one.contact.name for one in await desk.round()] for _ in range(3)]
    assert [len(names) for names in heard] == [250, 250, 100]
    assert len({name for names in heard for name in names}) == 600


async def test_a_store_that_is_down_ends_the_round() -> None:
    desk = Desk("c1", "c2")
    desk.figures.down = True
    assert await desk.round() == []
    desk.figures.down = False
    assert len(await desk.round()) == 2
