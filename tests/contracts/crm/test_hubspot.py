"""The connector to HubSpot, against a fake of the documented CRM API."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contracts.crm.connector_contract import ConnectorContract
from tests.fakes.crm.vendors.hubspot_world import HubspotWorld, hubspot_world

pytestmark = pytest.mark.integration


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[HubspotWorld]:
    async with hubspot_world(tmp_path) as made:
        yield made


class TestHubspot(ConnectorContract):
    """All of the suite."""
