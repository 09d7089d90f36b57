"""Setting a new PIN by a link that is good once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from urllib.parse import quote

from switchyard_common.clock import Clock

from switchyard_crm.domain.attempts import AttemptRule
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.names import CustomerName, TenantId
from switchyard_crm.domain.pins import WeakPin, weakness
from switchyard_crm.domain.self_service_errors import NoResetPage, PinRefused, TooManyLinks
from switchyard_crm.service.attempts import Attempts, Count
from switchyard_crm.service.claims import Claim
from switchyard_crm.service.proof_limits import ProofKind, ProofLimits
from switchyard_crm.service.requests import WriteRequest
from switchyard_crm.service.verifying import PinHasher

TOKEN_PLACE, LANGUAGE_PLACE = "{token}", "{language}"
_LINKS = AttemptRule(
    free=5, first_lock_seconds=900.0, longest_lock_seconds=86_400.0, forget_seconds=86_400.0
)


@dataclass(frozen=True, slots=True)
class IssuedLink:
    """A token, and whether it is new; a repeated request gets the same one."""

    token: str
    new: bool


@dataclass(frozen=True, slots=True)
class ResetLink:
    """What a link says: where it leads to, and for how long. Personal."""

    url: str
    valid_seconds: float


@dataclass(frozen=True, slots=True)
class PinOwner:
    """Whose PIN a link sets, and what that must not be made of."""

    customer: CustomerName
    birth_dates: Collection[date]
    phones: Collection[str]


class LinkStore(Protocol):
    """Keeps digests of tokens, and the hashes of PINs. All methods raise StoreUnavailable."""

    async def issue(
        self, customer: CustomerName, until: datetime, now: datetime, request: WriteRequest
    ) -> IssuedLink:
        """A new token in place of the customer's earlier ones, once per request.

        Raises CustomerNotFound, RequestIdReused.
        """
        ...

    async def owner(self, tenant: TenantId, token: str, now: datetime) -> PinOwner:
        """Whose link this is. Raises LinkNotValid."""
        ...

    async def redeem(self, tenant: TenantId, token: str, pin_hash: str, now: datetime) -> None:
        """Set the PIN and use the link up; of several at the same moment one does.

        Raises LinkNotValid.
        """
        ...


class LinkWatch(Protocol):
    """Counts links."""

    def reset_link(self, outcome: str) -> None:
        """One was issued, redeemed or refused."""
        ...


class IssueResetLink:
    """Makes a link for a customer whom the caller has verified."""

    def __init__(
        self,
        links: LinkStore,
        attempts: Attempts,
        clock: Clock,
        watch: LinkWatch,
        template: str,
        valid_seconds: float,
    ) -> None:
        self._links = links
        self._attempts = attempts
        self._clock = clock
        self._watch = watch
        self._template = template
        self._valid_seconds = valid_seconds

    async def run(self, customer: CustomerName, language: str, request: WriteRequest) -> ResetLink:
        """The link. Raises NoResetPage, TooManyLinks, CustomerNotFound, RequestIdReused,
        StoreUnavailable."""
        if not self._template:
            raise NoResetPage
        now = self._clock.now()
        counts = (Count(f"link:{customer}", _LINKS),)
        reserved = await self._attempts.reserve(customer.tenant, counts, now)
        if reserved.locked_seconds > 0:
            self._watch.reset_link("locked")
            raise TooManyLinks(reserved.locked_seconds)
        until = now + timedelta(seconds=self._valid_seconds)
        issued = await self._links.issue(customer, until, now, request)
        if not issued.new:
            await self._attempts.give_back(customer.tenant, counts, now)
        self._watch.reset_link("issued" if issued.new else "repeated")
        url = self._template.replace(TOKEN_PLACE, issued.token)
        return ResetLink(url.replace(LANGUAGE_PLACE, quote(language)), self._valid_seconds)


class RedeemResetLink:
    """Sets a PIN for whoever holds a link."""

    def __init__(
        self,
        links: LinkStore,
        hasher: PinHasher,
        attempts: Attempts,
        limits: ProofLimits,
        clock: Clock,
        watch: LinkWatch,
    ) -> None:
        self._links = links
        self._hasher = hasher
        self._attempts = attempts
        self._limits = limits
        self._clock = clock
        self._watch = watch

    async def run(self, tenant: TenantId, token: str, pin: str) -> None:
        """Set it. Raises LinkNotValid, PinRefused (the link stays good), StoreUnavailable."""
        now = self._clock.now()
        owner = await self._links.owner(tenant, token, now)
        why: WeakPin | None = weakness(pin, owner.birth_dates, owner.phones)
        if why is not None:
            self._watch.reset_link("weak_pin")
            raise PinRefused(why)
        await self._links.redeem(tenant, token, await self._hasher.hashed(pin), self._clock.now())
        self._watch.reset_link("redeemed")
        # Who has a new PIN need not wait for what was guessed at the old one.
        known_by = [Identifier(IdentifierKind.CUSTOMER_ID, owner.customer.customer)]
        known_by += [Identifier(IdentifierKind.PHONE, phone) for phone in owner.phones]
        for identifier in known_by:
            claim = Claim(tenant, identifier)
            counts = self._limits.counts(claim, ProofKind.PIN, owner.customer)
            await self._attempts.give_back(tenant, counts, now)
