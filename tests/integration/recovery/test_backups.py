"""Backups as docs/recovery.md tells them: taken while the store is in use, and put back."""

import base64
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model
from switchyard_common.errors import StartError

from tests.fakes.crm.people import WANG_PHONE, wang
from tests.fakes.crm.running import RunningCrm, fill, running_crm

pytestmark = pytest.mark.integration

RESOLVE = crm.ResolveRequest(
    parent="tenants/demo", identifiers=[model.Identifier(kind=model.PHONE, value=WANG_PHONE)]
)
DOC = Path(__file__).parents[3] / "docs" / "recovery.md"
COPY = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('VACUUM INTO ?', sys.argv[2:])"


async def knows_wang(running: RunningCrm) -> bool:
    found = await running.crm.Resolve(RESOLVE, timeout=120)
    return bool(found.outcome == crm.UNIQUE)


def copied(database: Path, backup: Path) -> None:
    """The documented command."""
    assert COPY in DOC.read_text()
    subprocess.run([sys.executable, "-c", COPY, database, backup], check=True)


def put_back(backup: Path, database: Path) -> None:
    for file in database.parent.glob(f"{database.name}*"):
        file.unlink()
    backup.rename(database)


async def test_customers_come_back_from_a_copy_taken_while_they_were_served(
    tmp_path: Path,
) -> None:
    database, backup = tmp_path / "crm.sqlite", tmp_path / "backup.sqlite"
    await fill(database, [wang()])
    async with running_crm(database) as running:
        assert await knows_wang(running)
        copied(database, backup)
        assert await knows_wang(running)
    put_back(backup, database)
    async with running_crm(database) as running:
        assert await knows_wang(running)


async def test_a_copy_without_its_master_key_opens_for_nobody(tmp_path: Path) -> None:
    database, backup = tmp_path / "crm.sqlite", tmp_path / "backup.sqlite"
    await fill(database, [wang()])
    copied(database, backup)
    with sqlite3.connect(backup) as raw:
        dump = "\n".join(raw.iterdump())
    assert WANG_PHONE[1:] not in dump
    with pytest.raises(StartError, match="MASTER_KEY"):
        async with running_crm(backup, master_key=base64.b64encode(bytes(32)).decode()):
            pytest.fail("it opened the copy")
