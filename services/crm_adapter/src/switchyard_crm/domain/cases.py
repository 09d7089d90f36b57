"""Cases: their states, and the numbers that are given here."""

from enum import StrEnum

NUMBER_DIGITS = 8
_FIRST, _NUMBERS = 10 ** (NUMBER_DIGITS - 1), 9 * 10 ** (NUMBER_DIGITS - 1)


class CaseState(StrEnum):
    """How a case stands."""

    OPEN = "open"
    PENDING = "pending"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Priority(StrEnum):
    """How urgent a case is."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class CaseKind(StrEnum):
    """What a case is for."""

    QUESTION = "question"
    COMPLAINT = "complaint"
    ADDRESS_CHANGE = "address_change"
    PAYMENT_ARRANGEMENT = "payment_arrangement"
    CALLBACK = "callback"
    OTHER = "other"


def case_number(random: int) -> str:
    """A number for a new case from a random one: eight digits, the first not 0.

    Digits can be said in every language and keyed in on every telephone; letters cannot.
    """
    return str(_FIRST + random % _NUMBERS)


def number_key(number: str) -> str:
    """The number as it is stored, however it was written down: 4821 0937, 4821-0937."""
    digits = "".join(character for character in number if character not in " -")
    if len(digits) == NUMBER_DIGITS and digits.isascii() and digits.isdigit():
        return digits
    return number.strip()
