"""Proofs of being a customer, on SQLite and PostgreSQL: right ones, wrong ones, and attacks."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import select
from switchyard_crm.adapters.sql.database import Database, open_database
from switchyard_crm.adapters.sql.schema import metadata
from switchyard_crm.domain.attempts import AttemptRule
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.names import CustomerId, CustomerName, TenantId
from switchyard_crm.domain.pins import WeakPin
from switchyard_crm.domain.self_service_errors import (
    CodeNotSent,
    LinkNotValid,
    PinRefused,
    TooManyLinks,
)
from switchyard_crm.service.attempts import Count, Reserved
from switchyard_crm.service.verifying import Outcome, Verdict

from tests.fakes.crm.people import DEMO, NOW, WANG_EMAIL, WANG_PHONE, phone
from tests.fakes.crm.proving import (
    PIN,
    WANG,
    Proving,
    li,
    order_number,
    token_of,
    wang_with_pin,
)

pytestmark = pytest.mark.integration

NOBODY = CustomerName(DEMO, CustomerId("c-nobody"))
STRANGER = phone("+8619900009999")
FREE = 5


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(
        database_url, setting="CRM_DATABASE_URL", readers=4, writers=4, busy_seconds=60
    ) as opened:
        yield opened


@pytest.fixture
async def proving(database: Database) -> Proving:
    proving = Proving(database)
    await proving.writer.replace([await wang_with_pin(), li()])
    return proving


def wrong(left: int) -> Verdict:
    return Verdict(Outcome.NOT_VERIFIED, left=left)


async def test_the_customer_proves_it_with_a_pin(proving: Proving) -> None:
    named = (WANG, phone(WANG_PHONE), Identifier(IdentifierKind.EMAIL, WANG_EMAIL))
    for who in (*named, order_number("SY10240001")):
        verdict = await proving.pin(PIN, who)
        assert (verdict.outcome, verdict.customer) == (Outcome.VERIFIED, WANG)
        assert verdict.left == FREE


async def test_the_customer_proves_it_with_an_order(proving: Proving) -> None:
    verdict = await proving.last4("1234", "SY10240001")
    assert (verdict.outcome, verdict.customer) == (Outcome.VERIFIED, WANG)


async def test_whatever_is_wrong_the_answer_is_the_same(proving: Proving) -> None:
    """No oracle: not for customers, orders, PINs, or codes that were never sent."""
    told = [
        await proving.pin("1111", WANG, "a"),
        await proving.pin(PIN, NOBODY, "b"),
        await proving.pin(PIN, STRANGER, "c"),
        await proving.pin(PIN, phone("+8619900005678"), "d"),  # has no PIN
        await proving.pin(PIN, order_number("SY99999999"), "e"),
        await proving.last4("9999", "SY10240001", "f"),
        await proving.last4("1234", "SY99999999", "g"),
        await proving.last4("1234", "SY20480001", "h"),  # of somebody else
        await proving.code("000000", WANG, "i"),
        await proving.code("000000", NOBODY, "j"),
    ]
    assert told == [wrong(FREE - 1)] * len(told)


@pytest.mark.parametrize("known", [True, False])
async def test_attempts_end_for_a_conversation_whomever_it_names(
    proving: Proving, known: bool
) -> None:
    who = phone(WANG_PHONE) if known else STRANGER
    left = [await proving.pin("1111", who) for _ in range(FREE)]
    assert left == [wrong(each) for each in (4, 3, 2, 1, 0)]
    other = order_number("SY20480001") if known else NOBODY
    locked = await proving.pin(PIN, other)
    assert (locked.outcome, locked.retry_seconds) == (Outcome.LOCKED, 60)


@pytest.mark.parametrize("who", [phone(WANG_PHONE), STRANGER])
async def test_attempts_end_for_whoever_is_named_in_whatever_conversation(
    proving: Proving, who: Identifier
) -> None:
    for index in range(FREE):
        assert await proving.pin("1111", who, f"talk {index}") == wrong(FREE - 1)
    assert (await proving.pin(PIN, who, "another")).outcome is Outcome.LOCKED
    # Others are not locked with them.
    assert (await proving.last4("1234", "SY10240001", "another")).outcome is Outcome.VERIFIED


async def test_a_lock_grows_and_ends(proving: Proving) -> None:
    for index in range(FREE):
        await proving.pin("1111", WANG, f"{index}")
    for seconds in (60, 120, 240):
        locked = await proving.pin("1111", WANG, "x")
        assert (locked.outcome, locked.retry_seconds) == (Outcome.LOCKED, seconds)
        proving.clock.advance(seconds)
        assert (await proving.pin("1111", WANG, f"{seconds}")).outcome is Outcome.NOT_VERIFIED
    proving.clock.advance(480)
    assert (await proving.pin(PIN, WANG, "right")).outcome is Outcome.VERIFIED


async def test_a_lock_is_not_made_longer_by_knocking(proving: Proving) -> None:
    for _ in range(FREE + 10):
        await proving.pin("1111")
    assert (await proving.pin(PIN)).retry_seconds == 60


async def test_naming_a_customer_in_many_ways_gives_no_more_attempts(proving: Proving) -> None:
    """The lock of the customer is kept: that two names are one customer's is not told."""
    ways: list[Identifier | CustomerName] = [
        WANG,
        phone(WANG_PHONE),
        Identifier(IdentifierKind.EMAIL, WANG_EMAIL),
        order_number("SY10240001"),
        order_number("SY10240002"),
        Identifier(IdentifierKind.HANDLE, "oX3aBc", "wechat"),
    ]
    for index in range(2 * FREE):
        await proving.pin("1111", ways[index % 3], f"{index}")
    hushed = await proving.pin(PIN, ways[4], "fresh")
    assert hushed == wrong(FREE - 1), "the right PIN is not compared any more, and nobody is told"
    proving.clock.advance(3_600)
    assert (await proving.pin(PIN, ways[5], "later")).outcome is Outcome.VERIFIED


