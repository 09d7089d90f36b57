"""The phone's process begins anew while agents talk: the router must not take that for the end."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from redis.asyncio import Redis
from switchyard_common.clock import SystemClock
from switchyard_phone.adapters.redis.connection import open_store
from switchyard_phone.adapters.redis.keys import Keys
from switchyard_phone.adapters.redis.passed_on import RedisPassedOn
from switchyard_phone.adapters.router.convert import Queues
from switchyard_phone.adapters.router.node import NodeRules, RouterNode
from switchyard_phone.adapters.router.passed_on import Memory, NoMemory
from switchyard_phone.adapters.router.waiting import CallersPlace
from switchyard_phone.domain.language import Language
from switchyard_phone.service.routing import Offer, Wanted
from switchyard_platform.names import Names
from switchyard_platform.node import PlatformNode

from tests.fakes.phone.served import complete
from tests.fakes.phone.waiting import PATIENCE_SECONDS
from tests.fakes.router.clients import Centre, centre
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

NOBODY = "redis://127.0.0.1:1/0"
GRACE_SECONDS = 6.0
"""A node is forgiven for not naming a contact that is younger than 5 s."""


@dataclass
class Restarts:
    """Processes of one phone, one after the other."""

    centre: Centre
    redis: Redis

    @property
    def memory(self) -> RedisPassedOn:
        return RedisPassedOn(self.redis, Keys("demo"), "phone-1")

    @asynccontextmanager
    async def process(self, memory: Memory) -> AsyncIterator[RouterNode]:
        """One process of the phone, as far as the router sees it, for the length of the block."""
        clock, names, ids = SystemClock(), Names("demo"), itertools.count()
        platform = PlatformNode(self.centre.channel, names, "phone-1", clock, random.Random(1))
        node = RouterNode(
            platform,
            self.centre.channel,
            names,
            NodeRules(Queues("billing")),
            clock,
            lambda: f"call-{next(ids)}",
            memory,
        )
        running = asyncio.create_task(node.run())
        try:
            await asyncio.wait_for(platform.attached.wait(), PATIENCE_SECONDS)
            yield node
        finally:
            await node.settle(PATIENCE_SECONDS)
            running.cancel()
            await asyncio.wait((running,))

    async def talks(self, node: RouterNode) -> str:
        """A caller who was transferred to agent ada; the contact, once it is not young any more."""
        wanted = Wanted("call", "talk", "asked", Language.ENGLISH, known_as="pbx-7")
        place = await node.queue(wanted)
        async with self.centre.desktop("ada") as desktop:
            offer = await desktop.offer(place.contact)
            await desktop.accept(offer)
            await self._join(place)
            await self.centre.reaches(place.contact, "CONNECTED")
        await asyncio.sleep(GRACE_SECONDS)
        return place.contact

    async def _join(self, place: CallersPlace) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not isinstance(news := await place.next(), Offer):
                continue
        place.joined(news)
        place.release()


@asynccontextmanager
async def restarts(redis_url: str) -> AsyncIterator[Restarts]:
    async with router(redis_url) as target, centre(target) as clients, open_store(redis_url) as own:
        await clients.queue("billing", connect_timeout_ms=60_000, wrap_up_ms=600_000)
        await clients.agent("ada")
        yield Restarts(clients, own)


async def test_agents_go_on_with_callers_whom_an_earlier_process_passed_on(redis_url: str) -> None:
    async with restarts(redis_url) as w:
        async with w.process(w.memory) as node:
            contact = await w.talks(node)
        async with w.process(w.memory):
            assert await w.centre.state(contact) == "CONNECTED"
            await complete(w.centre, contact)
            async with asyncio.timeout(PATIENCE_SECONDS):
                while await w.memory.all():
                    await asyncio.sleep(0.05)


async def test_without_a_store_a_restart_ends_what_the_router_knows_of_them(
    redis_url: str,
) -> None:
    async with restarts(redis_url) as w:
        async with w.process(NoMemory()) as node:
            contact = await w.talks(node)
        async with w.process(NoMemory()):
            assert await w.centre.state(contact) == "WRAP_UP"
            assert (await w.centre.contact(contact)).reason == "NODE_FORGOT_CONTACT"


async def test_a_store_that_is_away_keeps_nobody_from_being_joined(redis_url: str) -> None:
    async with restarts(redis_url) as w, open_store(NOBODY) as away:
        memory = RedisPassedOn(away, Keys("demo"), "phone-1")
        async with w.process(memory) as node:
            contact = await w.talks(node)
            assert await w.centre.state(contact) == "CONNECTED"


async def test_what_ended_while_no_process_ran_is_forgotten_by_the_next(redis_url: str) -> None:
    async with restarts(redis_url) as w:
        async with w.process(w.memory) as node:
            contact = await w.talks(node)
        await complete(w.centre, contact)
        async with w.process(w.memory):
            async with asyncio.timeout(PATIENCE_SECONDS):
                while await w.memory.all():
                    await asyncio.sleep(0.05)
        assert await w.redis.get(Keys("demo").call("pbx-7")) == contact
