"""Who is behind a set of identifiers, judged from who holds each of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.matching.limits import is_shared
from switchyard_crm.domain.names import CustomerId

MAX_CANDIDATES = 10
# A family shares a number; a placeholder or a company's switchboard is shared by more.
MAX_HOLDERS = 5


@dataclass(frozen=True, slots=True)
class Holders:
    """Who holds a value: customers, under how many distinct names, on how many records.

    Of a value that very many hold, `names` and `records` are what was counted until that was clear.
    """

    customers: tuple[CustomerId, ...] = ()
    names: int = 0
    records: int = 0


# How sure one identifier alone makes, when only one customer holds it.
_CONFIDENCE = {
    IdentifierKind.CUSTOMER_ID: 1.0,
    IdentifierKind.SOURCE_RECORD: 1.0,
    IdentifierKind.HANDLE: 0.98,
    IdentifierKind.EMAIL: 0.95,
    IdentifierKind.ORDER_NUMBER: 0.9,
    IdentifierKind.PHONE: 0.9,
}


class ResolveOutcome(StrEnum):
    """How clear it is who is meant."""

    UNIQUE = "UNIQUE"
    AMBIGUOUS = "AMBIGUOUS"
    NONE = "NONE"
    SHARED_NUMBER = "SHARED_NUMBER"


@dataclass(frozen=True, slots=True)
class Match:
    """Who holds an identifier; of a shared one at least `MAX_HOLDERS` + 1 holders are known.

    `names` is under how many distinct names, `records` on how many records. `blocked`: nobody's
    number, whoever holds it.
    """

    identifier: Identifier
    holders: tuple[CustomerId, ...]
    names: int = 0
    records: int = 0
    blocked: bool = False

    @property
    def shared(self) -> bool:
        """Held by so many, or under so many names, that it identifies nobody; or blocked."""
        return (
            self.blocked or len(self.holders) > MAX_HOLDERS or is_shared(self.names, self.records)
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be meant: confidence from 0 to 1, and why."""

    customer: CustomerId
    confidence: float
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resolution:
    """The outcome, and candidates best first."""

    outcome: ResolveOutcome
    candidates: tuple[Candidate, ...] = ()


NOBODY = Resolution(ResolveOutcome.NONE)


def judge(matches: Sequence[Match]) -> Resolution:
    """UNIQUE if exactly one customer holds every identifier that tells anything.

    Identifiers nobody holds, and shared ones, tell nothing; if there are only shared ones, the
    outcome is SHARED_NUMBER.
    """
    telling = [match for match in matches if match.holders and not match.shared]
    if not telling:
        shared = any(match.shared for match in matches)
        return Resolution(ResolveOutcome.SHARED_NUMBER) if shared else NOBODY
    everyone = {holder for match in telling for holder in match.holders}
    agreed = set[CustomerId](everyone).intersection(*(match.holders for match in telling))
    if len(agreed) == 1:
        return Resolution(ResolveOutcome.UNIQUE, (_candidate(agreed.pop(), telling),))
    ranked = sorted(
        (_candidate(customer, telling) for customer in everyone),
        key=lambda candidate: (-candidate.confidence, candidate.customer),
    )
    return Resolution(ResolveOutcome.AMBIGUOUS, tuple(ranked[:MAX_CANDIDATES]))


def _candidate(customer: CustomerId, telling: Sequence[Match]) -> Candidate:
    """Independent pieces of evidence: doubt multiplies. Each is split among its holders."""
    doubt = 1.0
    evidence = []
    for match in telling:
        if customer in match.holders:
            doubt *= 1.0 - _CONFIDENCE[match.identifier.kind] / len(match.holders)
            evidence.append(f"{match.identifier.kind.replace('_', ' ')} equal")
    return Candidate(customer, 1.0 - doubt, tuple(evidence))
