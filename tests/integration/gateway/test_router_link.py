"""The gateway as a platform node: hello, heartbeats, line events, and breaks of the line."""

from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs
from switchyard.router.v1 import contact_pb2
from switchyard.router.v1 import contact_service_pb2 as pb
from switchyard_common.lifecycle import Lifecycle
from switchyard_gateway.domain.contacts import ContactState
from switchyard_gateway.main import running as run_gateway

from tests.fakes.gateway.bot import ScriptedBot, channel
from tests.fakes.gateway.contact_service import FakeContactService, serving
from tests.fakes.gateway.router import ANN, FakeRouter
from tests.fakes.gateway.running import (
    OpenPage,
    RunningGateway,
    eventually,
    gateway,
    http,
    settings,
)
from tests.fakes.ports import free_port

pytestmark = pytest.mark.integration


@pytest.fixture
async def running(redis_url: str) -> AsyncIterator[RunningGateway]:
    async with gateway(redis_url) as running:
        await eventually(lambda: len(running.service.hellos) == 1)
        yield running


async def waits(page: OpenPage) -> None:
    await page.send(type="person")
    await page.until(lambda f: f["type"] == "wait")


async def test_introduces_itself_as_a_chat_gateway(running: RunningGateway) -> None:
    (hello,) = running.service.hellos
    assert (hello.node, hello.kind, hello.parent) == ("chat-1", "chat-gateway", "tenants/demo")
    assert list(hello.live_contacts) == []


async def test_a_heartbeat_follows_the_answer_to_the_hello(running: RunningGateway) -> None:
    await eventually(lambda: running.service.heartbeats >= 1)


async def test_heartbeats_come_as_often_as_the_router_wants(redis_url: str) -> None:
    bot, service = ScriptedBot(), FakeContactService(FakeRouter(), heartbeat_ms=200)
    async with http(channel(bot)) as bot_url, serving(service) as port:
        lifecycle = Lifecycle()
        wanted = settings(redis_url, bot_url, f"127.0.0.1:{port}")
        async with run_gateway(lifecycle, wanted):
            await eventually(lambda: service.heartbeats >= 5)


async def test_after_a_break_it_names_the_contacts_it_holds(running: RunningGateway) -> None:
    async with running.page() as page:
        await waits(page)
        running.service.hang_up()
        await eventually(lambda: len(running.service.hellos) == 2)
        contact = running.router.only().name
        assert list(running.service.hellos[1].live_contacts) == [contact]
        await running.router.assign(contact)
        await page.hears("agent_joined")


async def test_an_event_the_router_did_not_acknowledge_is_sent_again_unchanged(
    running: RunningGateway,
) -> None:
    async with running.page() as page:
        await waits(page)
        running.service.deaf = True
        await page.send(type="leave")
        await page.hears("left_queue")
        running.service.deaf = False
        running.service.hang_up()
        await eventually(lambda: running.router.only().state == "ABANDONED")
        (event,) = running.service.events
        assert event.source_seq == 1


async def test_after_a_restart_numbers_begin_anew_and_events_are_heard(redis_url: str) -> None:
    sequences = []
    for _ in range(2):
        async with gateway(redis_url) as running, running.page() as page:
            await waits(page)
            await page.send(type="leave")
            await page.hears("left_queue")
            service = running.service
            await eventually(lambda service=service: bool(service.events))  # type: ignore[misc]
            sequences += [event.source_seq for event in service.events]
    assert sequences == [1, 1]


