"""Import files: what is right becomes customers, what is wrong is named by line, field and fix."""

import io
import json
from typing import Any

import pytest
from switchyard_crm.adapters.importing.jsonl import JsonlReader
from switchyard_crm.adapters.importing.reading import MAX_BYTES, DocumentReader
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind, Normaliser
from switchyard_crm.domain.records import CustomerRecord
from switchyard_crm.service.importing import BatchResult, ImportCustomers, ReadLine

from tests.fakes.crm.people import DEMO, NOW
from tests.fakes.crm.store import FakeStore

pytestmark = pytest.mark.unit

MONEY = {"currency": "CNY", "minor_units": 19900}
WANG: dict[str, Any] = {
    "id": "c-1",
    "name": "王芳",
    "language": "zh-CN",
    "tier": "gold",
    "birth_date": "1988-03-01",
    "address": "上海市徐汇区云杉路18号",
    "since": "2021-04-01T00:00:00Z",
    "phones": ["199 0000 1234", "+8619900001234"],
    "emails": ["Fang.Wang@example.com"],
    "handles": [{"namespace": "wechat", "value": "oX3aBc"}],
    "records": [{"namespace": "erp", "value": "10017"}],
    "orders": [
        {
            "number": "SY-1024-0001",
            "state": "shipped",
            "placed": "2026-11-20T17:00:00+08:00",
            "delivery_date": "2026-11-25",
            "carrier": {"zh": "顺丰速运"},
            "tracking_number": "SF1",
            "items": [{"name": {"en": "Phone case"}, "quantity": 2}],
            "total": MONEY,
        }
    ],
    "bills": [
        {
            "number": "B-1",
            "state": "open",
            "amount": MONEY,
            "due_date": "2026-11-15",
            "period": "2026-10",
        }
    ],
    "tickets": [
        {
            "number": "T-1",
            "state": "pending",
            "subject": "包裹未到",
            "priority": "high",
            "created": "2026-11-20T08:00:00Z",
            "updated": "2026-11-21T08:00:00Z",
            "order_number": "SY-1024-0001",
        }
    ],
    "interactions": [{"id": "i-1", "channel": "VOICE", "time": "2026-11-21T08:00:00Z"}],
}


def read(*documents: object) -> list[ReadLine]:
    lines = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in documents]
    reader = JsonlReader(DocumentReader(DEMO, Normaliser("CN"), NOW))
    return list(reader.read(io.BytesIO(b"\n".join(lines))))


def record(document: object) -> CustomerRecord:
    (line,) = read(document)
    assert line.problems == ()
    assert line.record is not None
    return line.record


def problems(document: object) -> dict[str, str]:
    (line,) = read(document)
    assert line.record is None
    return {problem.field: problem.fix for problem in line.problems}


def changed(**fields: object) -> dict[str, Any]:
    return WANG | fields


def test_reads_a_whole_document() -> None:
    found = record(WANG)
    assert str(found.name) == "tenants/demo/customers/c-1"
    assert found.profile.provenance.observed_time == NOW
    assert found.profile.identifiers == (
        Identifier(IdentifierKind.PHONE, "+8619900001234"),
        Identifier(IdentifierKind.EMAIL, "fang.wang@example.com"),
        Identifier(IdentifierKind.HANDLE, "oX3aBc", "wechat"),
        Identifier(IdentifierKind.SOURCE_RECORD, "10017", "erp"),
    )
    assert found.orders[0].placed_time.isoformat() == "2026-11-20T17:00:00+08:00"
    assert found.orders[0].items[0].name.in_language("zh") == "Phone case"
    assert found.orders[0].total.minor_units == 19_900
    assert found.bills[0].period == "2026-10"
    assert found.cases[0].subject == "包裹未到"
    assert found.interactions[0].channel == "VOICE"


def test_a_name_and_an_id_are_enough() -> None:
    found = record({"id": "c-1", "name": "Jo"})
    assert found.profile.identifiers == ()
    assert found.profile.birth_date is None


def test_blank_lines_do_not_count_but_keep_their_number() -> None:
    lines = read(b"", WANG, b"  ", {"id": "c-2"})
    assert [line.line for line in lines] == [2, 4]
    assert lines[1].problems[0].field == "name"


