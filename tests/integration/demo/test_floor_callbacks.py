"""Customers who asked to be called back are called: the node dials, people talk, it is done."""

import asyncio
import datetime as dt
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from switchyard.router.v1 import contact_pb2
from switchyard_common.clock import SystemClock
from switchyard_common.grpc_channel import open_channel
from switchyard_demo.company.generate import DEFAULT_SEED, generate
from switchyard_demo.floor.company_floor import NODE, CompanyFloor, FloorChannels
from switchyard_demo.floor.configure import Configurator
from switchyard_demo.floor.metrics import FloorMetrics
from switchyard_platform.names import Names

from tests.fakes.router.clients import Centre, centre
from tests.fakes.router.server import NOBODY, router

pytestmark = pytest.mark.integration

COMPANY = generate(DEFAULT_SEED, dt.date(2026, 11, 22))
PATIENCE_SECONDS = 60.0


class Quiet:
    """A fast floor on which hardly anybody calls."""

    tenant = "demo"
    calls_per_minute = 0.001
    time_compression = 300.0


@asynccontextmanager
async def living(redis_url: str, registry: CollectorRegistry) -> AsyncGenerator[Centre]:
    async with (
        router(redis_url) as target,
        centre(target) as clients,
        open_channel(NOBODY) as no_gateway,
    ):
        await Configurator(clients.channel, Names("demo")).company(COMPANY)
        floor = CompanyFloor(
            COMPANY,
            FloorChannels(clients.channel, no_gateway),
            Quiet(),
            FloorMetrics(registry),
            SystemClock(),
            random.Random(1),
        )
        work = asyncio.create_task(floor.run())
        try:
            yield clients
            assert not work.done(), work.exception()
        finally:
            await floor.leave()
            work.cancel()
            await asyncio.wait((work,))


async def until(check: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not check():
            await asyncio.sleep(0.05)


async def completed(clients: Centre, contact: str) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await clients.state(contact) != "COMPLETED":
            await asyncio.sleep(0.05)


async def asked(clients: Centre, number: int, **more: Any) -> Any:
    """Somebody asks to be called back, as the gateway or the bot's actions put it."""
    return await clients.create(
        f"chat-{number}.callback",
        channel=contact_pb2.CALLBACK,
        caller=f"+86138001380{number:02d}",
        queue=COMPANY.queues[0].id,
        node=NODE,
        **more,
    )


async def test_who_asked_for_a_call_is_called_by_an_agent_and_it_is_completed(
    redis_url: str,
) -> None:
    registry = CollectorRegistry()

    def served() -> float:
        labels = {"fate": "served"}
        return registry.get_sample_value("switchyard_floor_callbacks_total", labels) or 0.0

    async with living(redis_url, registry) as clients:
        calls = [await asked(clients, number) for number in range(3)]
        await until(lambda: served() == 3)
        for call in calls:
            await completed(clients, call.name)


async def test_nobody_is_called_before_the_time_that_was_agreed(redis_url: str) -> None:
    registry = CollectorRegistry()
    later = contact_pb2.Callback()
    later.not_before.FromDatetime(dt.datetime.now(dt.UTC) + dt.timedelta(hours=1))
    async with living(redis_url, registry) as clients:
        held = await asked(clients, 1, callback=later)
        now = await asked(clients, 2)
        await completed(clients, now.name)
        assert await clients.state(held.name) == "QUEUED"
