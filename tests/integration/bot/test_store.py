"""Redis hangs and goes: the bot says so at once, counts it, and goes on where it was afterwards."""

import json
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
import redis.asyncio
from switchyard_common.embedded import EmbeddedValkey

from tests.fakes.actions.crm import LAST4, NUMBER, FakeCrm, serving
from tests.fakes.bot.stack import Bot, Chat, running_bot, texts

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

_MOST_MEGABYTES = 750


@dataclass
class World:
    bot: Bot
    store: EmbeddedValkey

    async def ready(self) -> tuple[int, str]:
        address = f"{self.bot.url}/webhooks/switchyard/ready"
        response = await self.bot.client.get(address)
        return response.status_code, response.json()["reason"]

    async def status(self, chat: Chat, text: str) -> tuple[int, str]:
        """Status and words of the answer to a message."""
        body = {"sender": chat.sender, "message": text, "metadata": {"language": "zh"}}
        response = await self.bot.client.post(
            f"{self.bot.url}/webhooks/switchyard/message", json=body
        )
        return response.status_code, texts(response.json())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    crm = FakeCrm()
    crm.add(NUMBER, LAST4)
    folder = tmp_path_factory.mktemp("store")
    store = await EmbeddedValkey(data_dir=folder / "data", aof=True).__aenter__()
    world: World | None = None
    try:
        async with (
            serving(crm) as crm_target,
            running_bot(folder, store.url, crm_target) as bot,
        ):
            world = World(bot, store)
            yield world
    finally:
        await (world.store if world else store).__aexit__(None, None, None)


async def test_a_hanging_store_is_said_and_counted_and_nothing_is_forgotten(world: World) -> None:
    chat = world.bot.chat()
    await chat.say("查订单", "zh")
    failures = await world.bot.metric("switchyard_bot_store_failures_total")
    os.kill(world.store.pid, signal.SIGSTOP)
    try:
        code, words = await world.status(chat, NUMBER)
        assert code == 503
        assert words  # an apology in the customer's language
        assert not words.isascii()
        assert await world.ready() == (503, "store")
    finally:
        os.kill(world.store.pid, signal.SIGCONT)
    assert await world.bot.metric("switchyard_bot_store_failures_total") == failures + 1
    assert await world.ready() == (200, "")
    # The number that was lost is given again, and belongs to the question asked before.
    assert "后四位" in await chat.say(NUMBER, "zh")


async def test_the_store_holds_no_words_and_conversations_go_on_from_it(world: World) -> None:
    chat = world.bot.chat()
    await chat.say("查订单", "zh")
    assert "后四位" in await chat.say(NUMBER, "zh")
    await chat.say("我的密码是 482913", "zh")
    async with redis.asyncio.Redis.from_url(world.store.url, decode_responses=True) as client:
        kept = [str(await client.get(key)) async for key in client.scan_iter("*tracker*")]
    assert any(chat.sender in each for each in kept)
    for word in ("482913", "查订单", "密码是"):
        assert not any(json.dumps(word)[1:-1] in each for each in kept), word


async def test_the_store_holds_no_code_that_was_keyed_in(world: World) -> None:
    call = world.bot.chat()
    await call.post(keys={"intent": "bill_balance"}, metadata={"language": "zh"})
    secret = {"pin": "482913", "code": "739164"}
    await call.post(keys={"slots": secret}, metadata={"language": "zh"})
    async with redis.asyncio.Redis.from_url(world.store.url, decode_responses=True) as client:
        kept = [str(await client.get(key)) async for key in client.scan_iter("*tracker*")]
    assert any(call.sender in each for each in kept)
    assert not any(value in each for each in kept for value in secret.values())


async def test_a_store_that_comes_back_holds_the_conversation(world: World) -> None:
    chat = world.bot.chat()
    await chat.say("查订单", "zh")
    await world.store.__aexit__(None, None, None)
    code, _ = await world.status(chat, NUMBER)
    assert code == 503
    again = EmbeddedValkey(
        port=world.store.port, data_dir=Path(str(world.store._data_dir)), aof=True
    )
    world.store = await again.__aenter__()
    assert "后四位" in await chat.say(NUMBER, "zh")


async def test_serves_without_the_memory_that_only_training_needs(world: World) -> None:
    await world.bot.chat().say("where is my order")
    megabytes = _resident_megabytes(world.bot.rasa.pid)
    print(f"resident: {megabytes} MB")
    assert megabytes <= _MOST_MEGABYTES


def _resident_megabytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) // 1024
