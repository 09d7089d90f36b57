"""How far a customer has been recognised, and how often that may fail."""

from enum import StrEnum

MAX_FAILED_ATTEMPTS = 3


class VerificationLevel(StrEnum):
    """anonymous; identified: names an order; verified: also knows that order's phone digits."""

    ANONYMOUS = "anonymous"
    IDENTIFIED = "identified"
    VERIFIED = "verified"


def level_of(value: object) -> VerificationLevel:
    """The level a slot holds; anonymous for anything unknown."""
    try:
        return VerificationLevel(str(value))
    except ValueError:
        return VerificationLevel.ANONYMOUS
