"""One-time codes: sent to what is on file of a customer, and to nothing else."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

import structlog
from switchyard_common.clock import Clock

from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.names import CustomerName, TenantId
from switchyard_crm.domain.pins import CODE_DIGITS
from switchyard_crm.domain.self_service_errors import CodeNotSent, NoCodeSender
from switchyard_crm.service.attempts import Attempts
from switchyard_crm.service.claims import Claim, Claimed
from switchyard_crm.service.proof_limits import CodeLimits

_MOST_ADDRESSES = 5


@dataclass(frozen=True, slots=True)
class CodeMessage:
    """A code to be sent: to a phone (E.164) or e-mail address, in a language (BCP 47). Personal."""

    to: Identifier
    code: str
    language: str
    valid_seconds: float


class SenderRefused(Exception):
    """The sender works, and will not send to this address. Says why in words for operators."""


class SenderUnavailable(Exception):
    """The sender does not work. Says why in words for operators, without personal data."""


class CodeSender(Protocol):
    """Sends codes. Both methods raise SenderUnavailable, and take about as long as each other."""

    async def send(self, message: CodeMessage) -> None:
        """Send a code. Raises SenderRefused."""
        ...

    async def probe(self) -> None:
        """Return if a code could be sent, and send none."""
        ...


@dataclass(frozen=True, slots=True)
class Reachable:
    """Where a customer is reached: phones first, then e-mail addresses; and the language."""

    addresses: tuple[Identifier, ...] = ()
    language: str = ""


class AddressBook(Protocol):
    """Knows where customers are reached."""

    async def reachable(self, tenant: TenantId, customer: CustomerName | None) -> Reachable:
        """What is on file; nothing for nobody, at the same cost. Raises StoreUnavailable."""
        ...


class CodeStore(Protocol):
    """Keeps digests of codes."""

    async def keep(self, claim: Claim, customer: CustomerName, code: str, until: datetime) -> None:
        """Keep a code for this conversation, in place of an earlier one.

        Raises CustomerNotFound, StoreUnavailable.
        """
        ...


class CodeOutcome(StrEnum):
    """What came of a request for a code; for metrics, never told to callers."""

    SENT = "sent"
    NOBODY = "nobody"
    LOCKED = "locked"
    REFUSED = "refused"
    FAILED = "failed"


class CodeWatch(Protocol):
    """Counts codes."""

    def code(self, outcome: CodeOutcome) -> None:
        """A request for a code has come to this."""
        ...


def random_code() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"


@dataclass(frozen=True, slots=True)
class CodeRules:
    """How long codes are good for, how many may be sent, and where they come from."""

    valid_seconds: float = 300.0
    limits: CodeLimits = field(default_factory=CodeLimits)
    new_code: Callable[[], str] = random_code


class SendCode:
    """Sends a code to the customer that is named, if there is one, and does not say which."""

    def __init__(
        self,
        claimed: Claimed,
        attempts: Attempts,
        addresses: AddressBook,
        codes: CodeStore,
        sender: CodeSender | None,
        clock: Clock,
        watch: CodeWatch,
        rules: CodeRules,
    ) -> None:
        self._claimed = claimed
        self._attempts = attempts
        self._addresses = addresses
        self._codes = codes
        self._sender = sender
        self._clock = clock
        self._watch = watch
        self._rules = rules
        self._log = structlog.stdlib.get_logger("switchyard.crm")

    async def run(self, claim: Claim, language: str) -> bool:
        """False if too many were asked for. Raises NoCodeSender, CodeNotSent, StoreUnavailable."""
        if self._sender is None:
            raise NoCodeSender
        customer = await self._claimed.customer(claim)
        counts = self._rules.limits.counts(claim, customer)
        now = self._clock.now()
        reserved = await self._attempts.reserve(claim.tenant, counts, now)
        if reserved.locked_seconds > 0:
            self._watch.code(CodeOutcome.LOCKED)
            return False
        known = await self._addresses.reachable(claim.tenant, customer)
        to = await self._address(claim, customer, known)
        if reserved.hushed:
            to = None
        wanted = language or known.language
        try:
            outcome = await self._send(self._sender, claim, customer, to, wanted)
        except SenderUnavailable as error:
            self._watch.code(CodeOutcome.FAILED)
            self._log.warning("code_not_sent", why=str(error))
            raise CodeNotSent from error
        self._watch.code(outcome)
        return True

    async def _send(
        self,
        sender: CodeSender,
        claim: Claim,
        customer: CustomerName | None,
        to: Identifier | None,
        language: str,
    ) -> CodeOutcome:
        if customer is None or to is None:
            await sender.probe()
            return CodeOutcome.NOBODY
        code, seconds = self._rules.new_code(), self._rules.valid_seconds
        until = self._clock.now() + timedelta(seconds=seconds)
        await self._codes.keep(claim, customer, code, until)
        try:
            await sender.send(CodeMessage(to, code, language, seconds))
        except SenderRefused as error:
            self._log.warning("code_refused_by_sender", why=str(error))
            return CodeOutcome.REFUSED
        return CodeOutcome.SENT

    async def _address(
        self, claim: Claim, customer: CustomerName | None, known: Reachable
    ) -> Identifier | None:
        """The address that was named if it is on file, else the first that nobody shares."""
        if customer is None:
            return None
        named = [each for each in known.addresses if each == claim.identifier]
        for address in (named + list(known.addresses))[:_MOST_ADDRESSES]:
            if await self._claimed.is_only_of(address, customer):
                return address
        return None


def addresses_of(phones: tuple[str, ...], emails: tuple[str, ...]) -> tuple[Identifier, ...]:
    """Phones and e-mail addresses as identifiers, in that order."""
    return (
        *(Identifier(IdentifierKind.PHONE, phone) for phone in phones),
        *(Identifier(IdentifierKind.EMAIL, email) for email in emails),
    )
