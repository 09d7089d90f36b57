"""The door of a server: who calls, whether they may, how often; and the audit trail's start."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

import structlog
from google.protobuf.message import Message

from switchyard_common.actor import ACTOR
from switchyard_common.audit_journal import Unwritable
from switchyard_common.authentication import Authenticator
from switchyard_common.errors import DomainError, ErrorKind
from switchyard_common.identity import Identity, Role, unauthenticated
from switchyard_common.interceptors import Call, Context, Receive
from switchyard_common.limits import CallRates, LimitSettings, OpenStreams
from switchyard_common.request_check import check_request
from switchyard_common.strangers import Strangers, address_of

_OPEN = ("/grpc.health.v1.Health/", "/grpc.reflection.v1alpha.ServerReflection/")
_AGENT_ONLY = frozenset({Role.AGENT})
_COMING_AGAIN = (ErrorKind.EXHAUSTED, ErrorKind.UNAVAILABLE)
_UNWRITABLE_RETRY_SECONDS = 10.0


class Touch(Enum):
    """What a call does, as far as the audit trail cares."""

    CHANGE = "change"
    ADMINISTER = "administer"
    """Changes the configuration, or whose data is whose: not done unless it can be recorded."""
    PERSONAL = "read_personal"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Caller:
    """An identity, and the role by which it was let in."""

    identity: Identity
    role: Role

    @property
    def actor(self) -> str:
        """How changes are signed: `agent/1007`."""
        return f"{self.role}/{self.identity.subject}"


type Examine = Callable[[Caller, Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may call a method: one of `roles`, the first that the caller has being the one it acts
    in. `examine` looks at each message of the caller, and raises PERMISSION if it goes too far."""

    roles: tuple[Role, ...]
    touch: Touch
    examine: Examine | None = None


class AdmissionMeter(Protocol):
    """Counts what the door sees."""

    def refused(self, reason: str) -> None:
        """A caller was turned away."""
        ...

    def streams(self, total: int) -> None:
        """So many streams are open."""
        ...

    def unrecorded(self) -> None:
        """A deed could not be written to the audit log."""
        ...


class Journal(Protocol):
    """The audit log; hides subjects. Its methods raise Unwritable."""

    def keep(self, actor: str, rpc: str, outcome: str, subject: str) -> None:
        """Add an entry."""
        ...

    def flush(self) -> None:
        """Wait, in a thread, until what was kept is on the disk."""
        ...


