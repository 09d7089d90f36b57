"""Imports in memory."""

from dataclasses import dataclass
from typing import Any

import pytest
from switchyard_insights.service.importing import ImportedRows

from tests.contracts.insights.imported_rows_contract import ImportedRowsContract
from tests.fakes.insights.imported_rows import FakeImportedRows

pytestmark = pytest.mark.unit


@dataclass
class FakePlace:
    fake: FakeImportedRows

    @property
    def port(self) -> ImportedRows:
        return self.fake

    async def legs(self) -> list[dict[str, Any]]:
        return self.fake.rows()

    async def erase(self, key: str) -> None:
        self.fake.erased.add(key)


class TestFakeImportedRows(ImportedRowsContract):
    @pytest.fixture
    def place(self) -> FakePlace:
        return FakePlace(FakeImportedRows())
