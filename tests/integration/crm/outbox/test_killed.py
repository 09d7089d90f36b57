"""Whatever kills a worker of the outbox at whatever step: exactly one object in the CRM."""

import asyncio
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from switchyard_common.clock import FakeClock, SystemClock
from switchyard_crm.domain.deliveries import DeliveryState
from switchyard_crm.service.delivering import Delivering, DeliveryRules

from tests.fakes.crm.databases import PostgresServer
from tests.fakes.crm.killed_worker import Step
from tests.fakes.crm.outbox import WANG_IN_CRM, OutboxWorld, drain, outbox_world, people
from tests.fakes.crm.remembering_crm import (
    RememberingConnector,
    RememberingCrm,
)

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[4]


async def killed(url: str, crm: RememberingCrm, step: str) -> int:
    """Run a worker that dies at a step; its exit code."""
    command = [sys.executable, "-m", "tests.fakes.crm.killed_worker", url, str(crm.port), step]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    async with asyncio.timeout(120):
        return await process.wait()


@pytest.mark.parametrize("step", list(Step))
async def test_a_worker_killed_at_any_step_leaves_one_object_and_the_delivery_arrives(
    database_url: str, crm: RememberingCrm, step: Step
) -> None:
    async with outbox_world(database_url, SystemClock()) as world:
        await world.fill(people())
        await world.unite("c-1", WANG_IN_CRM)
        opened = await world.open_case("wet")
        logged = await world.log("called")
    assert await killed(database_url, crm, step) == -signal.SIGKILL
    # The lease of the dead runs out before the next one comes.
    later = FakeClock(SystemClock().now() + timedelta(minutes=10))
    async with outbox_world(database_url, later) as world:
        await drain(world.worker(RememberingConnector(crm.port)))
        for delivery in (opened.delivery, logged):
            assert (await world.standing(delivery)).state is DeliveryState.DELIVERED
        ids = dict((await world.standing(opened.delivery)).remote_ids)
        assert ids == {"crm": crm.objects[opened.delivery]["id"]}
    assert crm.texts() == ["wet", "called"]
    assert set(crm.written) == {opened.delivery, logged}


async def test_an_unharmed_worker_process_delivers_everything(
    database_url: str, crm: RememberingCrm
) -> None:
    async with outbox_world(database_url, SystemClock()) as world:
        await world.fill(people())
        await world.unite("c-1", WANG_IN_CRM)
        await world.log("called")
        assert await killed(database_url, crm, "") == 0
    assert crm.texts() == ["called"]


async def test_a_restart_of_the_database_under_a_worker_loses_and_doubles_nothing(
    postgres_server: PostgresServer, postgres_database: str, crm: RememberingCrm
) -> None:
    async with outbox_world(postgres_database, SystemClock()) as world:
        await world.fill(people())
        await world.unite("c-1", WANG_IN_CRM)
        deliveries = [await world.log(f"{number:02}") for number in range(20)]
        # Short leases: what was taken when the database went away is taken again soon.
        worker = asyncio.create_task(short_leased(world, crm).run())
        await until(lambda: len(crm.objects) >= 3)
        await asyncio.to_thread(postgres_server.stop)
        await asyncio.sleep(0.2)
        # The server ends with the thread that started it: not one of a pool.
        postgres_server.start()
        await until(lambda: len(crm.objects) == len(deliveries))
        async with asyncio.timeout(60):
            for delivery in deliveries:
                while (await world.standing(delivery)).state is not DeliveryState.DELIVERED:
                    await asyncio.sleep(0.05)
        assert not worker.done()
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
    assert crm.texts() == [f"{number:02}" for number in range(20)]


def short_leased(world: OutboxWorld, crm: RememberingCrm) -> Delivering:
    return world.worker(
        RememberingConnector(crm.port), DeliveryRules(lease_seconds=2, poll_seconds=0.05)
    )


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(90):
        while not reached():
            await asyncio.sleep(0.01)
