"""How far a customer has been recognised, by what, and how often that may fail."""

from dataclasses import dataclass
from enum import StrEnum

from switchyard_actions.domain.heard import Identifier

MAX_FAILED_ATTEMPTS = 3
"""Wrong proofs per conversation; crm_adapter limits them per customer and order, too."""


class VerificationLevel(StrEnum):
    """anonymous; identified: says who they are; verified: has proven it."""

    ANONYMOUS = "anonymous"
    IDENTIFIED = "identified"
    VERIFIED = "verified"

    def reaches(self, needed: "VerificationLevel") -> bool:
        """Whether it is at least the other."""
        return _ORDER.index(self) >= _ORDER.index(needed)


_ORDER = tuple(VerificationLevel)


class Proof(StrEnum):
    """What somebody proves with to be a customer."""

    ORDER_PHONE = "order_phone"
    PIN = "pin"
    CODE = "code"


ALL_PROOFS = frozenset(Proof)


@dataclass(frozen=True, slots=True)
class Claim:
    """Who somebody says they are; exactly one is given. Personal.

    `customer` is a resource name, of somebody who was verified before by another proof.
    """

    customer: str = ""
    order_number: str = ""
    identifier: Identifier | None = None


class Outcome(StrEnum):
    """What came of a proof. WRONG tells nothing about what was wrong or whether anybody exists."""

    VERIFIED = "verified"
    WRONG = "wrong"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`customer` is the resource name, when VERIFIED."""

    outcome: Outcome
    customer: str = ""


def level_of(value: object) -> VerificationLevel:
    """The level that a stored text names; anonymous for anything unknown."""
    try:
        return VerificationLevel(str(value))
    except ValueError:
        return VerificationLevel.ANONYMOUS
