"""One service per SQLite file, and as many as one likes on PostgreSQL."""

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from switchyard_common.errors import StartError
from switchyard_common.sql.sole_server import sole_server
from switchyard_crm.adapters.sql.database import open_database

from tests.fakes.crm.running import running_crm, url_of

pytestmark = pytest.mark.integration

HOLDS = """
import sys, time
from switchyard_common.sql.sole_server import sole_server
with sole_server(sys.argv[1], setting="A", replicas=1, replicas_setting="B"):
    print("held", flush=True)
    time.sleep(600)
"""


def serve(stack: ExitStack, url: str, replicas: int = 1) -> None:
    stack.enter_context(
        sole_server(
            url, setting="CRM_DATABASE_URL", replicas=replicas, replicas_setting="CRM_REPLICAS"
        )
    )


def test_several_replicas_on_sqlite_are_refused_with_the_fix(sqlite_database: str) -> None:
    with ExitStack() as stack, pytest.raises(StartError) as caught:
        serve(stack, sqlite_database, replicas=2)
    assert "CRM_REPLICAS=2" in str(caught.value)
    assert "set CRM_DATABASE_URL to a PostgreSQL database" in str(caught.value)


def test_a_second_service_on_one_file_is_refused_until_the_first_ends(sqlite_database: str) -> None:
    with ExitStack() as first:
        serve(first, sqlite_database)
        with ExitStack() as second, pytest.raises(StartError, match="another service is serving"):
            serve(second, sqlite_database)
    with ExitStack() as third:
        serve(third, sqlite_database)


def test_a_killed_service_leaves_the_file_free(sqlite_database: str) -> None:
    command = [sys.executable, "-c", HOLDS, sqlite_database]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with ExitStack() as stack, pytest.raises(StartError):
            serve(stack, sqlite_database)
        process.kill()
    with ExitStack() as stack:
        serve(stack, sqlite_database)


def test_many_serve_from_postgresql() -> None:
    url = "postgresql://crm@127.0.0.1:1/crm"
    with ExitStack() as stack:
        for _ in range(3):
            serve(stack, url, replicas=3)


def is_there(path: Path) -> bool:
    return path.exists()


async def test_the_store_can_be_written_beside_a_service_but_not_served(tmp_path: Path) -> None:
    path = tmp_path / "crm.sqlite"
    async with running_crm(path):
        async with open_database(
            url_of(path), setting="CRM_DATABASE_URL", readers=1, busy_seconds=20
        ) as database:
            await database.ping()
        with pytest.raises(StartError, match=r"CRM_DATABASE_URL: another service"):
            async with running_crm(path):
                pass


async def test_replicas_are_checked_when_the_service_starts(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="CRM_REPLICAS=2"):
        async with running_crm(tmp_path / "crm.sqlite", replicas=2):
            pass
    assert not is_there(tmp_path / "crm.sqlite")
