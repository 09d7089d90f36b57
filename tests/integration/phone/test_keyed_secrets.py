"""What callers key in reaches the bot, and nothing that anybody keeps or reads."""

import re
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from tests.fakes.phone.recordings import Recordings
from tests.fakes.phone.running import until
from tests.fakes.phone.world import ENGLISH, World, world
from tests.integration.phone.test_call_command import ask

pytestmark = pytest.mark.integration

NUMBER, LAST4, PIN = "90731846", "5927", "80417352"


async def kept(redis_url: str) -> str:
    """All that the store holds: contacts, events, streams."""
    found: list[object] = []
    store: Any
    async with Redis.from_url(redis_url) as store:
        readers = {
            b"string": lambda key: store.get(key),
            b"hash": lambda key: store.hgetall(key),
            b"stream": lambda key: store.xrange(key),
            b"set": lambda key: store.smembers(key),
            b"list": lambda key: store.lrange(key, 0, -1),
            b"zset": lambda key: store.zrange(key, 0, -1),
        }
        async for key in store.scan_iter():
            found += [key, await readers[await store.type(key)](key)]
    return repr(found)


async def has_keyed(w: World, secret: str) -> None:
    async def told() -> bool:
        return secret in repr(w.bot.keyed)

    await until(told, f"{secret} at the bot")


async def test_numbers_and_pins_are_told_to_the_bot_and_kept_nowhere(
    tmp_path: Path, redis_url: str, recordings: Recordings, capfd: pytest.CaptureFixture[str]
) -> None:
    async with world(tmp_path, redis_url, recordings) as w:
        async with w.caller("2002") as caller:
            await caller.presses("1")
            fields = recordings.menus.fields
            await caller.hears_line(fields["order_number"].prompt[ENGLISH], ENGLISH)
            await caller.presses(NUMBER)
            await caller.hears_line(fields["phone_last4"].prompt[ENGLISH], ENGLISH)
            await caller.presses(LAST4)
            await has_keyed(w, NUMBER)
            await caller.hears("anything_else", ENGLISH)
            w.bot.steps["pin_reset"] = "ask.pin"
            caller.begins_to_listen()
            await caller.presses("#")
            await caller.hears("person_key", ENGLISH)
            await caller.presses("3")
            await caller.hears_line(fields["pin"].prompt[ENGLISH], ENGLISH)
            w.bot.steps.clear()
            await caller.presses(f"{PIN}#")
            await has_keyed(w, PIN)
            await caller.presses("0")
            contact = await w.queued()
        await w.centre.reaches(contact, "ABANDONED")
        call = (await w.phone.calls())[0]["id"]
        shown = (await ask(w.phone.url, call)).output
        timeline = repr(await w.phone.timeline(call))
        store, metrics = await kept(redis_url), repr(await w.phone.metrics.get("/metrics"))
    printed = "".join(capfd.readouterr())
    assert contact.rpartition("/")[2] in store
    assert "asked_bot" in timeline
    assert "asked_bot" in shown
    assert "switchyard_phone" in metrics
    assert "bot.turn" in store
    assert contact.rpartition("/")[2] in printed
    for told in (shown, timeline, store, metrics, printed):
        assert not any(secret in told for secret in (PIN, NUMBER))
        assert not re.search(rf"(?<![\w.]){LAST4}(?!\w)", told)
