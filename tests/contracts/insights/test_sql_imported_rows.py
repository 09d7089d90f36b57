"""Imports in SQLite and PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from switchyard_common.sql.database import Database
from switchyard_insights.adapters.sql.forgetful_store import SqlForgetfulStore
from switchyard_insights.adapters.sql.imported_rows import SqlImportedRows
from switchyard_insights.service.importing import ImportedRows

from tests.contracts.insights.imported_rows_contract import ImportedRowsContract
from tests.fakes.insights.histories import contents, opened

pytestmark = pytest.mark.integration


@dataclass
class SqlPlace:
    database: Database

    @property
    def port(self) -> ImportedRows:
        return SqlImportedRows(self.database)

    async def legs(self) -> list[dict[str, Any]]:
        return (await contents(self.database, "demo"))["contact_legs"]

    async def erase(self, key: str) -> None:
        await SqlForgetfulStore(self.database).erase("demo", key, 1)


class TestSqlImportedRows(ImportedRowsContract):
    @pytest.fixture
    async def place(self, database_url: str) -> AsyncIterator[SqlPlace]:
        async with opened(database_url) as database:
            yield SqlPlace(database)
