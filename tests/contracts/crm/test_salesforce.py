"""The connector to Salesforce, against a fake of the documented REST API."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contracts.crm.connector_contract import ConnectorContract
from tests.fakes.crm.vendors.salesforce_world import SalesforceWorld, salesforce_world

pytestmark = pytest.mark.integration


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[SalesforceWorld]:
    async with salesforce_world(tmp_path) as made:
        yield made


class TestSalesforce(ConnectorContract):
    """All of the suite."""
