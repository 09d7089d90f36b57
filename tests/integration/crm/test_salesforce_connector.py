"""What is Salesforce's own: sessions that end, limits, external ids, SOQL that stays data."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from switchyard_common.errors import StartError
from switchyard_crm.domain.customer import Interaction
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.service.connectors import (
    CaseChange,
    Invalid,
    NewCase,
    RateLimited,
    Unauthorized,
    Unavailable,
)

from tests.contracts.crm.connector_world import Person
from tests.fakes.crm.faults import Canned
from tests.fakes.crm.vendors.salesforce import CLIENT_ID, USER
from tests.fakes.crm.vendors.salesforce_records import KEY_FIELD
from tests.fakes.crm.vendors.salesforce_world import SalesforceWorld, salesforce_world

pytestmark = pytest.mark.integration

NOTE = Interaction(
    "", "VOICE", datetime(2026, 11, 1, 12, 0, tzinfo=UTC), "It's late\\", "a-07", "resolved", "c-1"
)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[SalesforceWorld]:
    async with salesforce_world(tmp_path) as made:
        yield made


async def test_an_ended_session_is_renewed_once_for_all_callers(world: SalesforceWorld) -> None:
    connector = await world.connect()
    person = await world.add_person(Person("王芳"))
    await connector.get(person)
    world.fake.expired.update(world.fake.tokens)
    await asyncio.gather(*(connector.get(person) for _ in range(5)))
    assert len(world.fake.tokens) == 2


async def test_a_session_that_ends_at_once_again_is_unauthorized(world: SalesforceWorld) -> None:
    connector = await world.connect()
    await connector.health()
    ended = b'[{"errorCode": "INVALID_SESSION_ID", "message": "Session expired"}]'
    world.proxy.answer(Canned(401, ended), lambda seen: "oauth2" not in seen.target)
    with pytest.raises(Unauthorized):
        await connector.health()
    assert len(world.fake.tokens) == 2


async def test_a_spent_allowance_is_a_limit_and_no_lack_of_rights(world: SalesforceWorld) -> None:
    connector = await world.connect()
    await connector.health()
    world.fake.limited = True
    with pytest.raises(RateLimited):
        await connector.health()


async def test_a_signed_assertion_opens_a_session(world: SalesforceWorld) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    world.secrets = {"client_id": CLIENT_ID, "username": USER, "private_key": pem}
    with pytest.raises(Unauthorized):
        await (await world.connect()).health()
    world.fake.certificate = key.public_key()
    await (await world.connect()).health()


@pytest.mark.parametrize(
    "secrets", [{}, {"username": USER}, {"username": USER, "private_key": "no key"}]
)
async def test_half_credentials_are_told_at_start(
    world: SalesforceWorld, secrets: dict[str, str]
) -> None:
    world.secrets = {"client_id": CLIENT_ID, **secrets}
    with pytest.raises(StartError):
        await world.connect()


async def test_texts_in_queries_stay_texts(world: SalesforceWorld) -> None:
    handle = "o'X\\3 OR Id != ''"
    person = await world.add_person(Person("王芳"))
    world.fake.org.update("Contact", person, {"WeChat_Id__c": handle})
    await world.add_person(Person("李雷"))
    found = await (await world.connect()).find(Identifier(IdentifierKind.HANDLE, handle, "wechat"))
    assert [one.provenance.source_id for one in found] == [person]


async def test_exact_search_asks_for_the_usual_notations(world: SalesforceWorld) -> None:
    world.options = {"phone_search": "exact"}
    person = await world.add_person(Person("王芳", ("+86 199 0000 1234",)))
    found = await (await world.connect()).find(Identifier(IdentifierKind.PHONE, "+8619900001234"))
    assert [one.provenance.source_id for one in found] == [person]
    assert "LIKE" not in world.fake.asked[-1].query["q"]


async def test_a_note_comes_back_with_all_that_it_told(world: SalesforceWorld) -> None:
    connector = await world.connect()
    person = await world.add_person(Person("王芳"))
    made = await connector.log_interaction("k", person, NOTE)
    (read,) = (await connector.timeline(person, 5)).interactions
    assert (read.id, read.channel, read.summary) == (made, "VOICE", NOTE.summary)
    assert (read.agent, read.disposition, read.contact) == ("a-07", "resolved", "c-1")


async def test_a_repeat_leaves_alone_what_agents_made_of_a_case(world: SalesforceWorld) -> None:
    connector = await world.connect()
    person = await world.add_person(Person("王芳"))
    first = await connector.create_case("k", person, NewCase("Late", order_number="O-1"))
    (case,) = world.fake.org.objects["Case"].records.values()
    assert "O-1" in case["Description"]
    world.fake.org.update("Case", case["Id"], {"Status": "Escalated"})
    again = await connector.create_case("k", person, NewCase("Late"))
    assert (again.number, again.state) == (first.number, "escalated")


async def test_who_comes_second_finds_what_the_first_made(world: SalesforceWorld) -> None:
    connector = await world.connect()
    person = await world.add_person(Person("王芳"))
    first = await connector.log_interaction("k", person, NOTE)
    doubled = (
        b'{"compositeResponse": [{"httpStatusCode": 400, "body": '
        b'[{"errorCode": "DUPLICATE_VALUE", "message": "duplicate value found"}]},'
        b'{"httpStatusCode": 400, "body": [{"errorCode": "PROCESSING_HALTED", "message": ""}]}]}'
    )
    world.proxy.answer(Canned(body=doubled), world.writes)
    (task,) = world.fake.org.objects["Task"].records.values()
    hidden, task[KEY_FIELD] = task[KEY_FIELD], None
    with pytest.raises(Invalid):
        await connector.log_interaction("k", person, NOTE)
    task[KEY_FIELD] = hidden
    assert await connector.log_interaction("k", person, NOTE) == first


async def test_locked_rows_may_be_written_later(world: SalesforceWorld) -> None:
    connector = await world.connect()
    person = await world.add_person(Person("王芳"))
    locked = b'[{"errorCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain access"}]'
    world.proxy.answer(Canned(400, locked), world.writes)
    with pytest.raises(Unavailable):
        await connector.log_interaction("k", person, NOTE)


async def test_a_change_that_is_refused_leaves_no_note(world: SalesforceWorld) -> None:
    world.mapping = "case: {state: {path: Status, values: {Gone: waiting, Closed: closed}}}"
    connector = await world.connect()
    number = await world.add_case(await world.add_person(Person("王芳")), "Late", closed=False)
    with pytest.raises(Invalid):
        await connector.update_case("k", number, CaseChange("waiting", "Waits"))
    assert await world.case_comments(number) == 0


async def test_without_the_external_id_nothing_is_written(world: SalesforceWorld) -> None:
    del world.fake.org.objects["Task"].fields[KEY_FIELD]
    person = await world.add_person(Person("王芳"))
    with pytest.raises(Invalid, match=r"docs/connectors\.md"):
        await (await world.connect()).log_interaction("k", person, NOTE)
    assert not world.fake.org.objects["Task"].records


async def test_an_answer_in_batches_is_read_to_its_end(world: SalesforceWorld) -> None:
    world.fake.batch = 2
    people = {await world.add_person(Person(f"P{number}", ("19900001234",))) for number in range(5)}
    found = await (await world.connect()).find(Identifier(IdentifierKind.PHONE, "+8619900001234"))
    assert {one.provenance.source_id for one in found} == people


async def test_asks_only_for_fields_that_the_org_has(world: SalesforceWorld) -> None:
    for name in ("HomePhone", "OtherPhone", "Birthdate", "MailingState"):
        del world.fake.org.objects["Contact"].fields[name]
    person = await world.add_person(Person("王芳", ("19900001234",)))
    found = await (await world.connect()).find(Identifier(IdentifierKind.PHONE, "+8619900001234"))
    assert [one.provenance.source_id for one in found] == [person]


async def test_an_order_has_its_lines_and_its_money(world: SalesforceWorld) -> None:
    person = await world.add_person(Person("王芳"))
    await world.add_orders(person, 1)
    (order,) = await (await world.connect()).orders(person, 5)
    assert (order.state, order.total.currency, order.total.minor_units) == (
        "confirmed",
        "CNY",
        19900,
    )
    assert [(item.name.zh, item.quantity) for item in order.items] == [("手机壳", 2)]
