"""Writes go to the CRM exactly once and in order, on both kinds of store."""

import asyncio
from datetime import datetime, timedelta
from typing import override

import pytest
from sqlalchemy import delete, select
from switchyard_common.clock import FakeClock
from switchyard_crm.adapters.sql.outbox import SqlOutbox
from switchyard_crm.adapters.sql.outbox_keeper import SqlOutboxKeeper
from switchyard_crm.adapters.sql.requests import SqlRequests
from switchyard_crm.adapters.sql.schema import interactions, record_keys
from switchyard_crm.adapters.sql.tables.outbox import (
    dispatches,
    lanes,
)
from switchyard_crm.domain.deliveries import DeliveryState
from switchyard_crm.domain.errors import (
    CustomerNotFound,
    DeliveryNotFound,
    RequestIdReused,
    StoreUnavailable,
)
from switchyard_crm.domain.names import CustomerId, CustomerName
from switchyard_crm.service.keeping import Keeping, KeepingRules
from switchyard_crm.service.outbox import Lease, Outcome, Parcel

from tests.fakes.crm.outbox import (
    STRANGER,
    WANG_IN_CRM,
    OutboxWorld,
    drain,
    rows,
    vault,
)
from tests.fakes.crm.people import DEMO
from tests.fakes.crm.remembering_crm import (
    RememberingConnector,
    RememberingCrm,
)

pytestmark = pytest.mark.integration


async def test_a_contact_reaches_the_crm_and_its_delivery_tells_so(
    world: OutboxWorld, crm: RememberingCrm, connector: RememberingConnector
) -> None:
    delivery = await world.log("包裹")
    assert (await world.standing(delivery)).state is DeliveryState.PENDING
    await drain(world.worker(connector))
    standing = await world.standing(delivery)
    assert standing.state is DeliveryState.DELIVERED
    assert standing.attempts == 1
    assert dict(standing.remote_ids) == {"crm": "remote-1"}
    [made] = crm.objects.values()
    assert (made["person"], made["content"]["summary"]) == (WANG_IN_CRM, "包裹")
    assert await rows(world, lanes) == 0


async def test_what_no_crm_takes_is_delivered_at_once(world: OutboxWorld) -> None:
    delivery = await world.log("hello", STRANGER)
    assert (await world.standing(delivery)).state is DeliveryState.DELIVERED
    assert await rows(world, dispatches) == 0


async def test_payloads_wait_sealed_and_are_gone_when_delivered(
    world: OutboxWorld, crm: RememberingCrm, connector: RememberingConnector
) -> None:
    await world.log("very private words")
    async with world.database.reading() as connection:
        [payload] = (await connection.execute(select(dispatches.c.payload))).scalars()
    assert b"private" not in payload
    await drain(world.worker(connector))
    async with world.database.reading() as connection:
        assert (await connection.execute(select(dispatches.c.payload))).scalars().all() == [None]


async def test_a_repeated_request_is_written_and_sent_once(
    world: OutboxWorld, crm: RememberingCrm, connector: RememberingConnector
) -> None:
    request = world.request("same")
    before = await rows(world, interactions)
    first = await world.log("once", request=request)
    assert await world.log("once", request=request) == first
    assert await rows(world, interactions) == before + 1
    await drain(world.worker(connector))
    assert len(crm.objects) == len(crm.written) == 1


async def test_an_id_of_another_request_is_refused(world: OutboxWorld) -> None:
    await world.log("once", request=world.request("same", digest="one"))
    before = await rows(world, interactions)
    with pytest.raises(RequestIdReused):
        await world.log("twice", request=world.request("same", digest="two"))
    assert await rows(world, interactions) == before


async def test_a_request_that_failed_may_be_made_again(world: OutboxWorld) -> None:
    request = world.request("same")
    with pytest.raises(CustomerNotFound):
        await world.log("who?", CustomerName(DEMO, CustomerId("nobody")), request)
    assert await world.log("well", STRANGER, request)


async def test_two_workers_at_once_send_everything_once_and_in_order(
    world: OutboxWorld, crm: RememberingCrm, connector: RememberingConnector
) -> None:
    for number in range(12):
        await world.log(f"{number:02}")
    workers = [world.worker(connector) for _ in range(3)]
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    async with asyncio.timeout(60):
        while await rows(world, lanes):
            await asyncio.sleep(0.02)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert crm.texts() == [f"{number:02}" for number in range(12)]
    assert len(crm.written) == 12


async def test_a_lease_that_ran_out_is_nobodys_any_more(
    world: OutboxWorld, connector: RememberingConnector, clock: FakeClock
) -> None:
    delivery = await world.log("hello")
    first = await world.outbox.take(Lease(DEMO, "crm", "one", clock.now(), 60), 4)
    assert (await world.outbox.take(Lease(DEMO, "crm", "two", clock.now(), 60), 4)).parcels == ()
    clock.advance(61)
    second = await world.outbox.take(Lease(DEMO, "crm", "two", clock.now(), 60), 4)
    assert first.parcels[0].key == second.parcels[0].key == delivery
    assert not await world.outbox.delivered(first.parcels[0], "remote-1", clock.now())
    assert await world.outbox.delivered(second.parcels[0], "remote-1", clock.now())
    assert not await world.outbox.delivered(second.parcels[0], "remote-1", clock.now())


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(days=400)])
async def test_a_clock_that_jumps_holds_nothing_up(
    world: OutboxWorld,
    crm: RememberingCrm,
    connector: RememberingConnector,
    clock: FakeClock,
    jump: timedelta,
) -> None:
    opened = await world.open_case("wet")
    clock.set_now(clock.now() + jump)
    await world.change_case(opened.which.number, "and cold")
    await world.log("called")
    await drain(world.worker(connector))
    assert crm.texts() == ["wet", "and cold", "called"]


