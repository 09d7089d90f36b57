"""CRMs that refuse, are away, limit the rate or break: what becomes of what waits for them."""

import pytest
from switchyard_common.clock import FakeClock
from switchyard_crm.adapters.sql.outbox_keeper import SqlOutboxKeeper
from switchyard_crm.adapters.sql.requests import SqlRequests
from switchyard_crm.adapters.sql.schema import interactions
from switchyard_crm.domain.deliveries import DeliveryState
from switchyard_crm.domain.errors import (
    OutboxFull,
)
from switchyard_crm.service.keeping import Keeping, KeepingRules
from switchyard_crm.service.outbox import Outcome

from tests.fakes.crm.outbox import (
    STRANGER,
    WANG_IN_CRM,
    OutboxWorld,
    drain,
    outbox_world,
    people,
    rows,
)
from tests.fakes.crm.remembering_crm import (
    RememberingConnector,
    RememberingCrm,
)

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("status", [404, 422])
async def test_what_the_crm_refuses_is_dead_at_once(
    world: OutboxWorld, crm: RememberingCrm, connector: RememberingConnector, status: int
) -> None:
    crm.refuse[""] = status, 0
    delivery = await world.log("hello")
    await drain(world.worker(connector))
    standing = await world.standing(delivery)
    assert (standing.state, standing.attempts) == (DeliveryState.DEAD, 1)
    assert world.counted.outcomes == {Outcome.DEAD: 1}


@pytest.mark.parametrize("status", [401, 503])
async def test_an_outage_is_waited_out_however_long(
    world: OutboxWorld,
    crm: RememberingCrm,
    connector: RememberingConnector,
    clock: FakeClock,
    status: int,
) -> None:
    crm.refuse[""] = status, 0
    delivery = await world.log("hello")
    worker = world.worker(connector)
    for _ in range(20):
        await drain(worker)
        clock.advance(301)
    assert (await world.standing(delivery)).state is DeliveryState.PENDING
    assert (await world.standing(delivery)).attempts == 20
    crm.refuse.clear()
    await drain(worker)
    assert (await world.standing(delivery)).state is DeliveryState.DELIVERED


async def test_a_crm_that_asks_for_time_gets_it(
    world: OutboxWorld, crm: RememberingCrm, connector: RememberingConnector, clock: FakeClock
) -> None:
    crm.refuse[""] = 429, 120.0
    await world.log("hello")
    worker = world.worker(connector)
    await drain(worker)
    assert world.bucket.paused_seconds == 120
    crm.refuse.clear()
    clock.advance(119)
    assert await worker.step() is False
    # Another process, which knows only what is stored, waits as well.
    assert await world.worker(connector).step() is False
    clock.advance(1)
    await drain(worker)
    assert len(crm.objects) == 1


async def test_a_crm_is_not_called_more_often_than_agreed(
    world: OutboxWorld, crm: RememberingCrm, connector: RememberingConnector, clock: FakeClock
) -> None:
    delivery = await world.log("hello")
    world.bucket.empty = True
    worker = world.worker(connector)
    await drain(worker)
    assert crm.written == []
    world.bucket.empty = False
    clock.advance(2)
    await drain(worker)
    assert (await world.standing(delivery)).state is DeliveryState.DELIVERED


async def test_a_fault_nobody_foresaw_is_tried_a_few_times_and_its_words_stay_out(
    world: OutboxWorld, crm: RememberingCrm, connector: RememberingConnector, clock: FakeClock
) -> None:
    crm.refuse[""] = 418, 0
    delivery = await world.log("hello")
    worker = world.worker(connector)
    for _ in range(8):
        await drain(worker)
        clock.advance(301)
    standing = await world.standing(delivery)
    assert (standing.state, standing.attempts) == (DeliveryState.DEAD, 5)
    assert standing.last_error == "crm: FAULT: KeyError"


async def test_a_full_outbox_refuses_clearly_and_stores_nothing(
    database_url: str, clock: FakeClock, connector: RememberingConnector
) -> None:
    async with outbox_world(database_url, clock, limit=2) as world:
        await world.fill(people())
        await world.unite("c-1", WANG_IN_CRM)
        keeping = keeping_of(world)
        await world.log("one")
        await world.log("two")
        before = await rows(world, interactions)
        with pytest.raises(OutboxFull, match="CRM_OUTBOX_LIMIT"):
            await world.log("three")
        assert await rows(world, interactions) == before
        assert await world.log("nothing to send", STRANGER)
        await drain(world.worker(connector))
        await keeping.measure()
        assert await world.log("three")


def keeping_of(world: OutboxWorld) -> Keeping:
    return Keeping(
        SqlOutboxKeeper(world.database),
        SqlRequests(world.database),
        world.counted,
        world.room,
        world.clock,
        KeepingRules(),
    )
