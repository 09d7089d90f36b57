"""Cases on their way to CRMs: numbers, order, changes."""

import pytest
from sqlalchemy import select
from switchyard_common.clock import FakeClock
from switchyard_crm.adapters.sql.schema import cases
from switchyard_crm.adapters.sql.tables.outbox import (
    case_entries,
    copies,
    dispatches,
)
from switchyard_crm.domain.deliveries import DeliveryState
from switchyard_crm.domain.errors import (
    CaseNotFound,
)
from switchyard_crm.service.outbox import LONGEST_WAIT_SECONDS

from tests.fakes.crm.outbox import (
    OutboxWorld,
    drain,
    rows,
)
from tests.fakes.crm.remembering_crm import (
    RememberingConnector,
    RememberingCrm,
)

pytestmark = pytest.mark.integration


async def test_a_case_has_a_number_to_say_and_the_crm_shows_it(
    world: OutboxWorld, crm: RememberingCrm, connector: RememberingConnector
) -> None:
    request = world.request("same")
    opened = await world.open_case("湿了", request=request)
    assert opened.case is not None
    assert (opened.case.state, opened.case.subject, opened.case.priority) == (
        "open",
        "湿了",
        "high",
    )
    assert len(opened.case.number) == 8
    assert opened.case.number.isdigit()
    again = await world.open_case("湿了", request=request)
    assert (again.case, again.new) == (opened.case, False)
    await drain(world.worker(connector))
    [made] = crm.objects.values()
    assert made["content"]["description"] == f"[{opened.case.number}] the parcel is wet"
    async with world.database.reading() as connection:
        [copy] = (await connection.execute(select(copies))).all()
    assert (copy.source, copy.remote_id, copy.local_id) == (
        "crm",
        "remote-1",
        opened.case.number,
    )


async def test_what_is_said_in_a_case_is_kept_here_sealed(world: OutboxWorld) -> None:
    opened = await world.open_case("wet")
    await world.change_case(opened.which.number, "the customer called again", "pending")
    async with world.database.reading() as connection:
        said = (await connection.execute(select(case_entries.c.text))).scalars().all()
    assert len(said) == 2
    assert not any(b"customer" in text or b"parcel" in text for text in said)


async def test_a_comment_never_overtakes_its_case(
    world: OutboxWorld, crm: RememberingCrm, connector: RememberingConnector, clock: FakeClock
) -> None:
    crm.refuse["/cases"] = 503, 0
    opened = await world.open_case("wet")
    number = opened.which.number
    written = number[:4] + " " + number[4:]
    changed = await world.change_case(written, "and cold", "pending")
    assert changed.case is not None
    assert (changed.case.number, changed.case.state) == (number, "pending")
    await world.log("called about it")
    worker = world.worker(connector)
    await drain(worker)
    assert crm.objects == {}
    crm.refuse.clear()
    clock.advance(LONGEST_WAIT_SECONDS)
    await drain(worker)
    assert crm.texts() == ["wet", "and cold", "called about it"]
    assert [made["person"] for made in crm.objects.values()] == ["r-1", "remote-1", "r-1"]


async def test_a_change_of_a_dead_case_dies_and_both_come_back_in_order(
    world: OutboxWorld, crm: RememberingCrm, connector: RememberingConnector
) -> None:
    crm.refuse["/cases"] = 422, 0
    opened = await world.open_case("wet")
    changed = await world.change_case(opened.which.number, "and cold")
    await world.log("something else")
    worker = world.worker(connector)
    await drain(worker)
    assert crm.texts() == ["something else"]
    assert (await world.standing(opened.delivery)).last_error.startswith("crm: Invalid")
    assert "CASE_NOT_DELIVERED" in (await world.standing(changed.delivery)).last_error
    crm.refuse.clear()
    assert (await world.redrive(changed.delivery)).state is DeliveryState.PENDING
    assert (await world.standing(opened.delivery)).state is DeliveryState.PENDING
    await drain(worker)
    assert crm.texts() == ["something else", "wet", "and cold"]
    assert (await world.standing(changed.delivery)).state is DeliveryState.DELIVERED
    assert (await world.redrive(changed.delivery)).state is DeliveryState.DELIVERED
    assert await world.worker(connector).step() is False


async def test_a_case_that_only_the_crm_has_is_changed_there(
    world: OutboxWorld, crm: RememberingCrm, connector: RememberingConnector
) -> None:
    changed = await world.change_case("T-77", "call back", source="crm")
    assert (changed.case, changed.which.number, changed.which.source) == (None, "T-77", "crm")
    await drain(world.worker(connector))
    [made] = crm.objects.values()
    assert (made["person"], made["content"]["comment"]) == ("T-77", "call back")


async def test_the_number_of_a_crm_means_the_case_that_was_opened_here(
    world: OutboxWorld, connector: RememberingConnector
) -> None:
    opened = await world.open_case("wet")
    await drain(world.worker(connector))
    changed = await world.change_case("remote-1", state="closed", source="crm")
    assert changed.case is not None
    assert (changed.case.number, changed.case.state) == (opened.which.number, "closed")


async def test_an_imported_case_is_changed_here_alone(
    world: OutboxWorld, crm: RememberingCrm, connector: RememberingConnector
) -> None:
    changed = await world.change_case("T-2", state="resolved")
    assert changed.case is not None
    assert changed.case.state == "resolved"
    await drain(world.worker(connector))
    assert crm.objects == {}


@pytest.mark.parametrize("source", ["", "tryton"])
async def test_an_unknown_case_is_refused_and_leaves_nothing(
    world: OutboxWorld, source: str
) -> None:
    with pytest.raises(CaseNotFound):
        await world.change_case("12345678", "?", source=source)
    assert await rows(world, dispatches) == 0


async def test_a_case_closed_here_is_closed_at_once(world: OutboxWorld) -> None:
    opened = await world.open_case("wet")
    await world.change_case(opened.which.number, state="closed")
    async with world.database.reading() as connection:
        asked = select(cases.c.state).where(cases.c.number == opened.which.number)
        assert (await connection.execute(asked)).scalars().all() == ["closed"]
