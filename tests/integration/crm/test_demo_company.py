"""The demo company goes into the store and comes out as it was."""

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model
from switchyard_crm.entrypoints.command import ImportOrder
from switchyard_crm.wiring.commands import open_import
from switchyard_demo.company.crm_export import write_crm_import
from switchyard_demo.company.generate import generate
from switchyard_demo.company.showcase import showcase_orders

from tests.fakes.crm.running import RunningCrm, running_crm, url_of

pytestmark = pytest.mark.integration

COMPANY = generate(2026, dt.date(2026, 11, 22))


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningCrm]:
    file, database = tmp_path / "company.jsonl", tmp_path / "crm.sqlite"
    with file.open("w", encoding="utf-8") as opened:
        write_crm_import(COMPANY, opened)
    with file.open("rb") as to_read:
        async with open_import(ImportOrder(to_read, "demo", url_of(database))) as importing:
            results = [batch async for batch in importing.batches]
            compared = [step.done.compared async for step in importing.comparing]
    assert not [problem for result in results for problem in result.problems]
    assert sum(result.stored for result in results) == len(COMPANY.customers)
    assert sum(compared) == len(COMPANY.customers)
    async with running_crm(database, master_key=None) as running:
        yield running


async def test_the_company_is_found_by_phone_and_by_order(service: RunningCrm) -> None:
    for customer in COMPANY.customers[::50]:
        found = await service.crm.Resolve(
            crm.ResolveRequest(
                parent="tenants/demo",
                identifiers=[model.Identifier(kind=model.PHONE, value=customer.phone)],
            ),
            timeout=120,
        )
        assert found.outcome == crm.UNIQUE
        assert found.candidates[0].customer == f"tenants/demo/customers/{customer.id}"
    for shown in showcase_orders(COMPANY):
        answer = await service.crm.LookupOrder(
            crm.LookupOrderRequest(
                parent="tenants/demo",
                order_number=shown.order.number,
                phone_last4=shown.phone_last4,
                language="zh",
            ),
            timeout=120,
        )
        assert answer.found
        assert answer.order.state == shown.order.state
        assert answer.order.total.minor_units == shown.order.total.minor_units
        assert answer.order.items[0].name == shown.order.items[0].name.zh