async def test_a_right_number_on_a_parcel_gives_no_more_guesses_at_the_pin(
    proving: Proving,
) -> None:
    tries = 0
    for index in range(10):
        verdict = await proving.pin("1111", WANG, f"guess {index}")
        tries += verdict.outcome is Outcome.NOT_VERIFIED
        await proving.last4("1234", "SY10240001", f"parcel {index}")
    assert tries == FREE


async def test_proving_oneself_gives_a_conversation_no_more_guesses_at_others(
    proving: Proving,
) -> None:
    for _ in range(4):
        await proving.last4("0000", "SY10240001")
        assert (await proving.last4("5678", "SY20480001")).outcome is Outcome.VERIFIED
    await proving.last4("0000", "SY10240002")
    assert (await proving.last4("5678", "SY20480001")).outcome is Outcome.LOCKED


async def test_of_many_guesses_at_one_moment_no_more_are_compared_than_are_free(
    database: Database, database_url: str
) -> None:
    """As from several processes: each has a pool of connections of its own."""
    first = Proving(database)
    await first.writer.replace([await wang_with_pin("1000")])
    async with open_database(
        database_url, setting="CRM_DATABASE_URL", readers=4, writers=4, busy_seconds=60
    ) as other:
        servers = (first, Proving(other))
        guesses = [
            servers[index % 2].last4(f"{index:04}", "SY10240001", f"bot {index}")
            for index in range(40)
        ]
        told = await asyncio.gather(*guesses)
    outcomes = [verdict.outcome for verdict in told]
    assert outcomes.count(Outcome.NOT_VERIFIED) == FREE
    assert outcomes.count(Outcome.LOCKED) == len(outcomes) - FREE


async def test_attempts_are_counted_once_each_in_any_order(database: Database) -> None:
    """Rows are locked in one order: whoever names the same things crosswise waits, and gets on."""
    store, rule = Proving(database).store, AttemptRule(1000, 60.0, 60.0, 60.0)
    counts = [Count(f"what {index}", rule) for index in range(3)]
    for_all: list[Reserved] = await asyncio.gather(
        *(
            store.attempts.reserve(DEMO, counts[::direction], NOW)
            for direction in (1, -1)
            for _ in range(10)
        )
    )
    assert sorted(each.left[0] for each in for_all) == list(range(980, 1000))


async def test_a_shared_number_verifies_nobody(proving: Proving) -> None:
    family = replace(li(), profile=replace(li().profile, identifiers=(phone(WANG_PHONE),)))
    await proving.writer.replace([family])
    assert (await proving.pin(PIN, phone(WANG_PHONE))).outcome is Outcome.NOT_VERIFIED
    assert (await proving.pin(PIN, WANG)).outcome is Outcome.VERIFIED


