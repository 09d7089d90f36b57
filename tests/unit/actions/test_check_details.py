"""A turn of the order form: accept, verify, count, find."""

from dataclasses import replace

import pytest
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.verification import MAX_FAILED_ATTEMPTS, VerificationLevel
from switchyard_actions.service.check_details import CheckDetails, Checked, Finding, Given

from tests.fakes.actions.orders import LAST4, NUMBER, FakeOrderDirectory, shipped_order

pytestmark = pytest.mark.unit

NOTHING = Given(Language.ENGLISH)


@pytest.fixture
def orders() -> FakeOrderDirectory:
    return FakeOrderDirectory([(shipped_order(), LAST4)])


async def check(orders: FakeOrderDirectory, given: Given) -> Checked:
    return await CheckDetails(orders).check(given)


async def test_finds_the_order_when_both_match(orders: FakeOrderDirectory) -> None:
    given = replace(NOTHING, order_number=NUMBER, new_phone_last4=LAST4)
    checked = await check(orders, given)
    assert checked.finding is Finding.FOUND
    assert checked.order == shipped_order()
    assert checked.level is VerificationLevel.VERIFIED
    assert orders.asked == [(NUMBER, LAST4, Language.ENGLISH)]


async def test_takes_both_from_one_message(orders: FakeOrderDirectory) -> None:
    given = replace(NOTHING, new_order_number="sy20261234", new_phone_last4="13800135678")
    assert (await check(orders, given)).finding is Finding.FOUND


async def test_order_number_alone_identifies_and_asks_for_more(orders: FakeOrderDirectory) -> None:
    checked = await check(orders, replace(NOTHING, new_order_number=NUMBER))
    assert checked.finding is Finding.MORE_NEEDED
    assert (checked.order_number, checked.phone_last4) == (NUMBER, None)
    assert checked.level is VerificationLevel.IDENTIFIED
    assert not orders.asked


@pytest.mark.parametrize(
    ("number", "last4"), [(NUMBER, "0000"), ("SY20260000", LAST4), ("SY20260000", "0000")]
)
async def test_what_was_wrong_is_never_told(
    orders: FakeOrderDirectory, number: str, last4: str
) -> None:
    given = replace(NOTHING, new_order_number=number, new_phone_last4=last4)
    checked = await check(orders, given)
    assert checked == Checked(
        finding=Finding.NO_MATCH,
        named_order=number,
        order_number=None,
        phone_last4=None,
        failed_attempts=1,
        level=VerificationLevel.IDENTIFIED,
    )


@pytest.mark.parametrize("text", ["SY2026", "order 17", "1234"])
async def test_malformed_order_number_is_said_and_counted(
    orders: FakeOrderDirectory, text: str
) -> None:
    checked = await check(orders, replace(NOTHING, new_order_number=text))
    assert (checked.finding, checked.failed_attempts) == (Finding.BAD_ORDER_NUMBER, 1)
    assert checked.order_number is None


async def test_malformed_digits_are_said_and_counted(orders: FakeOrderDirectory) -> None:
    given = replace(NOTHING, order_number=NUMBER, new_phone_last4="my phone is 12")
    checked = await check(orders, given)
    assert (checked.finding, checked.failed_attempts) == (Finding.BAD_PHONE_DIGITS, 1)
    assert checked.order_number == NUMBER


async def test_four_bare_digits_are_no_phone_when_the_order_was_asked_for(
    orders: FakeOrderDirectory,
) -> None:
    given = replace(NOTHING, new_order_number="2026", new_phone_last4="2026")
    checked = await check(orders, given)
    assert (checked.finding, checked.phone_last4) == (Finding.BAD_ORDER_NUMBER, None)


async def test_phone_may_be_told_first(orders: FakeOrderDirectory) -> None:
    given = replace(NOTHING, new_order_number="尾号5678", new_phone_last4="5678")
    checked = await check(orders, given)
    assert (checked.finding, checked.phone_last4) == (Finding.MORE_NEEDED, LAST4)
    assert checked.failed_attempts == 0


async def test_corrected_order_number_replaces_the_first(orders: FakeOrderDirectory) -> None:
    given = replace(
        NOTHING,
        order_number="SY20260000",
        new_order_number=NUMBER,
        new_phone_last4="sorry, SY20261234",
    )
    checked = await check(orders, given)
    assert (checked.finding, checked.order_number) == (Finding.MORE_NEEDED, NUMBER)
    assert checked.failed_attempts == 0


async def test_last_attempt_ends_the_asking(orders: FakeOrderDirectory) -> None:
    given = replace(
        NOTHING,
        new_order_number=NUMBER,
        new_phone_last4="0000",
        failed_attempts=MAX_FAILED_ATTEMPTS - 1,
    )
    checked = await check(orders, given)
    assert checked.finding is Finding.TOO_MANY_ATTEMPTS
    assert checked.failed_attempts == MAX_FAILED_ATTEMPTS


async def test_after_too_many_attempts_not_even_right_details_are_looked_up(
    orders: FakeOrderDirectory,
) -> None:
    given = replace(
        NOTHING,
        new_order_number=NUMBER,
        new_phone_last4=LAST4,
        failed_attempts=MAX_FAILED_ATTEMPTS,
    )
    assert (await check(orders, given)).finding is Finding.TOO_MANY_ATTEMPTS
    assert not orders.asked


async def test_unavailable_orders_cost_no_attempt_and_keep_the_details(
    orders: FakeOrderDirectory,
) -> None:
    orders.available = False
    given = replace(NOTHING, new_order_number=NUMBER, new_phone_last4=LAST4)
    checked = await check(orders, given)
    assert checked.finding is Finding.UNAVAILABLE
    assert (checked.failed_attempts, checked.order_number) == (0, NUMBER)
    assert checked.level is VerificationLevel.IDENTIFIED


async def test_other_words_are_left_to_the_rules(orders: FakeOrderDirectory) -> None:
    given = replace(NOTHING, order_number=NUMBER, phone_last4=LAST4)
    assert (await check(orders, given)).finding is Finding.NOTHING_NEW
    assert not orders.asked
