"""Calls to one CRM, kept within bounds: how often, how many at once, how long, and whether at all.

Nothing is tried again here: whoever waits for an answer has no time for it.
"""

import asyncio
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Protocol, cast

import structlog
from switchyard_common.clock import Clock

from switchyard_crm.service.bounded import Bounded
from switchyard_crm.service.connectors import (
    ConnectorError,
    NotFound,
    RateLimited,
    Unauthorized,
    Unavailable,
    Unsupported,
)

# What is waited when a CRM says "too many" and not how long.
_PAUSE_SECONDS = 1.0
_PAUSE_MAX_SECONDS = 3600.0


class BreakerState(IntEnum):
    """How a breaker stands; the number is what the metric shows."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


type WatchBreaker = Callable[[str, BreakerState], None]
type Call[T] = Callable[[], Coroutine[Any, Any, T]]
type Keep[T] = Callable[[T], Coroutine[Any, Any, None]]


class NotAsked(Exception):
    """The call was not made."""


class BreakerOpen(NotAsked):
    """The source failed too often and is left alone for now."""


class TooOften(NotAsked):
    """The source may not be asked again within the time there is."""


class Breaker(Protocol):
    """Knows whether a source is worth asking."""

    @property
    def state(self) -> BreakerState:
        """How it stands."""
        ...

    def refuses(self) -> bool:
        """Whether `admit` would refuse now."""
        ...

    def admit(self) -> bool:
        """Whether a call may be made; if so, one of the other methods has to follow it."""
        ...

    def succeeded(self) -> None:
        """A call was answered."""
        ...

    def failed(self, error: BaseException) -> None:
        """A call failed."""
        ...

    def trip(self) -> None:
        """Open at once."""
        ...

    def abandoned(self) -> None:
        """A call ended without telling anything about the source."""
        ...


class Bucket(Protocol):
    """Knows how often a source may be asked."""

    def reserve(self, most_seconds: float) -> float | None:
        """Seconds to wait before the call; None, and nothing taken, if more than `most_seconds`."""
        ...

    def pause(self, seconds: float) -> None:
        """No calls for so long."""
        ...


class CallMeter(Protocol):
    """Counts calls to sources."""

    def call(self, source: str, outcome: str, took_seconds: float) -> None:
        """A call was made and ended so: "ok", or the error's name."""
        ...

    def bucket_wait(self, source: str, seconds: float) -> None:
        """A call had to wait for its turn."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """`calls` at once, and `seconds` for one."""

    calls: int
    seconds: float


@dataclass(slots=True)
class _Flight:
    task: asyncio.Task[Any]
    waiting: int = 0


@dataclass(slots=True)
class _Flights:
    by_key: dict[str, _Flight] = field(default_factory=dict)

    def wanted(self, key: str) -> bool:
        flight = self.by_key.get(key)
        return flight is None or flight.waiting > 0


class Upstream:
    """The way to one CRM. Equal calls at the same time are one call."""

    def __init__(
        self,
        source: str,
        breaker: Breaker,
        bucket: Bucket,
        limits: Limits,
        bounded: Bounded,
        clock: Clock,
        meter: CallMeter,
    ) -> None:
        self.source = source
        self._breaker = breaker
        self._bucket = bucket
        self._limits = limits
        self._slots = asyncio.Semaphore(limits.calls)
        self._bounded = bounded
        self._clock = clock
        self._meter = meter
        self._flights = _Flights()
        self._refused = False
        self._log = structlog.stdlib.get_logger("switchyard.crm")

    async def call[T](self, key: str, call: Call[T], keep: Keep[T], end: float) -> T:
        """The result of `call`, by `end` (monotonic); it has been given to `keep`.

        Whoever gives up leaves the call to the others who wait for it; it ends by itself in time,
        and is not begun if nobody waits any more. Raises ConnectorError, TimeoutError, NotAsked.
        """
        flight = self._flights.by_key.get(key) or self._begin(key, call, keep)
        flight.waiting += 1
        try:
            left = max(end - self._clock.monotonic(), 0.0)
            await asyncio.wait((flight.task,), timeout=left)
        finally:
            flight.waiting -= 1
        if not flight.task.done():
            raise TimeoutError
        return cast("T", flight.task.result())

    def in_flight(self, key: str) -> bool:
        """Whether such a call is being made."""
        return key in self._flights.by_key

    def refuses(self) -> bool:
        """Whether the source is left alone now."""
        return self._breaker.refuses()

    async def close(self) -> None:
        """End what is under way."""
        tasks = [flight.task for flight in self._flights.by_key.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin[T](self, key: str, call: Call[T], keep: Keep[T]) -> _Flight:
        flight = _Flight(asyncio.create_task(self._fly_and_keep(key, call, keep)))
        self._flights.by_key[key] = flight

        def ended(task: asyncio.Task[Any]) -> None:
            del self._flights.by_key[key]
            if not task.cancelled():
                task.exception()  # marks it as seen: whoever waited has it, or has gone

        flight.task.add_done_callback(ended)
        return flight

    async def _fly_and_keep[T](self, key: str, call: Call[T], keep: Keep[T]) -> T:
        result = await self._fly(key, call)
        await keep(result)  # not on the source's time
        return result

    async def _fly[T](self, key: str, call: Call[T]) -> T:
        if self._breaker.refuses():
            raise BreakerOpen
        await self._take_turn()
        async with asyncio.timeout(self._limits.seconds):
            await self._slots.acquire()
        if not self._flights.wanted(key):
            self._slots.release()
            raise TimeoutError  # nobody is left to hear it
        if not self._breaker.admit():
            self._slots.release()
            raise BreakerOpen
        return await self._attempt(call)

    async def _take_turn(self) -> None:
        seconds = self._bucket.reserve(self._limits.seconds)
        if seconds is None:
            raise TooOften
        if seconds > 0:
            self._meter.bucket_wait(self.source, seconds)
            await asyncio.sleep(seconds)

    async def _attempt[T](self, call: Call[T]) -> T:
        began = self._clock.monotonic()
        outcome = "cancelled"
        try:
            result = await self._bounded.run(self._holding_slot(call), self._limits.seconds)
            outcome = "ok"
        except asyncio.CancelledError:
            self._breaker.abandoned()
            raise
        except Exception as error:
            outcome = type(error).__name__
            self._judge(error)
            if isinstance(error, ConnectorError | TimeoutError):
                raise
            raise Unavailable(f"{self.source}: the connector crashed") from error
        finally:
            self._meter.call(self.source, outcome, self._clock.monotonic() - began)
        self._succeeded()
        return result

    async def _holding_slot[T](self, call: Call[T]) -> T:
        try:
            return await call()
        finally:  # when the call has really ended, which may be after it was given up
            self._slots.release()

    def _judge(self, error: Exception) -> None:
        match error:
            case NotFound() | Unsupported():
                self._succeeded()
            case RateLimited():
                self._breaker.abandoned()
                asked = error.retry_after_seconds
                pause = _PAUSE_SECONDS if asked is None else asked
                self._bucket.pause(min(max(pause, 0.0), _PAUSE_MAX_SECONDS))
            case Unauthorized():
                self._breaker.trip()
                self._tell_operator()
            case ConnectorError() | TimeoutError():
                self._breaker.failed(error)
            case _:
                self._breaker.failed(error)
                # Not its text, which could hold what the CRM answered.
                kind = type(error).__name__
                self._log.error("source_crashed", source=self.source, error=kind, at=_place(error))

    def _succeeded(self) -> None:
        self._breaker.succeeded()
        self._refused = False

    def _tell_operator(self) -> None:
        if not self._refused:  # once, until the source has answered again
            self._refused = True
            self._log.error(
                "source_refuses_credentials", source=self.source, fix="renew its credentials"
            )


def _place(error: BaseException) -> str:
    """Where an exception was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].name}:{frames[-1].lineno}" if frames else ""