async def test_the_end_of_a_number_that_many_have_proves_nothing(proving: Proving) -> None:
    everybody = phone("+8613800138000")
    known = replace(li(), profile=replace(li().profile, identifiers=(everybody,)))
    await proving.writer.replace([known])
    assert (await proving.last4("8000", "SY20480001")).outcome is Outcome.NOT_VERIFIED


async def test_another_tenants_customer_is_nobody(proving: Proving) -> None:
    elsewhere = CustomerName(TenantId("other"), WANG.customer)
    assert (await proving.pin(PIN, elsewhere)).outcome is Outcome.NOT_VERIFIED
    assert not proving.sender.sent


# Codes


async def test_a_code_is_sent_to_what_is_on_file_and_proves_it_once(proving: Proving) -> None:
    assert await proving.ask_code(phone(WANG_PHONE), language="en")
    (message,) = proving.sender.sent
    assert message.to == phone(WANG_PHONE)
    assert message.language == "en"
    assert len(message.code) == 6
    assert (await proving.code(message.code)).outcome is Outcome.VERIFIED
    assert (await proving.code(message.code)).outcome is Outcome.NOT_VERIFIED


async def test_a_code_is_used_up_by_one_of_many(proving: Proving) -> None:
    await proving.ask_code()
    code = proving.sender.sent[0].code
    told = await asyncio.gather(*(proving.code(code) for _ in range(FREE)))
    assert [each.outcome for each in told].count(Outcome.VERIFIED) == 1


async def test_a_code_is_good_for_its_time_its_conversation_and_its_customer(
    proving: Proving,
) -> None:
    await proving.ask_code()
    code = proving.sender.sent[0].code
    assert (await proving.code(code, WANG, "another")).outcome is Outcome.NOT_VERIFIED
    assert (await proving.code(code, li().name)).outcome is Outcome.NOT_VERIFIED
    proving.clock.advance(299)
    assert (await proving.code(code)).outcome is Outcome.VERIFIED
    await proving.ask_code()
    proving.clock.advance(300)
    assert (await proving.code(proving.sender.sent[1].code)).outcome is Outcome.NOT_VERIFIED


async def test_a_newer_code_takes_the_place_of_the_one_before(proving: Proving) -> None:
    await proving.ask_code()
    await proving.ask_code()
    first, second = (message.code for message in proving.sender.sent)
    if first != second:
        assert (await proving.code(first)).outcome is Outcome.NOT_VERIFIED
    assert (await proving.code(second)).outcome is Outcome.VERIFIED


async def test_whether_there_is_somebody_to_send_to_is_not_told(proving: Proving) -> None:
    assert await proving.ask_code(NOBODY, "a")
    assert await proving.ask_code(STRANGER, "b")
    assert not proving.sender.sent
    assert proving.sender.probes == 2


async def test_codes_end_for_a_conversation_and_for_a_customer(proving: Proving) -> None:
    for who in (WANG, NOBODY):
        asked = [await proving.ask_code(who, f"talk of {who.customer}") for _ in range(4)]
        assert asked == [True, True, True, False]
        asked = [await proving.ask_code(who, f"{index}") for index in range(3)]
        assert asked == [True, True, False]
    assert len(proving.sender.sent) == 5


async def test_no_code_goes_to_a_number_that_is_somebody_elses_too(proving: Proving) -> None:
    family = replace(li(), profile=replace(li().profile, identifiers=(phone(WANG_PHONE),)))
    await proving.writer.replace([family])
    assert await proving.ask_code(WANG)
    (message,) = proving.sender.sent
    assert message.to == Identifier(IdentifierKind.EMAIL, WANG_EMAIL)
    assert await proving.ask_code(family.name)
    assert len(proving.sender.sent) == 1


async def test_a_sender_that_does_not_work_is_told_to_everybody_alike(proving: Proving) -> None:
    proving.sender.down = True
    for who in (WANG, NOBODY):
        with pytest.raises(CodeNotSent):
            await proving.ask_code(who)


async def test_an_address_that_the_sender_refuses_is_not_told(proving: Proving) -> None:
    proving.sender.refuses = True
    assert await proving.ask_code(WANG)


# Links


async def test_a_link_sets_a_new_pin_once(proving: Proving) -> None:
    link = await proving.link()
    assert link.url.startswith("https://example.com/pin#token=")
    assert link.url.endswith("&language=zh")
    await proving.redeem.run(DEMO, token_of(link), "4071")
    assert (await proving.pin("4071")).outcome is Outcome.VERIFIED
    assert (await proving.pin(PIN)).outcome is Outcome.NOT_VERIFIED
    with pytest.raises(LinkNotValid):
        await proving.redeem.run(DEMO, token_of(link), "9350")


