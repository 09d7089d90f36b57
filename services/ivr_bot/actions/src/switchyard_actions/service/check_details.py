"""The use case behind the order form: read what was given, verify it, find the order."""

from dataclasses import dataclass, replace
from enum import StrEnum

from switchyard_actions.domain.details import parse_order_number, parse_phone_last4
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.orders import Order
from switchyard_actions.domain.verification import MAX_FAILED_ATTEMPTS, VerificationLevel
from switchyard_actions.service.ports import OrderDirectory, OrdersUnavailable


class Finding(StrEnum):
    """What came of a turn in the form; all but the first two end in a message of their own."""

    MORE_NEEDED = "more_needed"
    NOTHING_NEW = "nothing_new"
    BAD_ORDER_NUMBER = "bad_order_number"
    BAD_PHONE_DIGITS = "bad_phone_digits"
    NO_MATCH = "no_match"
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    UNAVAILABLE = "unavailable"
    FOUND = "found"


@dataclass(frozen=True, slots=True)
class Given:
    """What the customer has said, as texts.

    `new_*` came with the latest message, `order_number` and `phone_last4` were accepted before.
    """

    language: Language
    new_order_number: str | None = None
    new_phone_last4: str | None = None
    order_number: str | None = None
    phone_last4: str | None = None
    failed_attempts: int = 0


@dataclass(frozen=True, slots=True)
class Checked:
    """What holds after the turn.

    `order_number` and `phone_last4` are what the form should go on with; `named_order` is the
    order in question, right or wrong, and `level` is meant for it. `order` comes with FOUND.
    """

    finding: Finding
    named_order: str | None
    order_number: str | None
    phone_last4: str | None
    failed_attempts: int
    level: VerificationLevel
    order: Order | None = None


class CheckDetails:
    """Takes one turn of the order form.

    Malformed and wrong details count alike; after `MAX_FAILED_ATTEMPTS` nothing is looked up any
    more in this conversation. Whether the number or the digits were wrong is never told.
    """

    def __init__(self, orders: OrderDirectory) -> None:
        self._orders = orders

    async def check(self, given: Given) -> Checked:
        """Judges the latest message; the result's numbers are what the form should hold now."""
        state = _accepted(given)
        if given.failed_attempts >= MAX_FAILED_ATTEMPTS:
            return replace(state, finding=Finding.TOO_MANY_ATTEMPTS)
        if state.finding in {Finding.BAD_ORDER_NUMBER, Finding.BAD_PHONE_DIGITS}:
            return _failed(state, state.finding)
        if state.finding is Finding.NOTHING_NEW or not (state.order_number and state.phone_last4):
            return state
        return await self._look_up(state, state.order_number, state.phone_last4, given.language)

    async def _look_up(
        self, state: Checked, order_number: str, phone_last4: str, language: Language
    ) -> Checked:
        try:
            order = await self._orders.find_order(order_number, phone_last4, language)
        except OrdersUnavailable:
            return replace(state, finding=Finding.UNAVAILABLE)
        if order is None:
            return _failed(replace(state, order_number=None, phone_last4=None), Finding.NO_MATCH)
        return replace(state, finding=Finding.FOUND, level=VerificationLevel.VERIFIED, order=order)


def _accepted(given: Given) -> Checked:
    """Reads the new texts and adds the good ones to what was accepted before."""
    number, digits = _read(given.new_order_number, given.new_phone_last4)
    finding = Finding.MORE_NEEDED
    if given.new_order_number is None and given.new_phone_last4 is None:
        finding = Finding.NOTHING_NEW
    elif given.new_order_number is not None and number is None and digits is None:
        finding = Finding.BAD_ORDER_NUMBER
    elif given.new_phone_last4 is not None and digits is None and number is None:
        finding = Finding.BAD_PHONE_DIGITS
    order_number = number or given.order_number
    return Checked(
        finding=finding,
        named_order=order_number,
        order_number=order_number,
        phone_last4=digits or given.phone_last4,
        failed_attempts=given.failed_attempts,
        level=VerificationLevel.IDENTIFIED if order_number else VerificationLevel.ANONYMOUS,
    )


def _read(order_text: str | None, phone_text: str | None) -> tuple[str | None, str | None]:
    number = parse_order_number(order_text) if order_text else None
    digits = parse_phone_last4(phone_text) if phone_text else None
    # Four bare digits in answer to "which order?" are a mistyped order number, not a phone.
    if (
        digits
        and number is None
        and order_text
        and order_text.strip() == (phone_text or "").strip()
    ):
        digits = None
    return number, digits


def _failed(state: Checked, finding: Finding) -> Checked:
    attempts = state.failed_attempts + 1
    if attempts >= MAX_FAILED_ATTEMPTS:
        finding = Finding.TOO_MANY_ATTEMPTS
    return replace(state, finding=finding, failed_attempts=attempts)
