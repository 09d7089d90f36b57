"""The connector `rest`, by its example file, against the CRM that the example describes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from switchyard_crm.service.connectors import CaseChange

from tests.contracts.crm.connector_contract import ConnectorContract
from tests.contracts.crm.connector_world import Person
from tests.fakes.crm.vendors.homegrown_world import PinedeskWorld, pinedesk_world

pytestmark = pytest.mark.integration


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[PinedeskWorld]:
    async with pinedesk_world(tmp_path) as made:
        yield made


class TestPinedesk(ConnectorContract):
    """All of the suite, and what only this CRM shows."""

    @pytest.mark.parametrize("public", [True, False])
    async def test_the_crm_is_told_whether_customers_may_read_a_comment(
        self, world: PinedeskWorld, public: bool
    ) -> None:
        stored = await world.add_person(Person("王芳", ("13912345678",)))
        number = await world.add_case(stored, "包裹未到", closed=False)
        change = CaseChange(comment="called back", public=public)
        await (await world.connect()).update_case("k-1", number, change)
        (made,) = world.fake.ticket_changes
        assert (made["remark"], made["portal"]) == ("called back", public)
