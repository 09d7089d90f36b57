"""Pages of changes and their cursors on both databases."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from switchyard_common.clock import FakeClock
from switchyard_common.ids import IdFactory
from switchyard_crm.adapters.sealing import MasterKeyVault
from switchyard_crm.adapters.sql.cursors import SqlSync
from switchyard_crm.adapters.sql.database import Database, open_database
from switchyard_crm.adapters.sql.known_records import SqlCustomerRecords
from switchyard_crm.adapters.sql.schema import records
from switchyard_crm.adapters.sql.subjects import SqlSubjects
from switchyard_crm.adapters.sql.tables.cursors import removed_records
from switchyard_crm.adapters.sql.writer import StoreWriter
from switchyard_crm.domain.names import CustomerId, CustomerName
from switchyard_crm.domain.records import Profile
from switchyard_crm.service.connectors import Changes
from switchyard_crm.service.syncing import Followed, Mark

from tests.fakes.crm.asking import in_crm, renamed
from tests.fakes.crm.people import DEMO, NOW, phone

pytestmark = pytest.mark.integration

CRM = Followed(DEMO, "crm")
LATER = NOW + timedelta(minutes=5)
VAULT = MasterKeyVault([bytes(range(32))])
LI = in_crm("crm", "x-1", phone("+8619900009999"), name="李雷")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(
        database_url, setting="CRM_DATABASE_URL", readers=2, busy_seconds=20
    ) as opened:
        yield opened


@pytest.fixture
def sync(database: Database) -> SqlSync:
    clock = FakeClock(NOW)
    return SqlSync(database, StoreWriter(database, VAULT, clock), IdFactory(clock).new)


def page(*profiles: Profile, removed: tuple[str, ...] = (), cursor: str = "1") -> Changes:
    return Changes(profiles, removed, cursor, more=False)


async def stored(database: Database) -> set[str]:
    async with database.reading() as connection:
        return set((await connection.execute(select(records.c.source_id))).scalars())


async def gone(database: Database) -> set[str]:
    async with database.reading() as connection:
        return set((await connection.execute(select(removed_records.c.source_id))).scalars())


async def name_of(database: Database, source_id: str) -> CustomerName:
    async with database.reading() as connection:
        wanted = select(records.c.id).where(records.c.source_id == source_id)
        return CustomerName(DEMO, CustomerId((await connection.execute(wanted)).scalar_one()))


async def test_begins_with_nothing_and_goes_on_after_what_was_stored(
    sync: SqlSync, database: Database
) -> None:
    assert await sync.claim(CRM, "me", NOW, LATER) == Mark()
    assert await sync.take(CRM, "me", "", page(LI, cursor="7"), NOW)
    assert await stored(database) == {"x-1"}
    await sync.caught_up(CRM, "me", NOW)
    assert await sync.claim(CRM, "me", NOW, LATER) == Mark("7", NOW)


async def test_one_follows_at_a_time_and_another_when_it_has_stopped(sync: SqlSync) -> None:
    assert await sync.claim(CRM, "me", NOW, LATER) is not None
    assert await sync.claim(CRM, "other", NOW, LATER) is None
    assert await sync.claim(CRM, "me", NOW, LATER) is not None
    after = LATER + timedelta(seconds=1)
    assert await sync.claim(CRM, "other", after, after + timedelta(minutes=1)) is not None
    assert await sync.claim(CRM, "me", after, LATER) is None


async def test_sources_are_followed_apart(sync: SqlSync) -> None:
    desk = Followed(DEMO, "desk")
    await sync.claim(CRM, "me", NOW, LATER)
    assert await sync.claim(desk, "other", NOW, LATER) == Mark()


async def test_who_lost_its_place_stores_nothing(sync: SqlSync, database: Database) -> None:
    await sync.claim(CRM, "me", NOW, LATER)
    after = LATER + timedelta(seconds=1)
    await sync.claim(CRM, "other", after, after + timedelta(minutes=1))
    assert not await sync.take(CRM, "me", "", page(LI), after)
    assert await sync.take(CRM, "other", "", page(LI, cursor="2"), after)
    assert not await sync.take(CRM, "other", "", page(in_crm("crm", "x-2")), after)
    assert await stored(database) == {"x-1"}


async def test_a_page_that_cannot_be_stored_moves_no_cursor(
    sync: SqlSync, database: Database
) -> None:
    class Broken(StoreWriter):
        async def replace_in(self, connection: object, given: object) -> tuple[CustomerId, ...]:
            await super().replace_in(connection, given)  # type: ignore[arg-type]
            raise RuntimeError("killed after the records were written")

    await sync.claim(CRM, "me", NOW, LATER)
    broken = SqlSync(database, Broken(database, VAULT, FakeClock(NOW)), IdFactory(FakeClock()).new)
    with pytest.raises(RuntimeError):
        await broken.take(CRM, "me", "", page(LI), NOW)
    assert await stored(database) == set()
    assert await sync.claim(CRM, "me", NOW, LATER) == Mark()


async def test_a_record_that_comes_again_stays_one(sync: SqlSync, database: Database) -> None:
    await sync.claim(CRM, "me", NOW, LATER)
    await sync.take(CRM, "me", "", page(LI, cursor="1"), NOW)
    first = await name_of(database, "x-1")
    await sync.take(CRM, "me", "1", page(renamed(LI, "李小雷"), cursor="2"), NOW)
    known = await SqlCustomerRecords(database, VAULT).records_of(first)
    assert [record.profile.display_name for record in known.records] == ["李小雷"]


async def test_a_removed_record_is_kept_and_marked_until_it_comes_again(
    sync: SqlSync, database: Database
) -> None:
    await sync.claim(CRM, "me", NOW, LATER)
    await sync.take(CRM, "me", "", page(LI, cursor="1"), NOW)
    name = await name_of(database, "x-1")
    for cursor in ("2", "3"):  # told twice
        before = str(int(cursor) - 1)
        assert await sync.take(CRM, "me", before, page(removed=("x-1",), cursor=cursor), NOW)
    known = await SqlCustomerRecords(database, VAULT).records_of(name)
    assert [record.profile for record in known.records] == [LI]
    assert known.removed == {("crm", "x-1")}
    assert await gone(database) == {"x-1"}
    await sync.take(CRM, "me", "3", page(LI, cursor="4"), NOW)
    assert await gone(database) == set()


async def test_what_is_changed_and_removed_on_one_page_is_there(
    sync: SqlSync, database: Database
) -> None:
    await sync.claim(CRM, "me", NOW, LATER)
    han = in_crm("crm", "x-2", name="韩梅梅")
    await sync.take(CRM, "me", "", page(LI, han, cursor="1"), NOW)
    await sync.take(CRM, "me", "1", page(LI, removed=("x-1", "x-2"), cursor="2"), NOW)
    assert await gone(database) == {"x-2"}


async def test_not_even_the_id_is_kept_of_whom_nobody_knows_or_who_was_erased(
    sync: SqlSync, database: Database
) -> None:
    await sync.claim(CRM, "me", NOW, LATER)
    await sync.take(CRM, "me", "", page(LI, cursor="1"), NOW)
    await sync.take(CRM, "me", "1", page(removed=("x-1", "x-9"), cursor="2"), NOW)
    assert await gone(database) == {"x-1"}
    name = await name_of(database, "x-1")
    await SqlSubjects(database, VAULT).erase(name, {}, "ops", NOW)
    assert await gone(database) == set()
    await sync.take(CRM, "me", "2", page(removed=("x-1",), cursor="3"), NOW)
    assert await gone(database) == set()
