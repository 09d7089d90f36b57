"""PostgreSQL as deployed: who is let in, and a renewed certificate."""

import asyncio
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from switchyard_common.errors import StartError
from switchyard_crm.adapters.sql.database import open_database
from switchyard_crm.domain.errors import StoreUnavailable

from tests.fakes.certificates import Authority, serial_of, serial_shown
from tests.fakes.crm.databases import PostgresServer
from tests.fakes.deploy.mount import Mount
from tests.fakes.deploy.store_pods import K8S

pytestmark = pytest.mark.integration

COMPONENT = K8S / "components/postgres"
PATIENCE_SECONDS = 60
ASKS_FOR_TLS = 80877103  # a number of PostgreSQL's protocol
CRM = "with ' quotes and $signs"


def presented_by(postgres: PostgresServer) -> int:
    """The serial number of the certificate that a new connection to PostgreSQL sees."""
    return serial_shown("127.0.0.1", postgres.port, struct.pack("!ii", 8, ASKS_FOR_TLS))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def postgres(authority: Authority) -> Iterator[PostgresServer]:
    files = authority.server("postgres", "postgres")
    with PostgresServer(
        certificate=files, user="postgres", access=COMPONENT / "pg_hba.conf"
    ) as server:
        server.run_script(COMPONENT / "databases.sh", CRM_PASSWORD=CRM, HISTORY_PASSWORD="another")
        yield server


async def comes_in(
    postgres: PostgresServer,
    authority: Authority,
    user: str,
    password: str,
    database: str,
    how: str,
) -> bool:
    """Whether the CRM adapter's store opens with an address as the Secret has it."""
    ca = authority.server("postgres", "postgres").ca
    url = f"postgresql://{user}:{quote(password)}@127.0.0.1:{postgres.port}/{database}"
    opened = open_database(
        f"{url}?sslmode={how}" + ("" if how == "disable" else f"&sslrootcert={ca}"),
        setting="CRM_DATABASE_URL", readers=1, writers=1, busy_seconds=5.0,
    )  # fmt: skip
    try:
        async with opened as store:
            await store.ping()
    except (StartError, StoreUnavailable):
        return False
    return True


@pytest.mark.parametrize(
    ("user", "password", "database", "how", "let_in"),
    [
        ("crm", CRM, "crm", "verify-full", True),
        ("history", "another", "history", "verify-full", True),
        ("crm", CRM, "crm", "disable", False),
        ("crm", "another", "crm", "verify-full", False),
        ("crm", CRM, "history", "verify-full", False),
        ("history", "another", "crm", "verify-full", False),
        ("postgres", "", "crm", "verify-full", False),
    ],
)
async def test_each_role_comes_into_its_own_database_by_tls_and_password_alone(
    postgres: PostgresServer,
    authority: Authority,
    user: str,
    password: str,
    database: str,
    how: str,
    let_in: bool,
) -> None:
    assert await comes_in(postgres, authority, user, password, database, how) is let_in


async def test_postgres_shows_a_renewed_certificate_without_a_restart(
    postgres: PostgresServer, authority: Authority, tmp_path: Path
) -> None:
    """The script that its pod runs, with the signal that its pod gives."""
    new = authority.server("postgres-renewed", "postgres")
    mount = Mount(tmp_path / "tls")
    mount.put(new)
    script = tmp_path / "renew.sh"
    text = (K8S / "base/settings/renew.sh").read_text()
    script.write_text(text.replace("/tls/", f"{mount.folder}/"))
    assert "renew.sh kill -HUP $$ & exec" in (COMPONENT / "postgres.yaml").read_text()
    beside = await asyncio.create_subprocess_exec(
        *("sh", script, "kill", "-HUP", str(postgres.pid)),
        env=os.environ | {"RENEW_SECONDS": "0.1"},
    )
    try:
        before = presented_by(postgres)
        postgres.put_certificate(new)
        await asyncio.sleep(1)
        assert presented_by(postgres) == before, "the files alone change nothing"
        mount.put(new)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while presented_by(postgres) != serial_of(new):
                await asyncio.sleep(0.1)
    finally:
        beside.kill()
        await beside.wait()
