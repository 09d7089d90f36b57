"""Turns of speech on a leg: order, what was sent, what a flush cuts off."""

import asyncio

import pytest
from switchyard_phone.adapters.legs.inbox import Inbox
from switchyard_phone.adapters.legs.speech import Speech
from switchyard_phone.domain.audio import FRAME_BYTES, SILENCE

pytestmark = pytest.mark.unit

A, B = b"\1" * FRAME_BYTES, b"\2" * FRAME_BYTES


async def begin(speech: Speech, frames: list[bytes]) -> "asyncio.Task[bool]":
    task = asyncio.create_task(speech.say(frames))
    await asyncio.sleep(0)
    return task


def take_all(speech: Speech) -> list[bytes]:
    taken = []
    while (frame := speech.take()) is not None:
        taken.append(frame)
    return taken


async def test_turns_are_taken_in_order_and_done_when_they_were_sent() -> None:
    speech = Speech()
    first, second = await begin(speech, [A, A]), await begin(speech, [B])
    assert take_all(speech) == [A, A, B]
    speech.sent(2 * FRAME_BYTES - 1)
    await asyncio.sleep(0)
    assert not first.done()
    speech.sent(2 * FRAME_BYTES)
    assert await first
    assert not second.done()
    speech.sent(3 * FRAME_BYTES)
    assert await second


async def test_a_flush_tells_the_seconds_of_the_turn_that_was_under_way() -> None:
    speech = Speech()
    done, under_way = await begin(speech, [A] * 10), await begin(speech, [B] * 50)
    later = await begin(speech, [A])
    for _ in range(40):
        speech.take()
    speech.sent(35 * FRAME_BYTES)
    assert await done
    assert speech.flush() == pytest.approx(25 * 0.02)
    assert not await under_way
    assert not await later
    assert speech.take() is None
    assert speech.flush() == 0


async def test_after_a_flush_counting_begins_anew() -> None:
    speech = Speech()
    cut = await begin(speech, [A] * 5)
    take_all(speech)
    speech.flush()
    assert not await cut
    after = await begin(speech, [B] * 2)
    take_all(speech)
    speech.sent(speech.taken - FRAME_BYTES)
    assert speech.flush() == pytest.approx(0.02)
    assert not await after


async def test_who_no_longer_waits_is_not_heard() -> None:
    speech = Speech()
    cancelled = await begin(speech, [A] * 50)
    speech.take()
    cancelled.cancel()
    await asyncio.wait((cancelled,))
    after = await begin(speech, [B])
    assert take_all(speech) == [B]
    speech.sent(speech.taken)
    assert await after


async def test_nothing_to_say_is_said_at_once_with_the_next_beat() -> None:
    speech = Speech()
    empty = await begin(speech, [])
    assert speech.take() is None
    speech.sent(speech.taken)
    assert await empty


async def test_a_short_frame_is_filled_up() -> None:
    speech = Speech()
    task = await begin(speech, [b"\1\1"])
    assert take_all(speech) == [b"\1\1" + SILENCE[2:]]
    speech.flush()
    assert not await task


async def test_an_inbox_drops_the_oldest_and_counts() -> None:
    inbox: Inbox[int] = Inbox(3)
    for number in range(5):
        inbox.put(number)
    inbox.close()
    inbox.put(9)
    assert [number async for number in inbox.read()] == [2, 3, 4]
    assert inbox.dropped == 2