class Admission:
    """Lets callers in by `rules`, keyed by full method (`/package.Service/Method`).

    Health and reflection are open to everybody; any other method without a rule is closed. A call
    that is let in carries `actor` on its log lines and in ACTOR. Streams end when the caller's
    token does. Changes that are refused and reads of personal data are logged as `audit`.

    With a `journal`, reads of personal data and what administrators do are entered there, and who
    is turned away. When it takes no entry, administrating is refused (AUDIT_UNWRITABLE, with the
    time to wait); everything else goes on, counted: customers are not made to wait for a disk.
    """

    def __init__(
        self,
        tenant: str,
        authenticator: Authenticator,
        rules: Mapping[str, Rule],
        limits: LimitSettings,
        meter: AdmissionMeter,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        journal: Journal | None = None,
    ) -> None:
        self._journal = journal
        self._tenant = tenant
        self._authenticator = authenticator
        self._rules = rules
        self._limits = limits
        self._meter = meter
        self._now = now
        self._rates = CallRates(limits.calls_per_second, limits.burst, monotonic)
        self._streams = OpenStreams(limits.streams)
        self._strangers = Strangers(monotonic)
        self._log = structlog.stdlib.get_logger()

    def protect(self, full_method: str, call: Call, receive: Receive, *, streaming: bool) -> Call:
        """See interceptors.Guard."""
        if full_method.startswith(_OPEN):
            return self._open_to_all(call, receive, streaming=streaming)
        rule = self._rules.get(full_method, Rule((), Touch.CHANGE))

        async def guarded(raw: Any, context: Context) -> Any:
            caller = await self._enter(full_method, rule, context)
            try:
                request = await self._examined(await receive(raw, context), rule, caller)
                await self._record(full_method, rule, caller, request)
                if not streaming:
                    return await call(request, context)
                return await self._held(call, request, context, caller.identity)
            except DomainError as error:
                self._refused(full_method, rule, error)
                raise

        return guarded

    def _open_to_all(self, call: Call, receive: Receive, *, streaming: bool) -> Call:
        async def bounded(raw: Any, context: Context) -> Any:
            try:
                with self._strangers.asking(context.peer(), streaming=streaming):
                    return await call(await receive(raw, context), context)
            except DomainError as error:
                if error.kind is ErrorKind.EXHAUSTED:
                    self._meter.refused(error.reason)
                raise

        return bounded

    async def _enter(self, full_method: str, rule: Rule, context: Context) -> Caller:
        """Who calls, in the role that lets them in."""
        identity: Identity | None = None
        try:
            identity = await self._authenticator.identify(context)
            caller = self._let_in(full_method, rule, identity)
        except DomainError as error:
            self._meter.refused(error.reason)
            actor = identity.key if identity is not None else ""
            self._note_turned_away(full_method, error, actor, context)
            raise
        ACTOR.set(caller.actor)
        structlog.contextvars.bind_contextvars(actor=caller.actor)
        return caller

    def _note_turned_away(
        self, full_method: str, error: DomainError, actor: str, context: Context
    ) -> None:
        """Of one caller, or one address, no more than `Strangers` says: or it could fill a disk."""
        if not self._strangers.noted(actor or address_of(context.peer())):
            return
        self._log.info(
            "audit", outcome="turned_away", rpc=full_method, reason=error.reason, actor=actor
        )
        if error.kind not in _COMING_AGAIN:
            self._enter_in_journal(actor, full_method, error.reason)

    def _let_in(self, full_method: str, rule: Rule, identity: Identity) -> Caller:
        self._rates.take(identity.key)
        if identity.tenant != self._tenant:
            raise _denied("TENANT_MISMATCH", "the caller belongs to another tenant than is served")
        for role in rule.roles:
            if role in identity.roles:
                return Caller(identity, role)
        needed = " or ".join(rule.roles) or "a role that does not exist yet"
        raise _denied("ROLE", f"{full_method.rpartition('/')[2]} is for the role {needed}")

    async def _examined(self, request: Any, rule: Rule, caller: Caller) -> Any:
        if not isinstance(request, Message):
            return self._examine_each(request, rule, caller)
        await self._examine(request, rule, caller)
        return request

    async def _examine_each(
        self, requests: AsyncIterator[Message], rule: Rule, caller: Caller
    ) -> AsyncIterator[Message]:
        async for request in requests:
            await self._examine(request, rule, caller)
            yield request

    async def _examine(self, request: Message, rule: Rule, caller: Caller) -> None:
        try:
            check_request(request, caller.identity.tenant)
            if rule.examine is not None:
                await rule.examine(caller, request)
        except DomainError as error:
            if error.kind is ErrorKind.PERMISSION:
                self._meter.refused(error.reason)
            raise

    async def _held(self, call: Call, request: Any, context: Context, who: Identity) -> Any:
        most = self._limits.streams_per_caller
        if who.roles == _AGENT_ONLY:
            most = self._limits.streams_per_agent
        try:
            with self._streams.hold(who.key, most):
                self._meter.streams(self._streams.total)
                return await self._until_expiry(call, request, context, who)
        finally:
            self._meter.streams(self._streams.total)

    async def _until_expiry(self, call: Call, request: Any, context: Context, who: Identity) -> Any:
        if who.expires_at is None:
            return await call(request, context)
        life = asyncio.timeout(max(0.0, who.expires_at - self._now()))
        try:
            async with life:
                return await call(request, context)
        except TimeoutError as error:
            if not life.expired():
                raise
            raise unauthenticated(
                "TOKEN_EXPIRED", "the token of this stream has expired; connect with a new one"
            ) from error

    def _refused(self, full_method: str, rule: Rule, error: DomainError) -> None:
        if error.kind is ErrorKind.EXHAUSTED and error.reason == "RATE_LIMITED":
            self._meter.refused(error.reason)
        administers = rule.touch is Touch.ADMINISTER  # noted always: it was noted as allowed
        if administers or (rule.touch is Touch.CHANGE and self._strangers.noted(ACTOR.get())):
            self._log.info("audit", outcome="refused", rpc=full_method, reason=error.reason)
        if administers:
            self._enter_in_journal(ACTOR.get(), full_method, error.reason)

    async def _record(self, full_method: str, rule: Rule, caller: Caller, request: Any) -> None:
        if rule.touch is Touch.PERSONAL:
            name = getattr(request, "name", "")
            self._log.info("audit", outcome="read", rpc=full_method, name=name)
            self._enter_in_journal(caller.actor, full_method, "read", subject_of(request))
        elif rule.touch is Touch.ADMINISTER and self._journal is not None:
            try:
                self._journal.keep(caller.actor, full_method, "allowed", subject_of(request))
                await asyncio.to_thread(self._journal.flush)
            except Unwritable as error:
                self._meter.unrecorded()
                raise _unwritable() from error

    def _enter_in_journal(self, actor: str, rpc: str, outcome: str, subject: str = "") -> None:
        if self._journal is None:
            return
        try:
            self._journal.keep(actor, rpc, outcome, subject)
        except Unwritable as error:
            self._meter.unrecorded()
            self._log.error("audit_unwritable", problem=str(error))


def subject_of(request: Any) -> str:
    """The name that a request is about: its own `name`, else that of the resource it carries, else
    the resource that it names as `parent`."""
    if not isinstance(request, Message):
        return ""
    parts = [request, *(part for _, part in request.ListFields() if isinstance(part, Message))]
    names = (getattr(part, "name", "") for part in parts)
    parent = getattr(request, "parent", "")
    about = parent if isinstance(parent, str) and parent.count("/") > 1 else ""
    return next((name for name in names if isinstance(name, str) and name), about)


def _unwritable() -> DomainError:
    return DomainError(
        kind=ErrorKind.UNAVAILABLE,
        reason="AUDIT_UNWRITABLE",
        message="the audit log takes no entry, and what cannot be recorded is not changed; make "
        "room on its disk and try again",
        retry_after_seconds=_UNWRITABLE_RETRY_SECONDS,
    )


def _denied(reason: str, message: str) -> DomainError:
    return DomainError(kind=ErrorKind.PERMISSION, reason=reason, message=message)
