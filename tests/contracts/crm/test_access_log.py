"""The trail of reads, on both databases and in memory."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from switchyard_crm.adapters.sql.audit import SqlAccessLog
from switchyard_crm.adapters.sql.database import open_database
from switchyard_crm.domain.names import CustomerId, TenantId
from switchyard_crm.service.audit import Access, AccessLog

from tests.fakes.crm.people import DEMO, NOW
from tests.fakes.crm.privacy import MemoryAccessLog

pytestmark = pytest.mark.integration


@pytest.fixture(params=["sqlite_database", "postgres_database", "memory"])
async def log(request: pytest.FixtureRequest) -> AsyncIterator[AccessLog]:
    if request.param == "memory":
        yield MemoryAccessLog()
        return
    url = str(request.getfixturevalue(request.param))
    async with open_database(url, setting="CRM_DATABASE_URL", readers=2, busy_seconds=20) as opened:
        yield SqlAccessLog(opened)


def access(number: int, customer: str = "c-1", tenant: TenantId = DEMO) -> Access:
    time = NOW + timedelta(seconds=number)
    return Access(f"a-{number}", time, tenant, "agent/ann", "GetContext", customer, "PROFILE")


async def test_gives_back_the_latest_first_of_the_customers_asked_for(log: AccessLog) -> None:
    kept = [access(1), access(2, "c-2"), access(3), access(4, "c-3")]
    await log.add([*kept, access(5, tenant=TenantId("other"))])
    asked = [CustomerId("c-1"), CustomerId("c-2")]
    assert await log.of(DEMO, asked, 10) == [access(3), access(2, "c-2"), access(1)]
    assert await log.of(DEMO, asked, 1) == [access(3)]


async def test_a_batch_that_comes_again_is_kept_once(log: AccessLog) -> None:
    await log.add([access(1)])
    await log.add([access(1), access(2)])
    assert await log.of(DEMO, [CustomerId("c-1")], 10) == [access(2), access(1)]


async def test_forgets_what_is_old_bit_by_bit(log: AccessLog) -> None:
    await log.add([access(number) for number in range(5)])
    before = NOW + timedelta(seconds=3)
    assert [await log.sweep(before, 2) for _ in range(3)] == [2, 1, 0]
    assert [each.id for each in await log.of(DEMO, [CustomerId("c-1")], 10)] == ["a-4", "a-3"]
