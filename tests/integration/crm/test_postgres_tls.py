"""PostgreSQL by TLS: the server must be who it is said to be, or nothing is told to it."""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from sqlalchemy import text
from switchyard_common.errors import StartError
from switchyard_crm.adapters.sql.database import Database, open_database
from switchyard_crm.domain.errors import StoreUnavailable

from tests.fakes.certificates import Authority
from tests.fakes.crm.databases import PostgresServer

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[PostgresServer]:
    with PostgresServer(certificate=Authority(folder).server("postgres")) as server:
        yield server


@pytest.fixture
def database(server: PostgresServer) -> str:
    return server.url(server.new_database())


def opened(url: str) -> AbstractAsyncContextManager[Database]:
    return open_database(url, setting="CRM_DATABASE_URL", readers=1, writers=1, busy_seconds=5.0)


@pytest.mark.parametrize("mode", ["verify-full", "verify-ca"])
async def test_connections_are_encrypted_to_a_server_that_the_ca_vouches_for(
    database: str, folder: Path, mode: str
) -> None:
    url = f"{database}?sslmode={mode}&sslrootcert={folder / 'postgres.ca'}"
    async with opened(url) as store, store.reading() as connection:
        asked = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        assert (await connection.execute(text(asked))).scalar_one() is True


async def test_a_server_of_another_ca_is_not_talked_to(database: str, tmp_path: Path) -> None:
    stranger = Authority(tmp_path).server("stranger")
    with pytest.raises((StartError, StoreUnavailable)):
        async with opened(f"{database}?sslmode=verify-full&sslrootcert={stranger.ca}") as other:
            await other.ping()


async def test_a_server_with_a_certificate_for_another_name_is_talked_to_by_verify_ca_only(
    tmp_path: Path,
) -> None:
    of_somebody = Authority(tmp_path).client("somebody", "switchyard://demo/agent/1007")
    with PostgresServer(certificate=of_somebody) as server:
        database = server.url(server.new_database())
        async with opened(f"{database}?sslmode=verify-ca&sslrootcert={of_somebody.ca}") as store:
            await store.ping()
        with pytest.raises((StartError, StoreUnavailable)):
            async with opened(f"{database}?sslmode=verify-full&sslrootcert={of_somebody.ca}") as no:
                await no.ping()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("sslrootcert=/nowhere", "sslmode=verify-full"),
        ("sslmode=require&sslrootcert=/nowhere", "sslmode=verify-full"),
        ("sslmode=verify-full&sslrootcert=/nowhere", "sslrootcert=/nowhere cannot be used"),
    ],
)
async def test_options_that_would_trust_anybody_are_refused(
    database: str, options: str, told: str
) -> None:
    with pytest.raises(StartError, match=told):
        async with opened(f"{database}?{options}"):
            pytest.fail("nothing may be opened")
