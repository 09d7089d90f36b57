"""The store is slow, locked or gone: callers are told in time, and health tells the truth."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import grpc
import pytest
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model
from switchyard_common.errors import StartError
from switchyard_common.grpc_errors import reason_of, retry_after_of
from switchyard_crm.domain.context import Section

from tests.fakes.crm.people import ORDER_NUMBER, WANG_PHONE, wang
from tests.fakes.crm.running import RunningCrm, fill, running_crm
from tests.fakes.crm.store import FakeStore

pytestmark = pytest.mark.integration

WANG = "tenants/demo/customers/c-1"
CONTEXT = crm.GetContextRequest(
    parent="tenants/demo",
    identifier=model.Identifier(kind=model.PHONE, value=WANG_PHONE),
    sections=[crm.PROFILE, crm.ORDERS],
)
RESOLVE = crm.ResolveRequest(
    parent="tenants/demo", identifiers=[model.Identifier(kind=model.PHONE, value=WANG_PHONE)]
)
LOOK_UP = crm.LookupOrderRequest(
    parent="tenants/demo", order_number=ORDER_NUMBER, phone_last4="1234"
)
LOG = crm.LogInteractionRequest(
    customer=WANG, interaction=model.Interaction(channel="CHAT"), request_id="r-1"
)


@pytest.fixture
async def database(tmp_path: Path) -> Path:
    path = tmp_path / "crm.sqlite"
    await fill(path, [wang()])
    return path


@pytest.fixture
async def service(database: Path) -> AsyncIterator[RunningCrm]:
    async with running_crm(
        database,
        busy_seconds=0.3,
        health_interval_seconds=0.05,
        database_readers=2,
    ) as running:
        yield running


def move(source: Path, target: Path) -> Path:
    assert not target.exists()
    return source.rename(target)


def write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


@asynccontextmanager
async def locked_for_writing(database: Path) -> AsyncIterator[None]:
    """Somebody else writes. The lock is taken beside the loop, which may hold it at that moment."""
    with closing(
        sqlite3.connect(database, isolation_level=None, timeout=20, check_same_thread=False)
    ) as other:
        await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what must come; the test's own time limit is the bound."""
    async with asyncio.timeout(60):
        while not await condition():
            await asyncio.sleep(0.02)


async def is_unavailable(call: Awaitable[object]) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert reason_of(caught.value) == "STORE_UNAVAILABLE"
    assert retry_after_of(caught.value) == 1.0


async def test_what_a_slow_store_gave_in_time_is_answered(database: Path) -> None:
    store = FakeStore()
    await store.replace([wang()])
    store.faults.hang_at = Section.ORDERS
    async with running_crm(database, store, context_seconds=3) as service:
        answer = await service.crm.GetContext(CONTEXT, timeout=120)
        assert answer.outcome == crm.UNIQUE
        assert answer.context.customer.name == WANG
        assert answer.sources[0].status == crm.TIMEOUT
        assert list(answer.partial) == ["local", "ORDERS"]
        assert service.metrics()["switchyard_crm_context_partial_total"] == 1


async def test_without_a_deadline_the_default_holds(database: Path) -> None:
    store = FakeStore()
    store.faults.hang = True
    async with running_crm(database, store, context_seconds=0.1) as service:
        answer = await service.crm.GetContext(CONTEXT)
        assert answer.sources[0].status == crm.TIMEOUT


async def test_a_hanging_store_is_not_healthy(database: Path) -> None:
    store = FakeStore()
    store.faults.hang = True
    async with running_crm(database, store, health_interval_seconds=0.05) as service:
        assert await service.health() == "NOT_SERVING"
        assert service.metrics()["switchyard_crm_store_up"] == 0
        store.faults.hang = False
        await until(lambda: _is(service, "SERVING"))


async def _is(service: RunningCrm, status: str) -> bool:
    return await service.health() == status


async def _is_logged(service: RunningCrm) -> bool:
    """Whether a write goes through; on a slow machine those before it may still be ending."""
    try:
        return bool((await service.crm.LogInteraction(LOG, timeout=120)).delivery)
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.UNAVAILABLE:
            raise
        return False


async def test_a_removed_file_is_an_outage_and_a_restored_one_ends_it(
    service: RunningCrm, database: Path
) -> None:
    assert (await service.crm.Resolve(RESOLVE, timeout=120)).outcome == crm.UNIQUE
    aside = move(database, database.with_suffix(".aside"))
    await is_unavailable(service.crm.Resolve(RESOLVE, timeout=120))
    await is_unavailable(service.crm.LookupOrder(LOOK_UP, timeout=120))
    await is_unavailable(service.crm.LogInteraction(LOG, timeout=120))
    answer = await service.crm.GetContext(CONTEXT, timeout=120)
    assert answer.sources[0].status == crm.ERROR
    assert list(answer.partial) == ["local", "PROFILE", "ORDERS"]
    await until(lambda: _is(service, "NOT_SERVING"))
    move(aside, database)
    await until(lambda: _is(service, "SERVING"))
    assert (await service.crm.Resolve(RESOLVE, timeout=120)).outcome == crm.UNIQUE


async def test_a_damaged_file_is_an_outage(service: RunningCrm, database: Path) -> None:
    move(database, database.with_suffix(".aside"))
    write(database, b"not a database" * 100)
    await is_unavailable(service.crm.Resolve(RESOLVE, timeout=120))
    await until(lambda: _is(service, "NOT_SERVING"))


async def test_a_file_locked_for_writing_can_still_be_read(
    service: RunningCrm, database: Path
) -> None:
    async with locked_for_writing(database):
        await is_unavailable(service.crm.LogInteraction(LOG, timeout=120))
        assert (await service.crm.GetContext(CONTEXT, timeout=120)).outcome == crm.UNIQUE
        await until(lambda: _is(service, "SERVING"))
    await until(lambda: _is_logged(service))


async def test_a_store_that_others_have_locked_altogether_does_not_start(database: Path) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StartError, match=r"CRM_DATABASE_URL.*locked"):
            async with running_crm(database, busy_seconds=0.1):
                pass


async def test_calls_given_up_do_not_use_up_the_connections(
    service: RunningCrm, database: Path
) -> None:
    async with locked_for_writing(database):
        for number in range(6):
            request = crm.LogInteractionRequest()
            request.CopyFrom(LOG)
            request.request_id = f"given up {number}"
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await service.crm.LogInteraction(request, timeout=0.02)
            assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    await until(lambda: _is_logged(service))
    answers = await asyncio.gather(
        *(service.crm.GetContext(CONTEXT, timeout=120) for _ in range(6))
    )
    assert {answer.outcome for answer in answers} == {crm.UNIQUE}
    assert {report.status for answer in answers for report in answer.sources} == {crm.FRESH}
