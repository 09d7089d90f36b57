"""Erasure where the data came from: CRMs that can, cannot, do not answer, or hold a write."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select
from switchyard_common.clock import FakeClock, SystemClock
from switchyard_crm.adapters.sql.consents import EVIDENCE
from switchyard_crm.adapters.sql.database import Database, open_database
from switchyard_crm.adapters.sql.held import held
from switchyard_crm.adapters.sql.subjects import SqlSubjects
from switchyard_crm.adapters.sql.tables.consents import consents
from switchyard_crm.adapters.sql.writer import StoreWriter
from switchyard_crm.domain.customer import Provenance
from switchyard_crm.domain.errors import CustomerNotFound
from switchyard_crm.domain.names import CustomerId, CustomerName, TenantId
from switchyard_crm.domain.records import CustomerRecord, Profile
from switchyard_crm.service.connectors import Capability, NotFound, Unavailable
from switchyard_crm.service.subjects import (
    HISTORY_SOURCE,
    Erased,
    EraseSubject,
    ErasureState,
    ExportSubject,
)

from tests.fakes.crm.people import DEMO, NOW
from tests.fakes.crm.running import vault

pytestmark = pytest.mark.integration

ERP = (DEMO, "erp")
ANN = CustomerName(DEMO, CustomerId("erp-1"))


class Crm:
    """A CRM that erases, or says why it does not."""

    def __init__(self, *capabilities: Capability, failure: Exception | None = None) -> None:
        self.name = "erp"
        self.capabilities = frozenset(capabilities)
        self.failure = failure
        self.erased: list[str] = []

    async def erase(self, source_id: str) -> None:
        if self.failure is not None:
            raise self.failure
        self.erased.append(source_id)

    async def get(self, source_id: str) -> Profile:
        if self.failure is not None:
            raise self.failure
        return Profile(Provenance("erp", source_id, NOW), display_name="Ann")


class Meter:
    def erased(self, source: str, state: str) -> None:
        """Counted elsewhere."""

    def pending(self, erasures: int) -> None:
        """Counted elsewhere."""


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(
        database_url, setting="CRM_DATABASE_URL", readers=2, writers=2, busy_seconds=20
    ) as opened:
        profile = Profile(Provenance("erp", "77", NOW), display_name="Ann")
        writer = StoreWriter(opened, vault(), SystemClock())
        await writer.replace([CustomerRecord(ANN, profile)])
        yield opened


async def erase(database: Database, crm: Any) -> Erased:
    store = SqlSubjects(database, vault())
    erasing = EraseSubject(store, {(DEMO, crm.name): crm}, SystemClock(), Meter())
    return await erasing.run(ANN, "ops")


def told(of_erp: ErasureState) -> dict[str, ErasureState]:
    """What an answer says where no history can be asked."""
    return {"erp": of_erp, HISTORY_SOURCE: ErasureState.UNSUPPORTED}


@pytest.mark.parametrize(
    ("crm", "state"),
    [
        (Crm(Capability.ERASE), ErasureState.ERASED),
        (Crm(Capability.ERASE, failure=NotFound("gone")), ErasureState.ERASED),
        (Crm(Capability.ERASE, failure=Unavailable("down")), ErasureState.REQUESTED),
        (Crm(Capability.FIND), ErasureState.UNSUPPORTED),
    ],
)
async def test_says_how_far_each_source_has_got(
    database: Database, crm: Crm, state: ErasureState
) -> None:
    answer = await erase(database, crm)
    assert (answer.results, answer.readable_rows) == (told(state), 0)


async def test_a_crm_that_did_not_answer_is_asked_again(database: Database) -> None:
    crm = Crm(Capability.ERASE, failure=Unavailable("down"))
    assert (await erase(database, crm)).results == told(ErasureState.REQUESTED)
    store = SqlSubjects(database, vault())
    later = SystemClock().now() + timedelta(minutes=5)
    assert [each.source_id for each in await store.requested([ERP], later, 0, 10)] == ["77"]
    assert await store.count_requested() == 1
    crm.failure = None
    assert (await erase(database, crm)).results == told(ErasureState.ERASED)
    assert crm.erased == ["77"]
    assert await store.requested([ERP], later, 0, 10) == []
    assert await store.count_requested() == 0
    assert {each.source_id for each in await store.erasures_of(ANN)} == {""}


async def test_nobody_can_be_erased_who_is_not_known(database: Database) -> None:
    store = SqlSubjects(database, vault())
    erasing = EraseSubject(store, {}, SystemClock(), Meter())
    with pytest.raises(CustomerNotFound):
        await erasing.run(CustomerName(DEMO, CustomerId("nobody")), "ops")


async def test_an_export_says_which_crm_did_not_answer(database: Database) -> None:
    store = SqlSubjects(database, vault())
    for failure, kinds in ((None, ["profile"]), (Unavailable("down"), ["unavailable"])):
        crm: Any = Crm(Capability.GET, failure=failure)
        exporting = ExportSubject(store, {ERP: crm})
        parts = [part async for part in exporting.run(ANN)]
        assert [part.kind for part in parts if part.source == "erp"][1:] == kinds


async def later_asked(database: Database, crm: Any, tenant: TenantId = DEMO) -> None:
    """What the process does every minute, after the time that a write may take."""
    clock = FakeClock(SystemClock().now() + timedelta(minutes=5))
    crms: Any = {(tenant, crm.name): crm}
    await EraseSubject(SqlSubjects(database, vault()), crms, clock, Meter()).ask_again()


async def test_another_tenants_crm_of_the_same_name_is_not_asked(database: Database) -> None:
    await erase(database, Crm(Capability.ERASE, failure=Unavailable("down")))
    theirs = Crm(Capability.ERASE)
    await later_asked(database, theirs, TenantId("another"))
    assert theirs.erased == []
    ours = Crm(Capability.ERASE)
    await later_asked(database, ours)
    assert ours.erased == ["77"]


async def test_those_that_a_crm_refuses_hold_up_nobody_else(database: Database) -> None:
    writer = StoreWriter(database, vault(), SystemClock())
    people = [CustomerName(DEMO, CustomerId(f"p-{n}")) for n in range(120)]
    profiles = [Profile(Provenance("erp", each.customer, NOW), "Ann") for each in people]
    await writer.replace([CustomerRecord(*each) for each in zip(people, profiles, strict=True)])
    down: Any = Crm(Capability.ERASE, failure=Unavailable("down"))
    erasing = EraseSubject(SqlSubjects(database, vault()), {ERP: down}, SystemClock(), Meter())
    for each in people:
        await erasing.run(each, "ops")

    class Refusing(Crm):
        async def erase(self, source_id: str) -> None:
            if source_id != "p-119":
                raise ValueError("an answer that nobody foresaw")
            self.erased.append(source_id)

    crm = Refusing(Capability.ERASE)
    await later_asked(database, crm)
    assert crm.erased == ["p-119"]


async def test_what_is_being_written_at_that_moment_is_erased_too(database: Database) -> None:
    async with database.writing() as connection:
        whose = await held(connection, ANN)
        erasing = asyncio.create_task(erase(database, Crm()))
        await asyncio.wait({erasing}, timeout=1)  # it has to wait here
        values = {"tenant": DEMO, "record_id": whose.named, "named_record_id": whose.named}
        sealed = whose.key(vault(), whose.named).seal(EVIDENCE, "Ann said so")
        said = {"channel": "VOICE", "purpose": "marketing", "granted": True, "time": NOW}
        await connection.execute(insert(consents).values(**values, **said, evidence=sealed))
    assert (await erasing).readable_rows == 0
    async with database.reading() as connection:
        assert (await connection.execute(select(consents))).all() == []
