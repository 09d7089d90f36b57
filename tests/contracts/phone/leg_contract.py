"""What every telephone line does for the use cases. Subclasses give the line and real callers."""

import asyncio
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

import pytest
from switchyard_phone.domain.audio import SILENCE, frames_of
from switchyard_phone.domain.calls import Ended, Line
from switchyard_phone.service.leg import CallLeg, Digit, Exchange, LegEnded, LegGone

from tests.fakes.phone.sounds import positions, prompt, strength, tone
from tests.fakes.phone.waiting import all_events, frames_until, next_leg, until, until_heard

KEYS = "0123456789*#"
CONCERT_PITCH = 440


class Caller(Protocol):
    """A real caller at the other end of the line."""

    async def connected(self) -> None: ...

    async def press(self, keys: str) -> None: ...

    def heard(self) -> bytes: ...

    async def hang_up(self) -> None: ...

    async def over(self) -> object: ...


class Calling(Protocol):
    """Starts a call of somebody who says this once connected."""

    def __call__(self, says: bytes = b"") -> AbstractAsyncContextManager[Caller]: ...


@dataclass(frozen=True)
class World:
    exchange: Exchange
    calling: Calling
    line: Line


def keys_of(events: list[object]) -> str:
    return "".join(event.key for event in events if isinstance(event, Digit))


def endless() -> Iterator[bytes]:
    while True:
        yield SILENCE


