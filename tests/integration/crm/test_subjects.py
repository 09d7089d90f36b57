"""Export and erasure: nothing of a person is left out, nothing of an erased one is readable."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict
from sqlalchemy import text
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model
from switchyard_common.grpc_errors import reason_of
from switchyard_crm.adapters.sql.database import Database, open_database
from switchyard_crm.adapters.sql.schema import metadata

from tests.fakes.crm.people import ORDER_NUMBER, WANG_EMAIL, WANG_PHONE, customer, phone, wang
from tests.fakes.crm.running import RunningCrm, fill, running_crm

pytestmark = pytest.mark.integration

WANG = "tenants/demo/customers/c-1"
WHO = model.Identifier(kind=model.PHONE, value=WANG_PHONE)
SECRETS = (
    "王芳",
    WANG_PHONE,
    WANG_EMAIL,
    ORDER_NUMBER,
    "包裹未到",
    "asked for the parcel",
    "1988-03-01",
)


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[RunningCrm]:
    await fill(database_url, [wang(), customer("c-2", phone("+8619900005678"))])
    async with running_crm(database_url) as running:
        await running.crm.LogInteraction(
            crm.LogInteractionRequest(
                customer=WANG,
                interaction=model.Interaction(channel="CHAT", summary="asked for the parcel"),
                request_id="r-1",
            ),
            timeout=120,
        )
        await running.crm.CreateCase(
            crm.CreateCaseRequest(
                customer=WANG,
                case=model.Case(subject="it is late"),
                description="waiting for a week",
                request_id="r-2",
            ),
            timeout=120,
        )
        yield running


async def exported(service: RunningCrm, name: str = WANG) -> list[dict[str, Any]]:
    request = crm.ExportSubjectRequest(customer=name, actor="the customer, by letter")
    return [MessageToDict(part) async for part in service.crm.ExportSubject(request, timeout=120)]


async def erase(service: RunningCrm, name: str = WANG) -> crm.EraseSubjectResponse:
    request = crm.EraseSubjectRequest(customer=name, actor="data protection", request_id="e-1")
    return await service.crm.EraseSubject(request, timeout=120)


async def all_rows(database_url: str, record: str) -> dict[str, int]:
    """Rows in which a record is named, by table."""
    found: dict[str, int] = {}
    async with opened(database_url) as database, database.reading() as connection:
        for table in metadata.sorted_tables:
            rows = (await connection.execute(table.select())).all()
            count = sum(record in map(str, row) for row in rows)
            if count:
                found[table.name] = count
    return found


def opened(url: str) -> Any:
    return open_database(url, setting="CRM_DATABASE_URL", readers=1, busy_seconds=20)


async def test_an_export_holds_everything_in_plain_words(service: RunningCrm) -> None:
    await service.crm.GetContext(
        crm.GetContextRequest(parent="tenants/demo", identifier=WHO), timeout=120
    )
    parts = await exported(service)
    whole = json.dumps(parts, ensure_ascii=False)
    for word in (*SECRETS, "it is late", "waiting for a week"):
        assert word in whole
    kinds = {part["kind"] for part in parts}
    assert {"records", "orders", "bills", "cases", "interactions", "case_entries"} <= kinds
    assert "c-2" not in whole
    assert not {"wrapped", "digest"} & set().union(*(part["record"] for part in parts))


async def test_a_text_that_looks_like_json_is_exported_as_it_is(service: RunningCrm) -> None:
    summary = "[" * 200 + "]" * 200
    talk = model.Interaction(channel="CHAT", summary=summary)
    log = crm.LogInteractionRequest(customer=WANG, interaction=talk, request_id="r-7")
    await service.crm.LogInteraction(log, timeout=120)
    kept = [part["record"].get("summary") for part in await exported(service)]
    assert summary in kept


async def test_nothing_of_an_erased_customer_is_found_or_left(
    service: RunningCrm, database_url: str
) -> None:
    before = await all_rows(database_url, "c-1")
    assert before["records"] == 1
    assert before["interactions"] >= 2
    answer = await erase(service)
    gone = {"local": "erased", "history": "unsupported"}
    assert (dict(answer.results), answer.readable_rows) == (gone, 0)
    found = await service.crm.Resolve(
        crm.ResolveRequest(parent="tenants/demo", identifiers=[WHO]), timeout=120
    )
    assert found.outcome == crm.NONE
    left = await all_rows(database_url, "c-1")
    assert set(left) <= {"erasures", "audit"}
    other = model.Identifier(kind=model.PHONE, value="+8619900005678")
    found = await service.crm.Resolve(
        crm.ResolveRequest(parent="tenants/demo", identifiers=[other]), timeout=120
    )
    assert found.outcome == crm.UNIQUE, "nobody else is touched"


async def test_erasing_again_tells_the_same_and_a_stranger_is_unknown(service: RunningCrm) -> None:
    first, second = await erase(service), await erase(service)
    assert (first.results, first.readable_rows) == (second.results, second.readable_rows)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await erase(service, "tenants/demo/customers/nobody")
    assert reason_of(caught.value) == "CUSTOMER_NOT_FOUND"


async def test_what_people_tied_to_a_customer_goes_with_it(service: RunningCrm) -> None:
    mail = model.Identifier(kind=model.EMAIL, value="wang@example.org")
    tie = crm.LinkRequest(customer=WANG, identifier=mail, actor="a", request_id="r-9")
    await service.crm.Link(tie, timeout=120)
    parts = [part for part in await exported(service) if part["source"] == "manual"]
    assert "wang@example.org" in json.dumps(parts)
    answer = await erase(service)
    gone = {"local": "erased", "manual": "erased", "history": "unsupported"}
    assert dict(answer.results) == gone
    found = await service.crm.Resolve(
        crm.ResolveRequest(parent="tenants/demo", identifiers=[mail]), timeout=120
    )
    assert found.outcome == crm.NONE


async def test_an_erased_customer_does_not_come_back_with_the_next_import(
    service: RunningCrm, database_url: str
) -> None:
    await erase(service)
    changed = replace(wang(), bills=())
    await fill(database_url, [changed, customer("c-3", phone("+8619900009999"))])
    found = await service.crm.Resolve(
        crm.ResolveRequest(parent="tenants/demo", identifiers=[WHO]), timeout=120
    )
    assert found.outcome == crm.NONE


async def wrapped_key(database: Database) -> bytes:
    async with database.reading() as connection:
        asked = text("SELECT wrapped FROM record_keys WHERE record_id = 'c-1'")
        key: bytes = (await connection.execute(asked)).scalar_one()
    return key


async def test_the_files_hold_no_plain_words_ever_and_no_key_after(tmp_path: Path) -> None:
    path = tmp_path / "crm.sqlite"
    await fill(path, [wang()])
    async with opened(f"sqlite+aiosqlite:///{path}") as database:
        key = await wrapped_key(database)
    async with running_crm(path) as service:
        content = bytes_in(tmp_path)
        assert key in content
        for word in SECRETS:
            assert word.encode() not in content, word
            assert base64.b64encode(word.encode()) not in content
        assert (await erase(service)).readable_rows == 0
        assert key not in bytes_in(tmp_path)


def bytes_in(folder: Path) -> bytes:
    """Everything in the files of a folder, the write-ahead log among them."""
    return b"".join(each.read_bytes() for each in folder.iterdir() if each.is_file())


async def test_every_read_is_kept_with_who_and_what(service: RunningCrm, database_url: str) -> None:
    await service.crm.GetContext(
        crm.GetContextRequest(parent="tenants/demo", identifier=WHO, sections=[crm.ORDERS]),
        timeout=120,
    )
    await service.crm.LookupOrder(
        crm.LookupOrderRequest(
            parent="tenants/demo", order_number=ORDER_NUMBER, phone_last4="1234"
        ),
        timeout=120,
    )
    await exported(service)
    async with opened(database_url) as database:
        kept = await accesses(database, 3)
    assert [(row.rpc, row.detail) for row in kept] == [
        ("GetContext", "ORDERS"),
        ("LookupOrder", "order"),
        ("ExportSubject", "for the customer, by letter"),
    ]
    assert {row.actor for row in kept} == {"platform/development", "admin/development"}


async def test_changing_a_case_reads_it(service: RunningCrm, database_url: str) -> None:
    change = crm.UpdateCaseRequest(customer=WANG, number="T-2", comment="soon", request_id="r-8")
    assert (await service.crm.UpdateCase(change, timeout=120)).case.subject
    async with opened(database_url) as database:
        kept = await accesses(database, 1)
    assert [(row.rpc, row.detail) for row in kept] == [("UpdateCase", "case")]


async def accesses(database: Database, number: int) -> Any:
    """So many accesses of the customer, once they are written."""
    asked = text("SELECT rpc, actor, detail FROM audit WHERE customer_id = 'c-1' ORDER BY id")
    async with asyncio.timeout(60):
        while True:
            async with database.reading() as connection:
                kept = (await connection.execute(asked)).all()
            if len(kept) >= number:
                return kept
            await asyncio.sleep(0.05)