async def test_a_refused_event_is_not_sent_for_ever(running: RunningGateway) -> None:
    async with running.page() as page:
        await waits(page)
        left = running.router.only().name
        running.service.deaf = True
        await page.send(type="leave")
        await page.hears("left_queue")
        await eventually(lambda: bool(running.service.unheard))
        with capture_logs() as logs:
            rejection = pb.Rejection(in_reply_to=running.service.unheard[0], code=3)
            running.service.send(pb.PbxServerMessage(rejection=rejection))
            await eventually(lambda: "router_refused_event" in [log["event"] for log in logs])
        running.service.deaf = False
        running.service.hang_up()
        await eventually(lambda: len(running.service.hellos) == 2)
        async with running.page() as other:  # its event comes after whatever was kept for sending
            await waits(other)
            await other.send(type="leave")
            await other.hears("left_queue")
            await eventually(lambda: bool(running.service.events))
        (event,) = running.service.events
        assert event.contact != left


async def test_one_broken_piece_of_news_does_not_stop_the_others(running: RunningGateway) -> None:
    odd = contact_pb2.Contact(name="tenants/demo/contacts/odd", external_id="chat-x")
    nameless = contact_pb2.Contact(name="tenants/demo/contacts/nobody", state=contact_pb2.QUEUED)
    for contact in (odd, nameless):
        running.service.send(pb.PbxServerMessage(contact=pb.ContactEvent(contact=contact)))
    async with running.page() as page:
        await waits(page)
        await running.router.assign(running.router.only().name)
        await page.hears("agent_joined")
    assert len(running.service.hellos) == 1


async def test_an_estimate_without_the_external_id_reaches_its_customer(
    running: RunningGateway,
) -> None:
    async with running.page() as page:
        await waits(page)
        contact = running.router.only()
        await running.router.move(contact.name, ContactState.QUEUED)  # news with all fields
        estimate = contact_pb2.WaitEstimate(position=7, confident=False)
        estimate.p50.seconds = 600
        bare = contact_pb2.Contact(name=contact.name, state=contact_pb2.QUEUED)
        running.service.send(
            pb.PbxServerMessage(contact=pb.ContactEvent(contact=bare, wait=estimate))
        )
        wait = await page.until(lambda f: f["type"] == "wait" and f["position"] == 7)
        assert wait["p50_seconds"] is None, "what is not sure is not announced"


async def test_while_the_router_is_away_customers_stay_with_the_bot(redis_url: str) -> None:
    bot, router = ScriptedBot(), FakeRouter()
    service = FakeContactService(router)
    port = free_port()
    async with http(channel(bot)) as bot_url:
        lifecycle = Lifecycle()
        wanted = settings(redis_url, bot_url, f"127.0.0.1:{port}")
        async with run_gateway(lifecycle, wanted) as ports:
            running = RunningGateway(ports, bot, router, service)
            async with running.page("en") as page:
                await page.says("a person, please")
                told = await page.hears("router_down")
                assert "Nothing is lost" in told["text"]
                await page.hears("This is the bot again.", "BOT")
                assert running.metrics()["switchyard_gateway_router_attached"] == 0
                async with serving(service, port):
                    await eventually(lambda: len(service.hellos) == 1)
                    await page.says("a person, please")
                    await page.until(lambda f: f["type"] == "wait")
        assert not lifecycle.failed


async def test_a_restarted_gateway_goes_on_with_its_conversations(redis_url: str) -> None:
    router = FakeRouter()
    service = FakeContactService(router)
    bot = ScriptedBot()
    async with http(channel(bot)) as bot_url, serving(service) as port:
        wanted = settings(redis_url, bot_url, f"127.0.0.1:{port}")
        async with run_gateway(Lifecycle(), wanted) as ports:
            first = RunningGateway(ports, bot, router, service)
            async with first.page() as page:
                await waits(page)
        await router.assign(router.only().name)  # while nobody listens
        async with run_gateway(Lifecycle(), wanted) as ports:
            second = RunningGateway(ports, bot, router, service)
            async with second.page(resume=page) as again:
                await again.hears("agent_joined")
                await eventually(lambda: router.only().state == "CONNECTED")
    assert list(service.hellos[-1].live_contacts) == [router.only().name]
    assert service.events[-1].agent == ANN
