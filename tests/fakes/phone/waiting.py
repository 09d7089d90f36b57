"""Waiting for what comes about by itself; generous, since only its absence is an error."""

import asyncio
from collections.abc import AsyncIterator, Callable

from switchyard_phone.service.leg import CallLeg, Exchange, LegEvent

from tests.fakes.phone.sounds import likeness

PATIENCE_SECONDS = 60
MOST = 0.7
"""Of a sound: a telephone on a busy machine may miss some packets."""


async def until(holds: Callable[[], bool], what: str) -> None:
    """Wait until something is so; fails by name."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not holds():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"never came about: {what}") from None


async def until_heard(heard: Callable[[], bytes], said: bytes) -> None:
    """Wait until most of a sound was heard. Looked for beside the event loop, which must beat."""
    share = 0.0
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while share < MOST:
                await asyncio.sleep(0.2)
                share = await asyncio.to_thread(likeness, heard(), said)
    except TimeoutError:
        raise AssertionError(f"only {share:.0%} of the sound was heard") from None


async def first[T](items: AsyncIterator[T]) -> T:
    """The next item."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await anext(items)


async def next_leg(exchange: Exchange) -> CallLeg:
    """The next call that arrives."""
    return await first(exchange.arrivals())


async def all_events(leg: CallLeg) -> list[LegEvent]:
    """Every event of a call that ends."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        return [event async for event in leg.events()]


async def frames_until(leg: CallLeg, enough: Callable[[bytes], bool]) -> bytes:
    """What is heard, until it is enough or the call ends."""
    sound = b""
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for frame in leg.frames():
            sound += frame
            if len(sound) % 8000 == 0 and enough(sound):
                break
    return sound
