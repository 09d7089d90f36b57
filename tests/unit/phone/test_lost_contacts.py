"""Callers whose contact the router no longer knows."""

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
from switchyard.router.v1 import contact_pb2
from switchyard.router.v1 import contact_service_pb2 as pb
from switchyard_phone.adapters.router.convert import Queues
from switchyard_phone.adapters.router.node import NodeRules, RouterNode
from switchyard_phone.adapters.router.passed_on import NoMemory
from switchyard_phone.adapters.router.waiting import CallersPlace
from switchyard_phone.domain.language import Language
from switchyard_phone.service.routing import Offer, Over, Wanted
from switchyard_platform.names import Names

pytestmark = pytest.mark.unit

WAITED_SECONDS = 40.0


class Router:
    """As a channel: what it says of contacts, and which it was asked to make."""

    def __init__(self) -> None:
        self.state: str = ""
        """Of every contact; empty: it knows none."""
        self.status = grpc.StatusCode.NOT_FOUND
        self.answers = asyncio.Event()
        self.answers.set()

    async def _get(self, request: pb.GetContactRequest, **_: object) -> contact_pb2.Contact:
        await self.answers.wait()
        if self.state:
            return contact_pb2.Contact(name=request.name, state=self.state)  # type: ignore[arg-type]
        raise grpc.aio.AioRpcError(self.status, grpc.aio.Metadata(), grpc.aio.Metadata())

    async def _estimate(self, *_: object, **__: object) -> contact_pb2.WaitEstimate:
        return contact_pb2.WaitEstimate(position=1)

    def unary_unary(self, path: str, **_: object) -> Callable[..., Any]:
        known: dict[str, Callable[..., Any]] = {
            "GetContact": self._get,
            "EstimateWait": self._estimate,
        }
        return known.get(path.rpartition("/")[2], self._get)

    def stream_stream(self, *_: object, **__: object) -> None:
        """Nobody attaches."""

    unary_stream = stream_stream


class Line:
    """As the platform node: what was created, reported and let go of."""

    def __init__(self) -> None:
        self.created: list[contact_pb2.Contact] = []
        self.reports: list[tuple[str, str]] = []
        self.released: list[str] = []

    async def create(self, contact: contact_pb2.Contact) -> contact_pb2.Contact:
        self.created.append(contact)
        return contact_pb2.Contact(name=f"c{len(self.created)}")

    def report(self, kind: Any, contact: str, *_: object) -> "asyncio.Future[Any]":
        self.reports.append((pb.CallEventType.Name(kind), contact))
        return asyncio.get_running_loop().create_future()

    def hold(self, contact: str) -> None:
        """The node holds its media."""

    def release(self, contact: str) -> None:
        self.released.append(contact)


class Clock:
    """Stands still unless a test moves it."""

    seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 11, 23, tzinfo=UTC)


class Phone:
    """A phone with one caller in the queue, who has waited for a while."""

    def __init__(self) -> None:
        self.router, self.line, self.clock = Router(), Line(), Clock()
        rules = NodeRules(Queues("billing"))
        line: Any = self.line
        channel: Any = self.router
        clock: Any = self.clock
        self.node = RouterNode(
            line,
            channel,
            Names("demo"),
            rules,
            clock,
            lambda: "call-1",
            NoMemory(),
            random.Random(1),
        )

    async def waiting(self) -> CallersPlace:
        wanted = Wanted("call", "talk", "asked", Language.ENGLISH, caller="+8613800138000")
        place = await self.node.queue(wanted)
        self.clock.seconds = WAITED_SECONDS
        return place

    def offers(self, contact: str) -> None:
        leg = pb.Bridge(offer="o1", agent="ann", fence=7, endpoint="sip:ann@127.0.0.1")
        self.node.on_contact(
            contact_pb2.Contact(name=contact, external_id="call-1", state=contact_pb2.ASSIGNED),
            pb.Command(bridge=leg),
        )


async def offer_of(place: CallersPlace) -> Offer:
    while not isinstance(news := await asyncio.wait_for(place.next(), 60), Offer):
        continue
    return news


async def over_of(place: CallersPlace) -> str:
    while not isinstance(news := await asyncio.wait_for(place.next(), 60), Over):
        continue
    return news.reason


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0)


async def test_who_still_waits_is_queued_anew_with_the_time_waited() -> None:
    phone = Phone()
    place = await phone.waiting()
    phone.node.on_unknown("c1")
    await until(lambda: place.contact == "c2")
    first, again = phone.line.created
    assert not first.HasField("age_credit")
    assert again.age_credit.seconds == WAITED_SECONDS
    assert (again.external_id, again.caller) == (first.external_id, first.caller)
    assert phone.line.released == ["c1"]
    phone.offers("c2")
    place.joined(await offer_of(place))
    assert phone.line.reports == [("BRIDGED", "c2")]


@pytest.mark.parametrize(
    ("state", "reason"),
    [(contact_pb2.EXPIRED, "nobody_answered"), (contact_pb2.COMPLETED, "agent_ended")],
)
async def test_a_contact_that_is_over_stays_so(state: Any, reason: str) -> None:
    phone = Phone()
    place = await phone.waiting()
    phone.router.state = state
    phone.node.on_unknown("c1")
    assert await over_of(place) == reason
    assert len(phone.line.created) == 1


async def test_a_router_that_cannot_say_leaves_nobody_waiting_for_ever() -> None:
    phone = Phone()
    place = await phone.waiting()
    phone.router.status = grpc.StatusCode.PERMISSION_DENIED
    phone.node.on_unknown("c1")
    assert await over_of(place) == "contact_lost"


async def test_who_hangs_up_meanwhile_is_taken_out_again() -> None:
    phone = Phone()
    place = await phone.waiting()
    phone.router.answers.clear()
    phone.node.on_unknown("c1")
    await asyncio.sleep(0)
    place.left()
    place.release()
    phone.router.answers.set()
    await asyncio.sleep(0.01)
    assert len(phone.line.created) == 1, "nobody is queued for who is gone"


async def test_who_is_just_being_joined_takes_no_second_agent() -> None:
    """The offer was of the contact that is lost: the new one must not ring anybody."""
    phone = Phone()
    place = await phone.waiting()
    phone.offers("c1")
    offer = await offer_of(place)
    phone.node.on_unknown("c1")
    await until(lambda: place.contact == "c2")
    place.joined(offer)
    place.release()
    assert phone.line.reports == [("CALLER_HANGUP", "c2")]
    assert phone.line.released == ["c1", "c2"]
