"""What putting callbacks in line must do, on the fake and on a real router over gRPC."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from prometheus_client import CollectorRegistry
from switchyard.router.v1 import contact_pb2, contact_service_pb2, queue_pb2
from switchyard_actions.adapters.router.callbacks import RouterCallbacks
from switchyard_actions.domain.language import Language
from switchyard_actions.metrics import ActionsMetrics
from switchyard_actions.service.callbacks import (
    CallbackBooked,
    Callbacks,
    CallbackWish,
    NoCallback,
)
from switchyard_actions.service.ports import Unavailable
from switchyard_common.grpc_channel import open_channel

from tests.fakes.actions.callbacks import FakeCallbacks
from tests.fakes.router.clients import Centre, centre
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

QUEUES = {"": "general", "bill_balance": "billing"}
NUMBER = "+8613812345678"


def wish(
    id_: str = "conv-1.1", *, topic: str = "order_status", not_before: datetime | None = None
) -> CallbackWish:
    return CallbackWish(
        id=id_,
        conversation="conv-1",
        number=NUMBER,
        topic=topic,
        language=Language.CHINESE,
        summary="请拨打",
        level="identified",
        not_before=not_before,
        sentiment=-0.5,
        slots={"order_number": "SY20261111"},
    )


def over(channel: grpc.aio.Channel, metrics: ActionsMetrics | None = None) -> RouterCallbacks:
    used = metrics or ActionsMetrics(CollectorRegistry())
    return RouterCallbacks(channel, "demo", QUEUES, "pbx-1", 120.0, used)


@dataclass(frozen=True)
class Line:
    """The port, and how its queue is filled and closed."""

    callbacks: Callbacks
    fake: FakeCallbacks | None = None
    small: Centre | None = None

    async def refuse(self, why: NoCallback) -> None:
        if self.fake is not None:
            self.fake.refusal = why
            return
        assert self.small is not None
        if why is NoCallback.FULL:
            await self.small.queue("general", max_size=1)
            await self.callbacks.book(wish("conv-0.1"))
            return
        hour = queue_pb2.OpeningHours(weekday=1, opens_second=0, closes_second=1)
        await self.small.queue("general", opening_hours=[hour], time_zone="UTC")


@pytest.fixture(params=["fake", "router"])
async def line(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Line]:
    if request.param == "fake":
        fake = FakeCallbacks(minutes=None)
        yield Line(fake, fake=fake)
        return
    async with router(redis_url) as target, centre(target) as small:
        await small.queue("general")
        await small.queue("billing")
        yield Line(over(small.channel), small=small)


async def test_a_call_is_booked_without_an_estimate_that_nobody_can_give(line: Line) -> None:
    assert await line.callbacks.book(wish()) == CallbackBooked(None)


async def test_a_repeated_wish_is_booked_once(line: Line) -> None:
    assert await line.callbacks.book(wish()) == await line.callbacks.book(wish())


@pytest.mark.parametrize("why", list(NoCallback))
async def test_why_no_call_is_taken_is_told(line: Line, why: NoCallback) -> None:
    await line.refuse(why)
    async with asyncio.timeout(60):  # the router reads a changed queue from its event log
        number = 1
        while (answer := await line.callbacks.book(wish(f"conv-1.{number}"))) is not why:
            assert isinstance(answer, CallbackBooked)
            number += 1
            await asyncio.sleep(0.02)


async def _read(small: Centre) -> contact_pb2.Contact:
    request = contact_service_pb2.GetContactRequest(parent="tenants/demo", external_id="conv-1.1")
    return await small.contacts.GetContact(request)


@pytest.fixture
async def small(redis_url: str) -> AsyncIterator[Centre]:
    async with router(redis_url) as target, centre(target) as clients:
        await clients.queue("general")
        await clients.queue("billing")
        yield clients


async def test_all_that_is_known_goes_with_the_call(small: Centre) -> None:
    await over(small.channel).book(wish())
    contact = await _read(small)
    assert contact.channel == contact_pb2.CALLBACK
    assert (contact.callback.number, contact.queue) == (NUMBER, "tenants/demo/queues/general")
    assert (contact.node, contact.language) == ("pbx-1", "zh")
    handoff = contact.handoff
    assert (handoff.reason, handoff.intent) == ("callback", "order_status")
    assert (handoff.summary, handoff.sentiment) == ("请拨打", -0.5)
    assert handoff.slots["order_number"] == "SY20261111"
    assert handoff.conversation == "tenants/demo/conversations/conv-1"


async def test_what_it_is_about_chooses_the_queue(small: Centre) -> None:
    await over(small.channel).book(wish(topic="bill_balance"))
    assert (await _read(small)).queue == "tenants/demo/queues/billing"


async def test_a_call_for_later_is_not_offered_before(small: Centre) -> None:
    later = datetime.now(UTC) + timedelta(hours=3)
    await small.agent("ann", queues=("general",), callback=1)
    async with small.desktop("ann"):
        assert await over(small.channel).book(wish(not_before=later)) == CallbackBooked(None)
        contact = await _read(small)
        assert contact.callback.not_before.ToDatetime(UTC) == later.replace(
            microsecond=later.microsecond // 1000 * 1000
        )
        assert contact.state == contact_pb2.QUEUED


async def test_a_router_that_is_down_is_unavailable_and_counted() -> None:
    registry = CollectorRegistry()
    async with open_channel("127.0.0.1:1") as channel:
        with pytest.raises(Unavailable) as caught:
            await over(channel, ActionsMetrics(registry)).book(wish())
    assert caught.value.what == "router"
    labels = {"call": "book_callback", "outcome": "unavailable"}
    name = "switchyard_actions_router_call_seconds_count"
    assert registry.get_sample_value(name, labels) == 1