async def test_a_link_is_redeemed_by_one_of_many(proving: Proving) -> None:
    token = token_of(await proving.link())
    pins = ("4071", "9350", "6183", "7429")
    done = await asyncio.gather(
        *(proving.redeem.run(DEMO, token, pin) for pin in pins), return_exceptions=True
    )
    assert [each is None for each in done].count(True) == 1
    assert all(each is None or isinstance(each, LinkNotValid) for each in done)


async def test_a_link_is_good_for_its_time_and_until_there_is_a_newer_one(
    proving: Proving,
) -> None:
    first, second = token_of(await proving.link("r-1")), token_of(await proving.link("r-2"))
    assert first != second
    for token in (first, "0" * 32, second + "0"):
        with pytest.raises(LinkNotValid):
            await proving.redeem.run(DEMO, token, "4071")
    with pytest.raises(LinkNotValid):
        await proving.redeem.run(TenantId("other"), second, "4071")
    proving.clock.advance(900)
    with pytest.raises(LinkNotValid):
        await proving.redeem.run(DEMO, second, "4071")


async def test_a_repeated_request_gets_the_same_link(proving: Proving) -> None:
    assert await proving.link("r-1") == await proving.link("r-1")


async def test_a_weak_pin_is_refused_and_the_link_stays_good(proving: Proving) -> None:
    token = token_of(await proving.link())
    for pin, why in (
        ("1234", WeakPin.TOO_SIMPLE),
        ("0301", WeakPin.TOO_PERSONAL),  # the birthday
        ("001234", WeakPin.TOO_PERSONAL),  # the end of the phone
    ):
        with pytest.raises(PinRefused) as refused:
            await proving.redeem.run(DEMO, token, pin)
        assert refused.value.reason == why
    await proving.redeem.run(DEMO, token, "4071")


async def test_a_new_pin_ends_the_lock_of_the_old_one(proving: Proving) -> None:
    for index in range(FREE):
        await proving.pin("1111", phone(WANG_PHONE), f"{index}")
    await proving.redeem.run(DEMO, token_of(await proving.link()), "4071")
    assert (await proving.pin("4071", phone(WANG_PHONE), "x")).outcome is Outcome.VERIFIED


async def test_links_are_limited(proving: Proving) -> None:
    for index in range(FREE):
        await proving.link(f"r-{index}")
    with pytest.raises(TooManyLinks):
        await proving.link("r-x")


# What sources tell


async def test_an_import_keeps_the_pin_that_the_customer_set(proving: Proving) -> None:
    told = await wang_with_pin()
    await proving.writer.replace([told])
    await proving.redeem.run(DEMO, token_of(await proving.link()), "4071")
    await proving.writer.replace([replace(told, orders=())])
    assert (await proving.pin("4071")).outcome is Outcome.VERIFIED
    proving.clock.advance(1)
    await proving.writer.replace([await wang_with_pin("9350")])
    assert (await proving.pin("9350")).outcome is Outcome.VERIFIED, "the source told another one"


async def test_what_is_over_is_swept(proving: Proving) -> None:
    await proving.pin("1111")
    await proving.ask_code()
    await proving.link()
    proving.clock.advance(86_400)
    swept = {
        what: await sweep(proving.clock.now(), 100) for what, sweep in proving.store.sweeps.items()
    }
    assert swept["codes"] == swept["reset links"] == 1
    assert swept["attempts"] >= 3
    assert {
        what: await sweep(proving.clock.now(), 100) for what, sweep in proving.store.sweeps.items()
    } == {"codes": 0, "reset links": 0, "attempts": 0}


async def test_nothing_secret_is_in_the_store(proving: Proving) -> None:
    """Not in any column: neither the PIN, nor a code, nor a token, nor what was named."""

    await proving.pin("7777", phone(WANG_PHONE))
    await proving.ask_code()
    link = await proving.link()
    secrets = [PIN, "7777", WANG_PHONE, proving.sender.sent[0].code, token_of(link), "talk"]
    async with proving.database.reading() as connection:
        for table in metadata.sorted_tables:
            if table.name not in ("attempts", "pins", "codes", "reset_links", "requests"):
                continue
            for row in await connection.execute(select(table)):
                kept = " ".join(
                    str(value) for name, value in row._mapping.items() if "time" not in name
                )
                assert not [secret for secret in secrets if secret in kept], table.name
