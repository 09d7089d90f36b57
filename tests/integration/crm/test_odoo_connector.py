"""What is Odoo's own: time zones, HTML, several addresses in a field, modules that are missing."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from switchyard_crm.adapters.connectors.registry import shipped
from switchyard_crm.domain.customer import Interaction
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.service.connectors import (
    Capability,
    CaseChange,
    Invalid,
    NewCase,
    Unavailable,
    Unsupported,
)

from tests.contracts.crm.connector_world import Person
from tests.fakes.crm.faults import Canned
from tests.fakes.crm.vendors.odoo_records import Record
from tests.fakes.crm.vendors.odoo_world import OdooWorld, odoo_world

pytestmark = pytest.mark.integration

STAGES = (("New", False), ("Won", True))
NOON = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
CALL = Interaction(
    "",
    "VOICE",
    NOON,
    summary="Line 1 <script>alert(1)</script>\nLine 2 & more",
    agent="a-07",
    disposition="resolved",
    contact="c-1",
)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[OdooWorld]:
    async with odoo_world(tmp_path) as made:
        yield made


def table(world: OdooWorld, model: str) -> dict[int, Record]:
    return world.fake.database.models[model].records


async def test_a_note_keeps_its_time_and_what_odoo_has_no_field_for(world: OdooWorld) -> None:
    connector = await world.connect()
    person = await world.add_person(Person("王芳"))
    made = await connector.log_interaction("k", person, CALL)
    (read,) = (await connector.timeline(person, 10)).interactions
    assert (read.id, read.time, read.channel) == (made, NOON, "VOICE")
    assert (read.agent, read.disposition, read.contact) == ("a-07", "resolved", "c-1")
    assert read.summary == CALL.summary
    body = table(world, "mail.message")[int(made)]["body"]
    assert "<script>" not in body
    assert table(world, "mail.message")[int(made)]["is_internal"] is True


async def test_what_customers_write_has_no_agent(world: OdooWorld) -> None:
    connector = await world.connect()
    person = await world.add_person(Person("王芳"))
    world.fake.make(
        "mail.message",
        model="res.partner",
        res_id=int(person),
        body="<p>Where is it?</p>",
        date="2026-11-01 12:00:00",
        message_type="email",
        author_id=int(person),
    )
    (read,) = (await connector.timeline(person, 10)).interactions
    assert (read.channel, read.agent, read.summary) == ("EMAIL", "", "Where is it?")


async def test_a_repeat_leaves_alone_what_agents_made_of_a_case(world: OdooWorld) -> None:
    connector = await world.connect()
    person = await world.add_person(Person("王芳"))
    case = NewCase("Late", "Since Monday")
    first = await connector.create_case("k", person, case)
    (ticket,) = table(world, "helpdesk.ticket").values()
    world.fake.database.write(
        world.fake.database.models["helpdesk.ticket"], ticket["id"], {"name": "Parcel is late"}
    )
    again = await connector.create_case("k", person, case)
    assert (again.number, again.subject) == (first.number, "Parcel is late")


async def test_a_case_is_linked_to_the_order_of_the_same_person(world: OdooWorld) -> None:
    connector = await world.connect()
    person = await world.add_person(Person("王芳"))
    other = await world.add_person(Person("李雷"))
    (number,) = await world.add_orders(person, 1)
    case = NewCase("Late", order_number=number)
    assert (await connector.create_case("k1", person, case)).order_number == number
    assert (await connector.create_case("k2", other, case)).order_number == ""
    assert number in list(table(world, "helpdesk.ticket").values())[-1]["description"]


async def test_an_order_has_its_lines_and_its_money(world: OdooWorld) -> None:
    person = await world.add_person(Person("王芳"))
    await world.add_orders(person, 1)
    (order,) = await (await world.connect()).orders(person, 5)
    assert (order.state, order.total.currency, order.total.minor_units) == (
        "confirmed",
        "CNY",
        19900,
    )
    assert [(item.name.zh, item.quantity) for item in order.items] == [("手机壳", 2)]


async def test_reads_every_address_of_one_field(world: OdooWorld) -> None:
    world.fake.make("res.partner", name="王芳", email='"Wang" <a@x.com>; B_1@x.com,c@x.com')
    world.fake.make("res.partner", name="Other", email="bX1@x.com")
    asked = Identifier(IdentifierKind.EMAIL, "b_1@x.com")
    (found,) = await (await world.connect()).find(asked)
    assert [one.value for one in found.values(IdentifierKind.EMAIL)] == [
        "a@x.com",
        "b_1@x.com",
        "c@x.com",
    ]


async def test_finds_by_a_mapped_handle_and_by_odoos_own_id(world: OdooWorld) -> None:
    partner = world.fake.make("res.partner", name="王芳", x_wechat_openid="oX3aBc")
    connector = await world.connect()
    for asked in (
        Identifier(IdentifierKind.HANDLE, "oX3aBc", "wechat"),
        Identifier(IdentifierKind.SOURCE_RECORD, str(partner), "odoo"),
    ):
        (found,) = await connector.find(asked)
        assert found.provenance.source_id == str(partner)
    assert not await connector.find(Identifier(IdentifierKind.HANDLE, "oX3aBc", "line"))


async def test_asks_only_for_fields_that_the_database_has(world: OdooWorld) -> None:
    fields = world.fake.database.models["res.partner"].fields
    for name in ("mobile", "phone_mobile_search", "x_wechat_openid"):
        del fields[name]
    person = world.fake.make("res.partner", name="王芳", phone="+86 199 0000 1234")
    found = await (await world.connect()).find(Identifier(IdentifierKind.PHONE, "+8619900001234"))
    assert [one.provenance.source_id for one in found] == [str(person)]


async def test_a_database_without_helpdesk_has_no_cases(world: OdooWorld) -> None:
    world.options = {**world.options, "case_model": "", "orders": False}
    connector = await world.connect()
    assert not connector.capabilities & {Capability.OPEN_CASES, Capability.ORDERS}
    for call in (connector.open_cases("1", 1), connector.create_case("k", "1", NewCase("s"))):
        with pytest.raises(Unsupported):
            await call


async def test_tasks_may_be_cases(world: OdooWorld) -> None:
    world.options = {**world.options, "case_model": "project.task"}
    world.mapping = shipped("odoo-project.yaml").read_text(encoding="utf-8")
    connector = await world.connect()
    person = await world.add_person(Person("王芳"))
    case = await connector.create_case("k", person, NewCase("Late", priority="high"))
    assert (case.state, case.priority) == ("in_progress", "high")
    assert [one.number for one in await connector.open_cases(person, 5)] == [case.number]
    closed = await connector.update_case("k2", case.number, CaseChange("closed", "Found"))
    assert closed.state == "closed"
    assert await connector.open_cases(person, 5) == []


async def test_leads_may_be_cases(world: OdooWorld) -> None:
    world.options = {**world.options, "case_model": "crm.lead"}
    person = await world.add_person(Person("王芳"))
    stages = [world.fake.make("crm.stage", name=name, is_won=won) for name, won in STAGES]
    for stage in stages:
        world.fake.make("crm.lead", name="Offer", partner_id=int(person), stage_id=stage)
    (case,) = await (await world.connect()).open_cases(person, 5)
    assert (case.subject, case.state) == ("Offer", "new")


async def test_a_wrong_database_is_no_missing_record(world: OdooWorld) -> None:
    world.options = {"database": "other"}
    with pytest.raises(Invalid):
        await (await world.connect()).get("1")


async def test_a_state_without_a_stage_is_invalid_and_changes_nothing(world: OdooWorld) -> None:
    connector = await world.connect()
    number = await world.add_case(await world.add_person(Person("王芳")), "Late", closed=False)
    with pytest.raises(Invalid):
        await connector.update_case("k", number, CaseChange("waiting", "Waits"))
    assert await world.case_comments(number) == 0


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("could not serialize access due to concurrent update", Unavailable),
        ("Value 'x' not found in selection field 'Priority'", Invalid),
    ],
)
async def test_refused_rows_tell_races_from_bad_values(
    world: OdooWorld, message: str, expected: type[Exception]
) -> None:
    connector = await world.connect()
    person = await world.add_person(Person("王芳"))
    refused = f'{{"ids": false, "messages": [{{"type": "error", "message": "{message}"}}]}}'
    world.proxy.answer(Canned(body=refused.encode()), world.writes)
    with pytest.raises(expected) as caught:
        await connector.log_interaction("k", person, CALL)
    assert message not in str(caught.value)


async def test_notes_go_to_archived_people_too(world: OdooWorld) -> None:
    connector = await world.connect()
    person = await world.add_person(Person("王芳"))
    await world.remove(person)
    await connector.log_interaction("k", person, CALL)
    assert await world.count_interactions(person) == 1