class LegContract:
    """Mix into a test class that has a fixture `world`."""

    async def answered(self, world: World) -> CallLeg:
        leg = await next_leg(world.exchange)
        await leg.answer()
        return leg

    async def test_tells_where_a_call_comes_from_before_it_is_answered(self, world: World) -> None:
        async with world.calling():
            leg = await next_leg(world.exchange)
            assert leg.facts.id
            assert (leg.facts.line, leg.facts.peer) == (world.line, "127.0.0.1")
            assert leg.ended is None
            assert world.exchange.calls == 1
            await leg.refuse(486)

    async def test_the_caller_hears_what_is_played(self, world: World) -> None:
        said = prompt(1.5)
        async with world.calling() as caller:
            leg = await self.answered(world)
            await caller.connected()
            assert await leg.play(frames_of(said))
            await until_heard(caller.heard, said)
            await leg.hang_up()

    async def test_turns_are_heard_whole_and_in_order(self, world: World) -> None:
        first, second = prompt(0.6, seed=1), prompt(0.6, seed=2)
        async with world.calling() as caller:
            leg = await self.answered(world)
            await caller.connected()
            assert all(
                await asyncio.gather(leg.play(frames_of(first)), leg.play(frames_of(second)))
            )
            await until_heard(caller.heard, first + second)
            heard = caller.heard()
            assert max(positions(heard, first)) < min(positions(heard, second))
            await leg.hang_up()

    async def test_what_the_caller_says_is_heard(self, world: World) -> None:
        async with world.calling(tone(CONCERT_PITCH, 6)) as caller:
            leg = await self.answered(world)
            await caller.connected()
            heard = await frames_until(leg, lambda sound: strength(sound, CONCERT_PITCH) > 0.8)
            assert strength(heard, CONCERT_PITCH) > 0.8
            await leg.hang_up()

    async def test_no_key_is_lost(self, world: World) -> None:
        async with world.calling() as caller:
            leg = await self.answered(world)
            await caller.connected()
            await caller.press(KEYS)
            await caller.hang_up()
            assert keys_of(list(await all_events(leg))) == KEYS

    async def test_keys_are_told_while_something_is_played(self, world: World) -> None:
        async with world.calling() as caller:
            leg = await self.answered(world)
            await caller.connected()
            playing = asyncio.create_task(leg.play(endless()))
            await caller.press("5")
            event = await anext(leg.events())
            assert isinstance(event, Digit)
            assert event.key == "5"
            leg.flush()
            assert not await playing
            await leg.hang_up()

    async def test_a_flush_ends_what_is_said_and_tells_how_much_was_sent(
        self, world: World
    ) -> None:
        long, after = prompt(30), prompt(1, seed=3)
        async with world.calling() as caller:
            leg = await self.answered(world)
            await caller.connected()
            playing = asyncio.create_task(leg.play(frames_of(long)))
            await until_heard(caller.heard, long[:16_000])
            sent = leg.flush()
            assert not await playing
            assert 0 < sent < 30
            assert await leg.play(frames_of(after))
            await until_heard(caller.heard, after)
            assert positions(caller.heard(), long[-16_000:]) == []
            await leg.hang_up()

    async def test_a_flush_of_nothing_does_nothing(self, world: World) -> None:
        async with world.calling():
            leg = await self.answered(world)
            assert leg.flush() == 0
            assert await leg.play(frames_of(prompt(0.1)))
            await leg.hang_up()

    async def test_the_end_by_the_caller_is_told_to_everybody(self, world: World) -> None:
        async with world.calling() as caller:
            leg = await self.answered(world)
            await caller.connected()
            playing = asyncio.create_task(leg.play(endless()))
            await caller.hang_up()
            assert (await all_events(leg))[-1] == LegEnded(Ended.CALLER)
            assert not await playing
            async for frame in leg.frames():
                assert len(frame) == len(SILENCE)
            assert leg.ended is Ended.CALLER
            await until(lambda: world.exchange.calls == 0, "an empty line")

    async def test_nothing_is_possible_after_the_end(self, world: World) -> None:
        async with world.calling():
            leg = await self.answered(world)
            await leg.hang_up()
            for attempt in (
                leg.play(frames_of(SILENCE)),
                leg.answer(),
                leg.refuse(486),
                leg.blind_transfer("sip:1001@127.0.0.1", {}, 1),
                leg.attended_transfer("sip:1001@127.0.0.1", {}, 1),
            ):
                with pytest.raises(LegGone):
                    await attempt
            assert leg.flush() == 0
            await leg.hang_up()
            assert leg.ended is Ended.HERE

    async def test_hanging_up_ends_the_callers_side(self, world: World) -> None:
        async with world.calling() as caller:
            leg = await self.answered(world)
            await caller.connected()
            await leg.hang_up()
            await caller.over()
            assert await all_events(leg) == [LegEnded(Ended.HERE)]

    async def test_a_refused_call_is_over(self, world: World) -> None:
        async with world.calling() as caller:
            leg = await next_leg(world.exchange)
            await leg.refuse(603)
            await caller.over()
            assert await all_events(leg) == [LegEnded(Ended.REFUSED)]
            assert world.exchange.calls == 0

    async def test_frames_that_nobody_fetches_do_not_pile_up(self, world: World) -> None:
        async with world.calling(tone(CONCERT_PITCH, 8)) as caller:
            leg = await self.answered(world)
            await caller.connected()
            await until(lambda: leg.quality().dropped > 10, "frames that were dropped")
            await leg.hang_up()
            kept = [frame async for frame in leg.frames()]
            assert 0 < len(kept) < 400

    async def test_a_broken_source_of_frames_harms_nobody_else(self, world: World) -> None:
        def broken() -> Iterator[bytes]:
            yield SILENCE
            raise RuntimeError("no more")

        async with world.calling():
            leg = await self.answered(world)
            with pytest.raises(RuntimeError, match="no more"):
                await leg.play(broken())
            assert await leg.play(frames_of(prompt(0.1)))
            await leg.hang_up()

    async def test_a_drain_waits_for_the_calls_and_lets_nobody_in(self, world: World) -> None:
        async with world.calling() as caller:
            leg = await self.answered(world)
            await caller.connected()
            assert not await world.exchange.drain(0)
            async with world.calling() as late:
                await late.over()
            assert world.exchange.calls == 1
            await leg.hang_up()
            assert await world.exchange.drain(60)

    async def test_closing_the_line_ends_its_calls(self, world: World) -> None:
        async with world.calling() as caller:
            leg = await self.answered(world)
            await caller.connected()
            await world.exchange.close()
            assert leg.ended is Ended.STOPPED
            await caller.over()
            assert [leg async for leg in world.exchange.arrivals()] == []
