"""The floor's node and desktops while the router is restarted, and after they died themselves."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
import pytest_asyncio
from switchyard_common.grpc_channel import open_channel
from switchyard_demo.floor.call import Fate
from switchyard_demo.floor.playtime import PlayTime

from tests.fakes.demo.floor import HandTime, SmallFloor, floor, script
from tests.fakes.ports import free_ports
from tests.fakes.router.clients import Centre, centre
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

LONG_ENOUGH_SECONDS = 60.0


@dataclass
class Restartable:
    """A router that a test stops and starts again on its port, with clients that live on."""

    redis_url: str
    port: int
    centre: Centre
    stack: AsyncExitStack
    running: AsyncExitStack

    async def start(self) -> None:
        await self.running.enter_async_context(router(self.redis_url, port=self.port))

    async def stop(self) -> None:
        await self.running.aclose()

    async def floor(self, time: PlayTime | None = None) -> SmallFloor:
        made = floor(self.centre.channel, ["ann"], time=time)
        return await self.stack.enter_async_context(made)


@pytest_asyncio.fixture
async def site(redis_url: str) -> AsyncGenerator[Restartable]:
    (port,) = free_ports(1)
    async with AsyncExitStack() as stack:
        channel = await stack.enter_async_context(open_channel(f"127.0.0.1:{port}"))
        running = await stack.enter_async_context(AsyncExitStack())
        made = Restartable(redis_url, port, Centre(channel), stack, running)
        await made.start()
        await made.centre.queue()
        await made.centre.agent("ann")
        yield made


async def connected(hall: SmallFloor, site: Restartable) -> str:
    """The name of the only call, once it is connected."""
    contact = await hall.dialled()
    await site.centre.reaches(contact, "CONNECTED")
    return contact


async def test_a_call_goes_on_over_a_restart_of_the_router(site: Restartable) -> None:
    time = HandTime()
    hall = await site.floor(time)
    call = asyncio.create_task(hall.exchange.dial(script(talk=20)))
    contact = await connected(hall, site)
    await site.stop()
    assert not call.done()
    await site.start()
    time.advance(20)
    outcome = await asyncio.wait_for(call, LONG_ENOUGH_SECONDS)
    assert (outcome.fate, outcome.contact) == (Fate.SERVED, contact)
    assert await site.centre.reaches(contact, "COMPLETED")


async def test_a_desktop_comes_back_as_it_was_and_gets_calls_again(site: Restartable) -> None:
    hall = await site.floor()
    await site.centre.becomes("ann", "AVAILABLE")
    await site.stop()
    await site.start()
    again = hall.exchange.dial(script())
    outcome = await asyncio.wait_for(again, LONG_ENOUGH_SECONDS)
    assert outcome.fate is Fate.SERVED
    assert await site.centre.presence("ann") == "AVAILABLE"


async def test_what_happened_while_the_router_was_away_is_reported_afterwards(
    site: Restartable,
) -> None:
    time = HandTime()
    hall = await site.floor(time)
    call = asyncio.create_task(hall.exchange.dial(script(talk=20)))
    contact = await connected(hall, site)
    await site.stop()
    time.advance(20)
    await asyncio.sleep(0.5)  # the caller hangs up meanwhile
    assert hall.node.live_contacts == [contact]
    await site.start()
    assert (await asyncio.wait_for(call, LONG_ENOUGH_SECONDS)).fate is Fate.SERVED
    assert await site.centre.reaches(contact, "COMPLETED")
    assert hall.node.live_contacts == []


async def test_a_call_dialled_while_the_router_restarts_is_taken_when_it_is_back(
    site: Restartable,
) -> None:
    hall = await site.floor()
    await site.stop()
    call = asyncio.create_task(hall.exchange.dial(script()))
    await asyncio.sleep(0.2)
    await site.start()
    assert (await asyncio.wait_for(call, LONG_ENOUGH_SECONDS)).fate is Fate.SERVED


async def test_a_restarted_nodes_events_are_no_repeats_of_the_old_ones(redis_url: str) -> None:
    async with router(redis_url) as target, centre(target) as small:
        await small.queue()
        for number in (1, 2):
            async with floor(small.channel) as hall:  # the same node id, a new life
                outcome = await hall.exchange.dial(script(number, patience=0.1))
                assert outcome.fate is Fate.ABANDONED
                assert await small.state(outcome.contact) == "ABANDONED"


async def test_a_restarted_node_hangs_up_callers_it_does_not_have(redis_url: str) -> None:
    """A contact too young to be missed at the hello would otherwise ring agents for nobody."""
    async with router(redis_url) as target, centre(target) as small:
        await small.queue()
        await small.agent("ann")
        async with floor(small.channel) as hall:
            call = asyncio.create_task(hall.exchange.dial(script()))
            contact = await hall.dialled()
            call.cancel()
        async with floor(small.channel, ["ann"]):
            assert await small.reaches(contact, "ABANDONED")
            await small.becomes("ann", "AVAILABLE")
