"""Calls with the bot are in the history, as chats are."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from switchyard_common.bot_events import Event
from switchyard_common.embedded import EmbeddedValkey
from switchyard_history.tables import bot_conversations, bot_turns
from switchyard_insights.domain.folding import fact_of
from switchyard_insights.domain.reading import event_of
from switchyard_phone.adapters.redis import bot_events
from switchyard_phone.adapters.redis.bot_events import QueuedBotEvents
from switchyard_phone.adapters.redis.keys import EVENTS, Keys
from switchyard_phone.adapters.redis.reports import Reports

from tests.fakes.phone.recordings import Recordings
from tests.fakes.phone.running import until
from tests.fakes.phone.world import ENGLISH, world
from tests.fakes.ports import free_port

pytestmark = pytest.mark.integration


async def rows(redis: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What the history makes of the stream: turns, and all that is known of the conversation."""
    turns: list[dict[str, Any]] = []
    conversation: dict[str, Any] = {}
    for entry_id, fields in await redis.xrange(EVENTS):
        fact = fact_of("demo", event_of(entry_id.decode(), fields))
        assert fact is not None
        for table, row in fact.parts:
            if table is bot_turns:
                turns.append(dict(row))
            elif table is bot_conversations:
                conversation |= row
    return turns, conversation


async def test_a_call_is_kept_with_its_turns_its_contact_and_its_end(
    tmp_path: Path, redis_url: str, recordings: Recordings
) -> None:
    async with (
        world(tmp_path, redis_url, recordings) as w,
        Redis.from_url(redis_url) as redis,
    ):
        async with w.caller("2002") as caller:
            await caller.presses("1")
            fields = recordings.menus.fields
            await caller.hears_line(fields["order_number"].prompt[ENGLISH], ENGLISH)
            await caller.presses("90731846")
            await caller.hears_line(fields["phone_last4"].prompt[ENGLISH], ENGLISH)
            await caller.presses("5927")
            await caller.hears("anything_else", ENGLISH)
            await caller.presses("0")
            contact = await w.queued()
        await w.centre.reaches(contact, "ABANDONED")

        async def is_over() -> bool:
            return "ended_ms" in (await rows(redis))[1]

        await until(is_over, "the end of the conversation in the stream")
        turns, conversation = await rows(redis)
    assert [turn["turn"] for turn in turns] == list(range(1, len(turns) + 1))
    assert {turn["channel"] for turn in turns} == {"phone"}
    assert {turn["conversation"] for turn in turns} == {conversation["conversation"]}
    assert turns[0]["intent"] == "order_status"
    assert all(turn["latency_ms"] >= 0 for turn in turns)
    assert turns[-1]["outcome"] == "handed_over"
    assert conversation["contact"] == contact.rpartition("/")[2]
    assert (conversation["outcome"], conversation["turns"]) == ("failed", len(turns))
    assert conversation["channel"] == "phone"


def ended(number: int) -> Event:
    return Event("bot.ended", {"conversation": f"talk-{number}", "turns": number})


async def test_without_a_store_what_calls_came_to_waits_and_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot_events, "_PAUSE_SECONDS", 0.01)
    lost: list[int] = []
    server = EmbeddedValkey(port=free_port(), data_dir=tmp_path)
    redis: Any
    async with Redis.from_url(server.url) as redis:
        told = QueuedBotEvents(
            Reports(redis, Keys("demo"), 1000), lambda: lost.append(1), most_waiting=3
        )
        writing = asyncio.create_task(told.run())
        for number in range(5):
            told.add(ended(number))
        assert len(lost) == 2
        async with server:
            await told.settle(60)
            entries = await redis.xrange(EVENTS)
        told.add(ended(5))
        await told.settle(0.2)
        writing.cancel()
        await asyncio.wait((writing,))
    assert [fields[b"subject"] for _, fields in entries] == [b"talk-0", b"talk-1", b"talk-2"]
    assert [fields[b"seq"] for _, fields in entries] == [b"1"] * 3
