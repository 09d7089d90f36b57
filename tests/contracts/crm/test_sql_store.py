"""The store on a real SQLite file and on a real PostgreSQL server keeps the contract."""

from collections.abc import AsyncIterator

import pytest
from switchyard_common.clock import FakeClock
from switchyard_crm.adapters.sql.database import Database, open_database

from tests.contracts.crm.store_contract import AnyStore, StoreContract
from tests.fakes.crm.people import NOW
from tests.fakes.crm.running import vault
from tests.fakes.crm.sql_store import SqlStore

pytestmark = pytest.mark.integration


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(
        database_url, setting="CRM_DATABASE_URL", readers=4, writers=4, busy_seconds=20
    ) as opened:
        yield opened


class TestSqlStore(StoreContract):
    @pytest.fixture
    def store(self, database: Database) -> AnyStore:
        return SqlStore(database, vault(), FakeClock(NOW))
