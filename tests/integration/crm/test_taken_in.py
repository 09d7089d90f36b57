"""What CRMs find of somebody the store does not know is compared by the rules of the operator."""

import pytest
from switchyard_crm.adapters.sql.database import open_database
from switchyard_crm.adapters.sql.view import View
from switchyard_crm.domain.matching.blocked import blocked_values
from switchyard_crm.wiring.store import sql_store

from tests.fakes.crm.asking import in_crm
from tests.fakes.crm.people import DEMO, phone
from tests.fakes.crm.running import vault

pytestmark = pytest.mark.integration

NUMBER = "+8619900009999"


@pytest.mark.parametrize(("listed", "customers"), [("", 1), (NUMBER, 2)])
async def test_values_that_the_operator_blocks_link_nobody(
    database_url: str, listed: str, customers: int
) -> None:
    opening = open_database(database_url, setting="CRM_DATABASE_URL", readers=2, busy_seconds=20)
    async with opening as database:
        store = sql_store(database, vault(), View({}), {}, 0, blocked_values(listed))
        assert store.crm is not None
        profiles = [
            in_crm(source, "x-1", phone(NUMBER), name="Anna Lee") for source in ("erp", "odoo")
        ]
        await store.crm.intake.take_in(DEMO, profiles)
        held = await store.index.holders(DEMO, profiles[0].identifiers, 10)
        assert len(held[0].customers) == customers