@pytest.mark.parametrize(
    ("document", "field", "says"),
    [
        (b"nonsense", "", "not JSON"),
        (b'{"id": "c-1", "name": "\xff"}', "", "not JSON"),
        (b"[]", "", "change it"),
        ({"name": "Jo"}, "id", "is missing; add it"),
        (changed(id="c 1"), "id", "letters"),
        (changed(name=" "), "name", "at least 1 character"),
        (changed(phone="1"), "phone", "did you mean phones?"),
        (changed(colour="red"), "colour", "remove it"),
        (changed(phones=["95588"]), "phones[0]", "service number"),
        (changed(phones=["+8619900001234", "home"]), "phones[1].value", "telephone number"),
        (changed(emails=["x"]), "emails[0].value", "name@example.com"),
        (changed(handles=[{"namespace": "?", "value": "x"}]), "handles[0].namespace", "wechat"),
        (changed(birth_date="1.3.88"), "birth_date", "date"),
        (changed(since="2021-04-01T00:00:00"), "since", "offset"),
        (changed(language="chinese!"), "language", "pattern"),
        (changed(orders=[{**WANG["orders"][0], "state": "sent"}]), "orders[0].state", "'placed'"),
        (changed(orders=[{**WANG["orders"][0], "number": "—"}]), "orders[0].number", "printed"),
        (
            changed(orders=[{**WANG["orders"][0], "items": [{"name": {}, "quantity": 1}]}]),
            "orders[0].items[0].name",
            "give zh, en or both",
        ),
        (
            changed(orders=[*WANG["orders"], {**WANG["orders"][0], "number": "sy10240001"}]),
            "orders[1].number",
            "twice",
        ),
        (changed(bills=WANG["bills"] * 2), "bills[1].number", "twice"),
        (
            changed(bills=[{**WANG["bills"][0], "period": "2026-13"}]),
            "bills[0].period",
            "pattern",
        ),
        (
            changed(interactions=[{**WANG["interactions"][0], "channel": "phone"}]),
            "interactions[0].channel",
            "pattern",
        ),
        (b'{"id": "' + b"x" * MAX_BYTES + b'"}', "", "longer than"),
    ],
)
def test_names_the_field_and_the_fix(document: object, field: str, says: str) -> None:
    found = problems(document)
    assert says in found[field]


def test_names_every_problem_of_a_line() -> None:
    assert set(problems(changed(name="", tier=3, x=1))) == {"name", "tier", "x"}


def test_problems_do_not_repeat_values() -> None:
    texts = [
        *problems(changed(birth_date="Geheim", phones="Geheim")).values(),
        *problems(changed(emails=["Geheim"])).values(),
    ]
    assert not [text for text in texts if "Geheim" in text]


async def run(store: FakeStore, *documents: object, batch: int = 2) -> list[BatchResult]:
    use_case = ImportCustomers(store, batch)
    return [result async for result in use_case.run(DEMO, read(*documents))]


async def test_stores_in_batches_and_says_how_far_it_is() -> None:
    store = FakeStore()
    people = [{"id": f"c-{n}", "name": "Jo"} for n in range(5)]
    results = await run(store, *people)
    assert [result.stored for result in results] == [2, 2, 1]
    total = len(b"\n".join(json.dumps(person).encode() for person in people))
    assert results[-1].bytes_read == total
    found = await store.holders(DEMO, [Identifier(IdentifierKind.CUSTOMER_ID, "c-4")], 1)
    assert [each.customers for each in found] == [("c-4",)]


async def test_a_bad_line_costs_only_itself() -> None:
    (result,) = await run(
        FakeStore(), WANG, {"id": "c-2"}, b"x", {"id": "c-3", "name": "Jo"}, batch=9
    )
    assert result.stored == 2
    assert [problem.line for problem in result.problems] == [2, 3]


async def test_a_customer_or_order_named_twice_is_refused_across_batches() -> None:
    order = {**WANG["orders"][0], "number": "sy10240001"}
    results = await run(
        FakeStore(),
        WANG,
        {"id": "c-2", "name": "Jo"},
        {"id": "c-1", "name": "Jo"},
        {"id": "c-3", "name": "Jo", "orders": [order]},
    )
    found = [problem for result in results for problem in result.problems]
    assert [(each.line, each.problem.field) for each in found] == [
        (3, "id"),
        (4, "orders[0].number"),
    ]
    assert all("line 1" in each.problem.fix for each in found)


async def test_an_order_of_another_stored_customer_is_refused() -> None:
    store = FakeStore()
    await run(store, WANG)
    (result,) = await run(store, {"id": "c-9", "name": "Jo", "orders": WANG["orders"]})
    assert result.stored == 0
    assert result.problems[0].problem.field == "orders[0].number"
    assert "another customer" in result.problems[0].problem.fix


async def test_importing_again_changes_nothing() -> None:
    store = FakeStore()
    await run(store, WANG)
    (result,) = await run(store, WANG)
    assert (result.stored, result.problems) == (1, ())