async def test_deliveries_of_the_erased_are_dropped(
    world: OutboxWorld, crm: RememberingCrm, connector: RememberingConnector
) -> None:
    delivery = await world.log("hello")
    async with world.database.writing() as connection:
        await connection.execute(delete(record_keys))
    await drain(world.worker(connector))
    assert crm.written == []
    assert world.counted.outcomes == {Outcome.DROPPED: 1}
    assert await rows(world, lanes) == await rows(world, dispatches) == 0
    with pytest.raises(DeliveryNotFound):
        await world.standing("nobody's")
    assert (await world.standing(delivery)).remote_ids == {}


def keeping_of(world: OutboxWorld) -> Keeping:
    return Keeping(
        SqlOutboxKeeper(world.database),
        SqlRequests(world.database),
        world.counted,
        world.room,
        world.clock,
        KeepingRules(),
    )


async def test_what_waits_is_shown_with_its_age_and_goes_back_to_nothing(
    world: OutboxWorld, crm: RememberingCrm, connector: RememberingConnector, clock: FakeClock
) -> None:
    keeping = keeping_of(world)
    crm.refuse["/cases"] = 422, 0
    await world.open_case("wet")
    await drain(world.worker(connector))
    await world.log("hello")
    clock.advance(90)
    await world.log("again")
    await keeping.measure()
    assert world.counted.depths == {"crm": (2, 1, 90.0)}
    await drain(world.worker(connector))
    await keeping.measure()
    assert world.counted.depths == {"crm": (0, 1, 0.0)}


async def test_what_is_old_is_forgotten_but_never_what_waits(
    world: OutboxWorld, crm: RememberingCrm, connector: RememberingConnector, clock: FakeClock
) -> None:
    keeping = keeping_of(world)
    request = world.request("kept")
    done = await world.log("done", request=request)
    await drain(world.worker(connector))
    crm.refuse["/interactions"] = 422, 0
    dead = await world.log("dead")
    await drain(world.worker(connector))
    waiting = await world.log("waiting")
    clock.advance(6 * 86_400)
    await keeping.sweep()
    assert await world.log("done", request=request) == done
    clock.advance(2 * 86_400)
    await keeping.sweep()
    with pytest.raises(DeliveryNotFound):
        await world.standing(done)
    assert await world.log("done", request=request) != done
    assert (await world.standing(dead)).state is DeliveryState.DEAD
    clock.advance(30 * 86_400)
    await keeping.sweep()
    with pytest.raises(DeliveryNotFound):
        await world.standing(dead)
    assert (await world.standing(waiting)).state is DeliveryState.PENDING


async def test_repeats_of_one_request_at_once_are_written_once(world: OutboxWorld) -> None:
    request = world.request("same")
    before = await rows(world, interactions)
    answers = await asyncio.gather(*(world.log("once", request=request) for _ in range(6)))
    assert len(set(answers)) == 1
    assert await rows(world, interactions) == before + 1


async def test_writers_and_workers_at_once_leave_nothing_behind(
    world: OutboxWorld, crm: RememberingCrm, connector: RememberingConnector
) -> None:
    workers = [asyncio.create_task(world.worker(connector).run()) for _ in range(2)]
    for burst in range(5):
        await asyncio.gather(*(world.log(f"{burst}-{number}") for number in range(4)))
    async with asyncio.timeout(60):
        while await rows(world, lanes):
            await asyncio.sleep(0.02)
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    assert len(crm.objects) == len(crm.written) == 20
    assert [text[0] for text in crm.texts()] == [str(burst) for burst in range(5) for _ in range(4)]


async def test_a_store_that_is_busy_for_a_moment_costs_no_second_call(
    world: OutboxWorld, crm: RememberingCrm, connector: RememberingConnector
) -> None:
    delivery = await world.log("hello")
    await drain(world.worker(connector, outbox=BusyOnce(world)))
    assert (await world.standing(delivery)).state is DeliveryState.DELIVERED
    assert crm.written == [delivery]
    assert world.counted.outcomes == {Outcome.DELIVERED: 1}


class BusyOnce(SqlOutbox):
    """Its store is locked when the first ending is to be stored."""

    def __init__(self, world: OutboxWorld) -> None:
        super().__init__(world.database, vault())
        self._busy = True

    @override
    async def delivered(self, parcel: Parcel, remote_id: str, now: datetime) -> bool:
        if self._busy:
            self._busy = False
            raise StoreUnavailable
        return await super().delivered(parcel, remote_id, now)
