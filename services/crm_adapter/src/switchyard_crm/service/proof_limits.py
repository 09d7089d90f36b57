"""What an attempt to prove something counts towards."""

from dataclasses import dataclass
from enum import StrEnum

from switchyard_crm.domain.attempts import AttemptRule
from switchyard_crm.domain.names import CustomerName
from switchyard_crm.service.attempts import Count
from switchyard_crm.service.claims import Claim

_FORGET_SECONDS = 7 * 86_400.0
# A customer may be named in several ways, each with its own limit; all together get this many.
_WAYS = 2


class ProofKind(StrEnum):
    """How somebody proves to be a customer."""

    PHONE_LAST4 = "phone_last4"
    PIN = "pin"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class ProofLimits:
    """Wrong attempts that are free, and how long the first and the longest lock take."""

    free: int = 5
    first_lock_seconds: float = 60.0
    longest_lock_seconds: float = 86_400.0

    def counts(
        self, claim: Claim, kind: ProofKind, customer: CustomerName | None
    ) -> tuple[Count, ...]:
        """The conversation, what was named, and the customer behind it.

        The conversation's comes first. Each kind of proof has its own counts of a subject, so that
        nobody starts over with PINs by giving a number that is printed on a parcel. Nobody stands
        for a customer as well, so that the work is the same.
        """
        named = f"proof:{kind}:{claim.subject}"
        behind = str(customer) if customer is not None else f"nobody:{claim.subject}"
        rule = self._rule(self.free)
        subject = Count(named, rule, starts_over=True)
        whose = Count(
            f"proof:{kind}:whose:{behind}",
            self._rule(self.free * _WAYS),
            told=False,
            starts_over=True,
        )
        if not claim.conversation:
            return subject, whose
        return Count(f"proof:in:{claim.conversation}", rule), subject, whose

    def _rule(self, free: int) -> AttemptRule:
        return AttemptRule(
            free, self.first_lock_seconds, self.longest_lock_seconds, _FORGET_SECONDS
        )


@dataclass(frozen=True, slots=True)
class CodeLimits:
    """Codes that may be sent in one conversation, and to one customer, before there is a pause."""

    per_conversation: int = 3
    per_customer: int = 5
    pause_seconds: float = 600.0
    longest_pause_seconds: float = 86_400.0

    def counts(self, claim: Claim, customer: CustomerName | None) -> tuple[Count, ...]:
        """The same as for proofs: also for a customer whom nobody knows."""
        behind = str(customer) if customer is not None else f"nobody:{claim.subject}"
        one = self._rule(self.per_customer)
        subject = Count(f"code:{claim.subject}", one, starts_over=True)
        whose = Count(f"code:whose:{behind}", one, told=False, starts_over=True)
        if not claim.conversation:
            return subject, whose
        within = self._rule(self.per_conversation)
        return Count(f"code:in:{claim.conversation}", within), subject, whose

    def _rule(self, sent: int) -> AttemptRule:
        return AttemptRule(
            sent, self.pause_seconds, self.longest_pause_seconds, self.longest_pause_seconds
        )
