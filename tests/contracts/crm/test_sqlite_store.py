"""The store on a real SQLite file keeps the contract."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from switchyard_crm.adapters.sql.database import open_database
from switchyard_crm.adapters.sql.reader import StoreReader
from switchyard_crm.adapters.sql.writer import StoreWriter

from tests.contracts.crm.store_contract import AnyStore, StoreContract

pytestmark = pytest.mark.integration


class SqliteStore(StoreReader, StoreWriter):
    """Reader and writer in one."""


class TestSqliteStore(StoreContract):
    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[AnyStore]:
        url = f"sqlite+aiosqlite:///{tmp_path / 'a folder' / 'crm #1%.sqlite'}"
        async with open_database(
            url, setting="CRM_DATABASE_URL", readers=4, busy_seconds=20
        ) as database:
            store = SqliteStore(database)
            StoreWriter.__init__(store, database)
            yield store
