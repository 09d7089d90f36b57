"""The trail of reads: nothing is lost while the store does not answer, and nothing grows."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import pytest
from structlog.testing import capture_logs
from switchyard_common.actor import ACTOR
from switchyard_common.clock import SystemClock
from switchyard_common.ids import IdFactory
from switchyard_crm.domain.errors import StoreUnavailable
from switchyard_crm.domain.names import CustomerId, TenantId
from switchyard_crm.service import audit
from switchyard_crm.service.audit import Access, AuditTrail

from tests.fakes.crm.people import DEMO

pytestmark = pytest.mark.unit


class Log:
    """Takes accesses while it is up."""

    def __init__(self) -> None:
        self.kept: list[Access] = []
        self.up = True

    async def add(self, accesses: Sequence[Access]) -> None:
        if not self.up:
            raise StoreUnavailable
        self.kept += accesses

    async def of(
        self, tenant: TenantId, customers: Sequence[CustomerId], limit: int
    ) -> Sequence[Access]:
        return self.kept

    async def sweep(self, before: datetime, limit: int) -> int:
        return 0


class Meter:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.waiting = 0
        self.lost = 0

    def unwritten(self, accesses: int) -> None:
        self.waiting = accesses

    def unkept(self) -> None:
        self.lost += 1


def trail(log: Log, meter: Meter) -> AuditTrail:
    clock = SystemClock()
    return AuditTrail(log, IdFactory(clock), clock, meter)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_FLUSH_SECONDS", 0)
    monkeypatch.setattr(audit, "_RETRY_SECONDS", 0)


async def test_says_who_read_what_of_whom() -> None:
    log, meter = Log(), Meter()
    noted = trail(log, meter)
    ACTOR.set("agent/ann")
    noted.note("GetContext", DEMO, "c-1", "PROFILE ORDERS")
    await noted.flush()
    [kept] = log.kept
    assert (kept.actor, kept.rpc, kept.customer, kept.detail) == (
        "agent/ann",
        "GetContext",
        "c-1",
        "PROFILE ORDERS",
    )
    assert meter.waiting == 0


async def test_waits_for_a_store_that_does_not_answer() -> None:
    log, meter = Log(), Meter()
    log.up = False
    noted = trail(log, meter)
    running = asyncio.create_task(noted.run())
    noted.note("Resolve", DEMO, "c-1")
    for _ in range(20):
        await asyncio.sleep(0)
    assert (log.kept, meter.waiting) == ([], 1)
    log.up = True
    while not log.kept:
        await asyncio.sleep(0)
    assert [each.rpc for each in log.kept] == ["Resolve"]
    running.cancel()


async def test_what_no_longer_fits_goes_to_the_log_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "MOST_UNWRITTEN", 2)
    log, meter = Log(), Meter()
    noted = trail(log, meter)
    with capture_logs() as lines:
        for number in range(3):
            noted.note("GetContext", DEMO, f"c-{number}", "PROFILE")
    assert (meter.waiting, meter.lost) == (2, 1)
    assert [line["customer"] for line in lines if line["event"] == "access_not_kept"] == ["c-2"]


async def test_stopping_writes_what_waits_or_says_what_could_not_be() -> None:
    log, meter = Log(), Meter()
    noted = trail(log, meter)
    noted.note("GetContext", DEMO, "c-1")
    await noted.close()
    assert len(log.kept) == 1
    log.up = False
    noted.note("GetContext", DEMO, "c-2")
    with capture_logs() as lines:
        await noted.close()
    assert [line["customer"] for line in lines] == ["c-2"]
    assert meter.lost == 1


async def test_an_unforeseen_error_ends_no_trail_and_loses_nothing() -> None:
    log, meter = Log(), Meter()
    log.up = False
    noted = trail(log, meter)

    async def broken(accesses: Sequence[Access]) -> None:
        raise RuntimeError("nobody thought of this")

    log.add = broken  # type: ignore[method-assign]
    running = asyncio.create_task(noted.run())
    noted.note("Resolve", DEMO, "c-1")
    for _ in range(20):
        await asyncio.sleep(0)
    del log.add
    log.up = True
    while not log.kept:
        await asyncio.sleep(0)
    assert [each.customer for each in log.kept] == ["c-1"]
    running.cancel()
