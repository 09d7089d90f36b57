"""Whether somebody is the customer they say they are: known by what they prove, and no sooner.

Whatever is wrong, the answer is the same, after the same work: whether there is such a customer,
order or PIN cannot be told from it.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from switchyard_common.clock import Clock

from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.names import CustomerName, TenantId
from switchyard_crm.domain.phones import last_digits
from switchyard_crm.service.attempts import Attempts, Count, Reserved
from switchyard_crm.service.claims import Claim, Claimed
from switchyard_crm.service.orders import HeldOrder, LookupOrder
from switchyard_crm.service.proof_limits import ProofKind, ProofLimits

_NO_PHONE = "+0000000"


class Outcome(StrEnum):
    """What came of a proof; the values are those of the contract."""

    VERIFIED = "VERIFIED"
    NOT_VERIFIED = "NOT_VERIFIED"
    LOCKED = "LOCKED"


@dataclass(frozen=True, slots=True)
class Proof:
    """What somebody gives as proof, in its comparable form: digits. Personal."""

    kind: ProofKind
    digits: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of it: the customer if VERIFIED; wrong attempts that are left; a lock's seconds."""

    outcome: Outcome
    customer: CustomerName | None = None
    left: int = 0
    retry_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class OrderCheck:
    """An order, if both things that were said of it are right, and the verdict on them."""

    verdict: Verdict
    held: HeldOrder | None = None


class PinBook(Protocol):
    """Knows PINs by their hashes."""

    async def pin_of(self, tenant: TenantId, customer: CustomerName | None) -> str:
        """The hash of the customer's PIN, empty if there is none; at the same cost for nobody.

        Raises StoreUnavailable.
        """
        ...


class PinHasher(Protocol):
    """Compares PINs with hashes that take long to make."""

    async def matches(self, pin: str, stored: str) -> bool:
        """Whether this is the PIN that was hashed; an empty hash takes as long, and never is."""
        ...

    async def hashed(self, pin: str) -> str:
        """The hash to keep of a new PIN."""
        ...


class CodeBook(Protocol):
    """Knows codes by their digests."""

    async def redeem(
        self, claim: Claim, customer: CustomerName | None, code: str, now: datetime
    ) -> bool:
        """Whether the code was sent to the customer in this conversation and is still good.

        It is used up then: of several at the same moment one gets True. At the same cost for
        nobody. Raises StoreUnavailable.
        """
        ...


class Guarded:
    """Carries out a comparison if it may be made, and counts it."""

    def __init__(self, attempts: Attempts, clock: Clock) -> None:
        self._attempts = attempts
        self._clock = clock

    async def run(
        self,
        tenant: TenantId,
        counts: Sequence[Count],
        compare: Callable[[], Awaitable[CustomerName | None]],
    ) -> Verdict:
        """The verdict: `compare` gives whom the proof proves. Raises StoreUnavailable."""
        now = self._clock.now()
        reserved = await self._attempts.reserve(tenant, counts, now)
        if reserved.locked_seconds > 0:
            return Verdict(Outcome.LOCKED, retry_seconds=reserved.locked_seconds)
        proven = await compare()
        if proven is None or reserved.hushed:
            return Verdict(Outcome.NOT_VERIFIED, left=_left(reserved))
        await self._attempts.give_back(tenant, counts, now)
        return Verdict(Outcome.VERIFIED, proven, _left(reserved) + 1)


class CheckOrder:
    """Gives an order to whoever knows two things about it, as often as one may try."""

    def __init__(
        self, lookup: LookupOrder, claimed: Claimed, guarded: Guarded, limits: ProofLimits
    ) -> None:
        self._lookup = lookup
        self._claimed = claimed
        self._guarded = guarded
        self._limits = limits

    async def run(self, claim: Claim, phone_last4: str) -> OrderCheck:
        """The order if both match, else nothing, at the same cost whichever is wrong.

        `claim` names an order. Raises StoreUnavailable.
        """
        found: list[HeldOrder] = []

        async def compare() -> CustomerName | None:
            held = await self._match(claim, phone_last4)
            found.extend([held] if held is not None else [])
            return held.customer if held is not None else None

        customer = await self._claimed.customer(claim)
        counts = self._limits.counts(claim, ProofKind.PHONE_LAST4, customer)
        verdict = await self._guarded.run(claim.tenant, counts, compare)
        verified = verdict.outcome is Outcome.VERIFIED
        return OrderCheck(verdict, found[0] if verified and found else None)

    async def _match(self, claim: Claim, phone_last4: str) -> HeldOrder | None:
        number = claim.identifier.value if claim.identifier is not None else ""
        held = await self._lookup.run(claim.tenant, number, phone_last4)
        phones = held.phones if held is not None else ()
        matching = (phone for phone in phones if last_digits(phone) == phone_last4)
        phone = Identifier(IdentifierKind.PHONE, next(matching, _NO_PHONE))
        # Digits of a number that everybody has, or anybody knows, prove nothing.
        return None if await self._claimed.is_shared(claim.tenant, phone) else held


@dataclass(frozen=True, slots=True)
class Proofs:
    """What checks proofs, for all that takes them."""

    claimed: Claimed
    guarded: Guarded
    check_order: CheckOrder
    limits: ProofLimits


class VerifyCustomer:
    """Checks a proof of being a customer."""

    def __init__(
        self,
        proofs: Proofs,
        pins: PinBook,
        hasher: PinHasher,
        codes: CodeBook,
        clock: Clock,
    ) -> None:
        self._proofs = proofs
        self._pins = pins
        self._hasher = hasher
        self._codes = codes
        self._clock = clock

    async def run(self, claim: Claim, proof: Proof) -> Verdict:
        """What comes of it. Raises StoreUnavailable."""
        if proof.kind is ProofKind.PHONE_LAST4:
            return (await self._proofs.check_order.run(claim, proof.digits)).verdict
        customer = await self._proofs.claimed.customer(claim)

        async def compare() -> CustomerName | None:
            return customer if await self._is_right(claim, customer, proof) else None

        counts = self._proofs.limits.counts(claim, proof.kind, customer)
        return await self._proofs.guarded.run(claim.tenant, counts, compare)

    async def _is_right(self, claim: Claim, customer: CustomerName | None, proof: Proof) -> bool:
        if proof.kind is ProofKind.CODE:
            return await self._codes.redeem(claim, customer, proof.digits, self._clock.now())
        stored = await self._pins.pin_of(claim.tenant, customer)
        return await self._hasher.matches(proof.digits, stored)


def _left(reserved: Reserved) -> int:
    """Of the conversation, which is counted first."""
    return reserved.left[0]
