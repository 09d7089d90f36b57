"""The connector to Odoo, against a fake of the documented JSON-2 API."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contracts.crm.connector_contract import ConnectorContract
from tests.fakes.crm.vendors.odoo_world import OdooWorld, odoo_world

pytestmark = pytest.mark.integration


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[OdooWorld]:
    async with odoo_world(tmp_path) as made:
        yield made


class TestOdoo(ConnectorContract):
    """All of the suite."""
