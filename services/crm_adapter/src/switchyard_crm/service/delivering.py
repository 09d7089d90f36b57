"""The worker that brings writes from the outbox to one CRM.

At least once, in order per customer. That it happens exactly once in the CRM is the connector's
part: the same key never makes a second object. Whatever kills this process at whatever moment, the
lease runs out, somebody takes the dispatch again, and the key finds what was made.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog
from switchyard_common.clock import Clock

from switchyard_crm.domain.customer import Interaction
from switchyard_crm.domain.deliveries import MAX_ERROR_CHARS, BackOff
from switchyard_crm.domain.errors import StoreUnavailable, WriteConflict
from switchyard_crm.domain.names import TenantId
from switchyard_crm.service.connectors import (
    Connector,
    ConnectorError,
    Invalid,
    NewCase,
    NotFound,
    RateLimited,
    Unauthorized,
    Unavailable,
    Unsupported,
)
from switchyard_crm.service.outbox import (
    LONGEST_WAIT_SECONDS,
    ChangedCase,
    DeliveryWatch,
    Failure,
    Lease,
    Outbox,
    Outcome,
    Parcel,
    Taken,
)
from switchyard_crm.service.upstream import Bucket

# The CRM as a whole does not work; the same write may succeed later, however often it failed.
_OUTAGES = (RateLimited, Unauthorized, Unavailable, TimeoutError)
# Trying again is useless until somebody changes something.
_HOPELESS = (Invalid, NotFound, Unsupported)
_STORE_TRIES = 3
_STORE_RETRY_SECONDS = 0.5


class _CaseNotDelivered(Exception):
    """The case that is to be changed is not in this CRM."""


@dataclass(frozen=True, slots=True)
class DeliveryRules:
    """Limits of a worker.

    `call_seconds` for one call, well below `lease_seconds`, after which others may take it;
    `at_once` calls at the same time; `max_faults` unforeseen errors until a dispatch is dead;
    `poll_seconds` between two looks into an empty outbox.
    """

    call_seconds: float = 10.0
    lease_seconds: float = 60.0
    at_once: int = 4
    max_faults: int = 5
    poll_seconds: float = 0.5
    back_off: BackOff = field(default=BackOff(1.0, 300.0))


@dataclass(frozen=True, slots=True)
class Chance:
    """What is random: `spread` from 0 to 1 for waits, `holder` a name that nobody else has."""

    spread: Callable[[], float]
    holder: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Destination:
    """A CRM, whose customers it holds, and how often it may be called."""

    tenant: TenantId
    connector: Connector
    bucket: Bucket


class Delivering:
    """Delivers a tenant's writes to one CRM for as long as the process lives."""

    def __init__(
        self,
        destination: Destination,
        outbox: Outbox,
        watch: DeliveryWatch,
        clock: Clock,
        rules: DeliveryRules,
        chance: Chance,
    ) -> None:
        self._tenant = destination.tenant
        self._connector = destination.connector
        self._bucket = destination.bucket
        self._outbox = outbox
        self._watch = watch
        self._clock = clock
        self._rules = rules
        self._chance = chance
        self._failures = 0
        self._closed_until = 0.0
        self._store_answers = True
        self._log = structlog.stdlib.get_logger("switchyard.crm").bind(source=self._connector.name)

    async def run(self) -> None:
        """Never returns; ends by being cancelled."""
        while True:
            if not await self.step():
                await asyncio.sleep(self._rules.poll_seconds)

    async def step(self) -> bool:
        """Take what may be sent now and send it; whether there was anything.

        When the CRM as a whole has failed, nothing is sent for a while, then one dispatch alone.
        """
        if self._clock.monotonic() < self._closed_until:
            return False
        taken = await self._in_store(self._take(), Taken())
        if taken.dropped:
            self._watch.dispatched(self._connector.name, Outcome.DROPPED, taken.dropped)
        async with asyncio.TaskGroup() as group:
            sent = [group.create_task(self._send(parcel)) for parcel in taken.parcels]
        self._judge_source([task.result() for task in sent])
        return bool(taken.parcels or taken.dropped)

    async def _take(self) -> Taken:
        lease = Lease(
            self._tenant,
            self._connector.name,
            self._chance.holder(),
            self._clock.now(),
            self._rules.lease_seconds,
        )
        return await self._outbox.take(lease, 1 if self._failures else self._rules.at_once)

    async def _send(self, parcel: Parcel) -> float | None:
        """Try once, and store how it ended.

        How many seconds the CRM asked to be left alone if it does not work as a whole, 0 if it
        did not say; None if it works.
        """
        try:
            await self._wait_for_turn()
            async with asyncio.timeout(self._rules.call_seconds):
                remote_id = await self._call(parcel)
        except _OUTAGES as error:
            asked = error.retry_after_seconds if isinstance(error, RateLimited) else None
            asked = min(max(asked or 0.0, 0.0), LONGEST_WAIT_SECONDS)
            if asked:
                self._bucket.pause(asked)
            await self._postpone(parcel, Failure(_words(error)), asked)
            return asked
        except (_CaseNotDelivered, *_HOPELESS) as error:
            await self._bury(parcel, Failure(_words(error)))
        except Exception as error:  # noqa: BLE001  # a fault of a connector: stored, counted, logged
            await self._fault(parcel, error)
        else:
            await self._settle(
                lambda: self._outbox.delivered(parcel, remote_id, self._clock.now()),
                Outcome.DELIVERED,
            )
        return None

    async def _wait_for_turn(self) -> None:
        seconds = self._bucket.reserve(self._rules.call_seconds)
        if seconds is None:
            raise RateLimited("others use up what was agreed with the CRM")
        if seconds:
            await asyncio.sleep(seconds)

    async def _call(self, parcel: Parcel) -> str:
        match parcel.content:
            case Interaction() as interaction:
                return await self._connector.log_interaction(
                    parcel.key, parcel.source_id, interaction
                )
            case NewCase() as new:
                case = await self._connector.create_case(parcel.key, parcel.source_id, new)
                return case.number
            case ChangedCase(number, change):
                if not number:
                    raise _CaseNotDelivered
                changed = await self._connector.update_case(parcel.key, number, change)
                return changed.number

    async def _postpone(self, parcel: Parcel, failure: Failure, asked_seconds: float) -> None:
        wait = asked_seconds or self._rules.back_off.seconds(parcel.attempts, self._chance.spread())
        due = self._clock.now() + timedelta(seconds=wait)
        await self._settle(lambda: self._outbox.postpone(parcel, failure, due), Outcome.RETRIED)

    async def _bury(self, parcel: Parcel, failure: Failure) -> None:
        self._log.error("delivery_dead", delivery=parcel.key, error=failure.error)
        await self._settle(
            lambda: self._outbox.bury(parcel, failure, self._clock.now()), Outcome.DEAD
        )

    async def _fault(self, parcel: Parcel, error: Exception) -> None:
        # Only its type: nobody knows what the text of an unforeseen error holds.
        failure = Failure(f"FAULT: {type(error).__name__}", fault=True)
        if parcel.faults + 1 >= self._rules.max_faults:
            await self._bury(parcel, failure)
        else:
            self._log.warning("delivery_fault", delivery=parcel.key, error=failure.error)
            await self._postpone(parcel, failure, 0.0)

    async def _settle(
        self, storing: Callable[[], Coroutine[Any, Any, bool]], outcome: Outcome
    ) -> None:
        """Store the ending, also if the store is busy for a moment.

        If that fails the lease runs out, and the dispatch is tried again.
        """
        for _ in range(_STORE_TRIES):
            stored = await self._in_store(storing(), None)
            if stored is not None:
                break
            await asyncio.sleep(_STORE_RETRY_SECONDS)
        else:
            stored = False
        self._watch.dispatched(self._connector.name, outcome if stored else Outcome.LOST)

    def _judge_source(self, asked: list[float | None]) -> None:
        pauses = [seconds for seconds in asked if seconds is not None]
        if pauses:
            self._failures += 1
            back_off = self._rules.back_off.seconds(self._failures, self._chance.spread())
            wait = max(pauses) or back_off
            self._closed_until = self._clock.monotonic() + wait
            self._log.warning("source_takes_no_writes", failures=self._failures, wait_seconds=wait)
        elif asked:
            if self._failures:
                self._log.info("source_takes_writes_again")
            self._failures = 0

    async def _in_store[T, D](self, work: Coroutine[Any, Any, T], otherwise: D) -> T | D:
        try:
            result = await work
        except (StoreUnavailable, WriteConflict) as error:
            if self._store_answers:
                self._log.warning("outbox_unreachable", reason=error.reason)
            self._store_answers = False
            return otherwise
        self._store_answers = True
        return result


def _words(error: BaseException) -> str:
    """What is stored of a failure: its kind, and a connector's own words, which name nobody."""
    if isinstance(error, _CaseNotDelivered):
        return "CASE_NOT_DELIVERED: the case did not get into this CRM; re-drive it"
    if isinstance(error, ConnectorError):
        return f"{type(error).__name__}: {error}"[:MAX_ERROR_CHARS]
    return "Unavailable: no answer in time"
