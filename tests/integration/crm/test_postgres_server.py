"""PostgreSQL stops, starts again, is full or busy: callers are told, and nothing stays broken."""

import asyncio
import signal
from contextlib import AbstractAsyncContextManager

import grpc
import pytest
from sqlalchemy import text
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model
from switchyard_common.grpc_errors import reason_of
from switchyard_crm.adapters.sql.database import Database, open_database
from switchyard_crm.domain.errors import StoreUnavailable, WriteConflict

from tests.fakes.crm.databases import PostgresServer
from tests.fakes.crm.people import WANG_PHONE, wang
from tests.fakes.crm.running import RunningCrm, fill, running_crm

pytestmark = pytest.mark.integration


def opened(url: str, busy_seconds: float = 5.0) -> AbstractAsyncContextManager[Database]:
    return open_database(
        url, setting="CRM_DATABASE_URL", readers=2, writers=2, busy_seconds=busy_seconds
    )


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
async def test_is_unavailable_while_the_server_is_down_and_back_when_it_is(
    postgres_server: PostgresServer, postgres_database: str, how: signal.Signals
) -> None:
    async with opened(postgres_database) as database:
        await database.ping()
        await asyncio.to_thread(postgres_server.stop, how)
        try:
            with pytest.raises(StoreUnavailable):
                await database.ping()
        finally:
            postgres_server.start()
        await asyncio.gather(*(database.ping() for _ in range(6)))


async def test_a_restart_between_two_calls_is_not_noticed(
    postgres_server: PostgresServer, postgres_database: str
) -> None:
    async with opened(postgres_database) as database:
        await asyncio.gather(*(database.ping() for _ in range(4)))
        await asyncio.to_thread(postgres_server.stop)
        postgres_server.start()
        await asyncio.gather(*(database.ping() for _ in range(4)))


async def test_a_connection_that_the_server_ends_is_an_outage_of_that_call_only(
    postgres_database: str,
) -> None:
    async with opened(postgres_database) as database:
        with pytest.raises(StoreUnavailable):
            async with database.reading() as connection:
                await connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        await database.ping()


async def test_a_lock_that_others_hold_is_waited_for_only_so_long(postgres_database: str) -> None:
    lock = text("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
    async with opened(postgres_database, busy_seconds=0.3) as database, database.writing() as one:
        await one.execute(lock)
        with pytest.raises(StoreUnavailable):
            async with database.writing() as other:
                await other.execute(lock)


async def test_all_connections_in_use_is_an_outage_not_an_endless_wait(
    postgres_database: str,
) -> None:
    async with opened(postgres_database, busy_seconds=0.3) as database:
        async with database.reading(), database.reading():
            with pytest.raises(StoreUnavailable):
                await database.ping()
        await database.ping()


async def test_transactions_that_wait_for_each_other_are_a_conflict(
    postgres_server: PostgresServer, postgres_database: str
) -> None:
    postgres_server.run("ALTER SYSTEM SET deadlock_timeout = '20ms'")
    postgres_server.run("SELECT pg_reload_conf()")
    async with opened(postgres_database, busy_seconds=20) as database:
        async with database.writing() as connection:
            await connection.execute(text("CREATE TABLE pairs (id int PRIMARY KEY, n int)"))
            await connection.execute(text("INSERT INTO pairs VALUES (1, 0), (2, 0)"))
        both_began = asyncio.Barrier(2)

        async def write(first: int, second: int) -> None:
            change = text("UPDATE pairs SET n = n + 1 WHERE id = :id")
            async with database.writing() as connection:
                await connection.execute(change, {"id": first})
                await both_began.wait()
                await connection.execute(change, {"id": second})

        ended = await asyncio.gather(write(1, 2), write(2, 1), return_exceptions=True)
        assert [type(each) for each in ended if each is not None] == [WriteConflict]


async def test_calls_given_up_leave_the_connections_usable(postgres_database: str) -> None:
    async def sleep_in_the_server(database: Database) -> None:
        async with database.reading() as connection:
            await connection.execute(text("SELECT pg_sleep(60)"))

    async with opened(postgres_database) as database:
        for _ in range(4):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await sleep_in_the_server(database)
        await asyncio.gather(*(database.ping() for _ in range(4)))


async def test_a_service_says_that_its_database_is_down_and_goes_on_when_it_is_back(
    postgres_server: PostgresServer, postgres_database: str
) -> None:
    resolve = crm.ResolveRequest(
        parent="tenants/demo", identifiers=[model.Identifier(kind=model.PHONE, value=WANG_PHONE)]
    )
    await fill(postgres_database, [wang()])
    async with running_crm(postgres_database, health_interval_seconds=0.05) as service:
        assert (await service.crm.Resolve(resolve, timeout=120)).outcome == crm.UNIQUE
        await asyncio.to_thread(postgres_server.stop)
        try:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await service.crm.Resolve(resolve, timeout=120)
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
            assert reason_of(caught.value) == "STORE_UNAVAILABLE"
            await until_health(service, "NOT_SERVING")
        finally:
            postgres_server.start()
        await until_health(service, "SERVING")
        assert (await service.crm.Resolve(resolve, timeout=120)).outcome == crm.UNIQUE


async def until_health(service: RunningCrm, status: str) -> None:
    async with asyncio.timeout(30):
        while await service.health() != status:
            await asyncio.sleep(0.02)


async def test_several_services_share_a_database(postgres_database: str) -> None:
    await fill(postgres_database, [wang()])
    resolve = crm.ResolveRequest(
        parent="tenants/demo", identifiers=[model.Identifier(kind=model.PHONE, value=WANG_PHONE)]
    )
    async with (
        running_crm(postgres_database, replicas=2) as one,
        running_crm(postgres_database, replicas=2) as other,
    ):
        for service in (one, other):
            assert (await service.crm.Resolve(resolve, timeout=120)).outcome == crm.UNIQUE


async def test_the_words_that_libpq_uses_are_understood(postgres_database: str) -> None:
    plain = postgres_database.replace("postgresql+asyncpg://", "postgresql://")
    async with opened(f"{plain}?sslmode=disable") as database:
        await database.ping()
