"""The connector to BottleCRM, against BottleCRM itself."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contracts.crm.connector_contract import ConnectorContract
from tests.crms.bottlecrm import BottleCrm
from tests.crms.bottlecrm_world import BottleWorld, bottle_world

pytestmark = pytest.mark.integration


@pytest.fixture
async def world(bottlecrm: BottleCrm, tmp_path: Path) -> AsyncIterator[BottleWorld]:
    async with bottle_world(bottlecrm, tmp_path) as made:
        yield made


class TestBottleCrm(ConnectorContract):
    pass
