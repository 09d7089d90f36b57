"""What administrators do at a router is entered in its audit log first, or not done."""

import json
from pathlib import Path

import grpc
import pytest
from pydantic import SecretStr
from switchyard.router.v1 import config_service_pb2
from switchyard_common.audit_chain import AuditKey
from switchyard_common.audit_command import inspect, lines_of
from switchyard_common.audit_journal import AuditJournal, Unwritable, chains_in, files_of
from switchyard_common.grpc_channel import open_channel

from tests.fakes.router.clients import TENANT, Centre, refused
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

SECRET = "audit key for tests, and for tests only"


async def test_changes_and_reads_of_personal_data_are_entered_in_order(
    redis_url: str, tmp_path: Path
) -> None:
    async with (
        router(redis_url, audit_dir=tmp_path, audit_key=SecretStr(SECRET)) as target,
        open_channel(target, None, None) as channel,
    ):
        centre = Centre(channel)
        await centre.queue()
        contact = await centre.create("call-1", caller="+8613812345678")
        await centre.contact(contact.name)
        await refused(
            centre.config.Delete(config_service_pb2.DeleteRequest(name=f"{TENANT}/queues/none"))
        )
    (chain,) = chains_in(tmp_path)
    text = "\n".join(line for _, line in lines_of(files_of(tmp_path, chain)))
    entries = [json.loads(line) for line in text.splitlines()]
    told = [(each["rpc"].rpartition("/")[2], each["outcome"]) for each in entries]
    assert told[:3] == [("UpsertQueue", "allowed"), ("GetContact", "read"), ("Delete", "allowed")]
    assert told[3][0] == "Delete"
    assert entries[1]["subject"] == AuditKey(SECRET).subject(contact.name)
    assert "13812345678" not in text
    assert inspect(tmp_path, chain, AuditKey(SECRET), "").faults == ()


async def test_a_full_disk_stops_administrators_and_nobody_else(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise Unwritable("No space left on device")

    async with (
        router(redis_url, audit_dir=tmp_path, audit_key=SecretStr(SECRET)) as target,
        open_channel(target, None, None) as channel,
    ):
        centre = Centre(channel)
        await centre.queue()
        monkeypatch.setattr(AuditJournal, "keep", full)
        unwritable = (grpc.StatusCode.UNAVAILABLE, "AUDIT_UNWRITABLE")
        assert await refused(centre.queue("other")) == unwritable
        contact = await centre.create("call-1")
        assert (await centre.contact(contact.name)).name == contact.name
