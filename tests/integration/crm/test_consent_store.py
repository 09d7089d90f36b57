"""Consents and the do-not-call list, on both kinds of store, up to the answer."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select
from switchyard_common.clock import FakeClock
from switchyard_crm.adapters.sql.identity_index import IdentifierReader
from switchyard_crm.adapters.sql.tables.consents import consents, do_not_call
from switchyard_crm.domain.consents import ALL_CHANNELS, Purpose, Refusal
from switchyard_crm.domain.errors import CustomerNotFound, RequestIdReused
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.names import CustomerId, CustomerName
from switchyard_crm.service.bounded import Bounded
from switchyard_crm.service.consents import (
    CheckContactable,
    ContactQuestion,
    ListNumbers,
    NewConsent,
    SetConsent,
)
from switchyard_crm.service.requests import WriteRequest
from switchyard_crm.service.resolve import Resolve

from tests.fakes.crm.outbox import WANG, WANG_IN_CRM, OutboxWorld, outbox_world, people, vault
from tests.fakes.crm.people import DEMO, NOW, WANG_PHONE, customer, phone

pytestmark = pytest.mark.integration
STRANGE = phone("+8619900009999")


class Consenting:
    """Use cases on an outbox world's database."""

    def __init__(self, world: OutboxWorld) -> None:
        self.world = world
        self._set = SetConsent(world.consents, world.clock)
        self._bounded = Bounded()
        resolve = Resolve(IdentifierReader(world.database, vault()))
        self._check = CheckContactable(world.consents, resolve, self._bounded, seconds=30)

    async def say(
        self,
        granted: bool,
        channel: str = "VOICE",
        who: CustomerName = WANG,
        request: WriteRequest | None = None,
    ) -> None:
        consent = NewConsent(channel, Purpose.MARKETING, granted, "王芳 said so on the phone")
        await self._set.run(who, consent, request or self.world.request())

    async def check(
        self,
        subject: Identifier | str | None = "c-1",
        channel: str = "VOICE",
        purpose: Purpose = Purpose.MARKETING,
    ) -> Refusal | None:
        if isinstance(subject, str):
            subject = Identifier(IdentifierKind.CUSTOMER_ID, subject)
        return await self._check.run(ContactQuestion(DEMO, subject, channel, purpose), None)

    async def do_not_call(self, *identifiers: Identifier) -> int:
        numbers = ListNumbers(self.world.consents, self.world.clock, batch=2)
        return await numbers.run(DEMO, identifiers)


@pytest.fixture
async def wang(database_url: str) -> AsyncIterator[Consenting]:
    async with outbox_world(database_url, FakeClock(NOW)) as world:
        await world.fill(people())
        yield Consenting(world)


async def test_what_was_said_holds_by_customer_and_by_identifier(wang: Consenting) -> None:
    assert await wang.check() is Refusal.NO_CONSENT
    await wang.say(granted=True)
    assert await wang.check() is None
    assert await wang.check(phone(WANG_PHONE)) is None
    assert await wang.check(channel="SMS") is Refusal.NO_CONSENT
    await wang.say(granted=False, channel=ALL_CHANNELS)
    assert await wang.check(phone(WANG_PHONE)) is Refusal.OPTED_OUT


async def test_the_order_of_answers_counts_not_the_clock(wang: Consenting) -> None:
    clock = wang.world.clock
    assert isinstance(clock, FakeClock)
    await wang.say(granted=True)
    clock.set_now(NOW.replace(year=2020))
    await wang.say(granted=False)
    assert await wang.check() is Refusal.OPTED_OUT


async def test_nobody_and_everybody_are_not_called(wang: Consenting) -> None:
    sharing = [customer(f"s-{n}", phone("+8619900005555"), name=f"P{n} Q{n}") for n in range(8)]
    twins = [customer(f"t-{n}", phone("+8619900006666"), name="Twin") for n in range(2)]
    await wang.world.fill([*sharing, *twins])
    for purpose in Purpose:
        assert await wang.check("nobody", purpose=purpose) is Refusal.UNKNOWN_CUSTOMER
        assert await wang.check(STRANGE, purpose=purpose) is Refusal.UNKNOWN_CUSTOMER
        assert await wang.check(None, purpose=purpose) is Refusal.UNKNOWN_CUSTOMER
        shared = await wang.check(phone("+8619900005555"), purpose=purpose)
        assert shared is Refusal.SHARED_NUMBER
        assert await wang.check(phone("+8619900006666"), purpose=purpose) is Refusal.AMBIGUOUS


async def test_a_merged_customer_is_as_strict_as_the_stricter_one_was(wang: Consenting) -> None:
    other = CustomerName(DEMO, CustomerId("c-2"))
    await wang.say(granted=False, who=other)
    await wang.say(granted=True)
    assert await wang.check() is None
    await wang.world.unite("c-1", "c-2")
    assert await wang.check() is Refusal.OPTED_OUT
    assert await wang.check("c-2") is Refusal.OPTED_OUT
    await wang.say(granted=True)
    assert await wang.check("c-2") is None
    await wang.world.unite("c-2")
    assert await wang.check("c-1") is None
    assert await wang.check("c-2") is Refusal.OPTED_OUT


async def test_the_list_closes_numbers_of_strangers_and_of_customers(wang: Consenting) -> None:
    await wang.say(granted=True)
    await wang.say(granted=True, channel="EMAIL")
    assert await wang.do_not_call(STRANGE, phone(WANG_PHONE), STRANGE) == 2
    assert await wang.do_not_call(STRANGE, phone(WANG_PHONE)) == 0
    assert await wang.check(STRANGE, purpose=Purpose.SERVICE) is Refusal.DO_NOT_CALL
    assert await wang.check(phone(WANG_PHONE)) is Refusal.DO_NOT_CALL
    assert await wang.check() is Refusal.DO_NOT_CALL
    assert await wang.check(channel="EMAIL") is None


async def test_neither_numbers_nor_evidence_stand_readable_in_the_store(wang: Consenting) -> None:
    await wang.do_not_call(STRANGE)
    await wang.say(granted=True)
    async with wang.world.database.reading() as connection:
        listed = (await connection.execute(select(do_not_call))).all()
        evidence = (await connection.execute(select(consents.c.evidence))).scalars().all()
    assert "19900009999" not in repr(listed)
    assert all("王芳".encode() not in each for each in evidence)


async def test_an_answer_is_stored_once_per_request(wang: Consenting) -> None:
    request = wang.world.request("same")
    await asyncio.gather(*(wang.say(granted=False, request=request) for _ in range(6)))
    async with wang.world.database.reading() as connection:
        assert len((await connection.execute(select(consents))).all()) == 1
    with pytest.raises(RequestIdReused):
        await wang.say(granted=True, request=wang.world.request("same", digest="other"))
    with pytest.raises(CustomerNotFound):
        await wang.say(granted=True, who=CustomerName(DEMO, CustomerId("nobody")))


async def test_an_opt_out_reaches_every_record_of_the_customer(wang: Consenting) -> None:
    await wang.world.unite("c-1", WANG_IN_CRM)
    await wang.say(granted=False)
    await wang.world.unite(WANG_IN_CRM)
    assert await wang.check(WANG_IN_CRM, purpose=Purpose.MARKETING) is Refusal.OPTED_OUT
