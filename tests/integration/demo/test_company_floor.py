"""The living demo company on a real router: people work, calls are served, everybody can leave."""

import asyncio
import datetime as dt
import random
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry
from switchyard.router.v1 import agent_pb2, agent_service_pb2, config_service_pb2, queue_pb2
from switchyard_common.clock import SystemClock
from switchyard_common.grpc_channel import open_channel
from switchyard_demo.company.generate import DEFAULT_SEED, generate
from switchyard_demo.floor.company_floor import CompanyFloor, FloorChannels
from switchyard_demo.floor.configure import Configurator
from switchyard_demo.floor.metrics import FloorMetrics
from switchyard_platform.names import Names, id_of

from tests.fakes.router.clients import TENANT, Centre, centre
from tests.fakes.router.server import NOBODY, router

pytestmark = pytest.mark.integration

COMPANY = generate(DEFAULT_SEED, dt.date(2026, 11, 22))


@dataclass(frozen=True)
class Lively:
    """Sixty times as fast as life, so that seconds are enough."""

    tenant: str = "demo"
    calls_per_minute: float = 240.0
    time_compression: float = 60.0


@pytest_asyncio.fixture
async def company_router(redis_url: str) -> AsyncGenerator[Centre]:
    async with router(redis_url) as target, centre(target) as clients:
        await Configurator(clients.channel, Names("demo")).company(COMPANY)
        yield clients


async def presences(clients: Centre) -> set[str]:
    request = agent_service_pb2.ListAgentsRequest(parent=TENANT, page_size=1000)
    agents = (await clients.agents.ListAgents(request)).agents
    return {agent_pb2.Presence.Name(agent.presence) for agent in agents}


async def queues(clients: Centre) -> dict[str, queue_pb2.Queue]:
    """The queues by id, without their versions."""
    request = config_service_pb2.ListQueuesRequest(parent=TENANT)
    found = (await clients.config.ListQueues(request)).queues
    for queue in found:
        queue.ClearField("etag")
    return {id_of(queue.name): queue for queue in found}


def value(registry: CollectorRegistry, name: str, **labels: str) -> float:
    return registry.get_sample_value(name, labels) or 0.0


async def test_the_company_is_told_to_the_router_again_without_a_change(
    company_router: Centre,
) -> None:
    before = await queues(company_router)
    await Configurator(company_router.channel, Names("demo")).company(COMPANY)
    assert await queues(company_router) == before
    assert set(before) == {queue.id for queue in COMPANY.queues}


async def test_people_work_calls_are_served_and_everybody_leaves(company_router: Centre) -> None:
    registry = CollectorRegistry()
    async with open_channel(NOBODY) as no_gateway:
        living = CompanyFloor(
            COMPANY,
            FloorChannels(company_router.channel, no_gateway),
            Lively(),
            FloorMetrics(registry),
            SystemClock(),
            random.Random(1),
        )
        work = asyncio.create_task(living.run())

        def served() -> float:
            return sum(
                value(registry, "switchyard_floor_calls_total", queue=q.id, fate="served")
                for q in COMPANY.queues
            )

        async with asyncio.timeout(60):
            while served() < 20:
                assert not work.done(), work.exception()
                await asyncio.sleep(0.1)
        working = value(registry, "switchyard_floor_desktops", duty="work")
        assert working >= 25
        await living.leave()
        assert value(registry, "switchyard_floor_callers") == 0
        assert await presences(company_router) <= {"OFFLINE", "AFTER_CONTACT_WORK"}
        work.cancel()
        await asyncio.wait((work,))
        assert work.cancelled()
