"""The real bot over Valkey, with a customer adapter of the tests' own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import redis

from tests.fakes.actions.crm import LAST4, NUMBER, FakeCrm, serving
from tests.fakes.bot.stack import Bot, running_bot


@dataclass
class World:
    """What tests of the bot talk to and disturb."""

    bot: Bot
    crm: FakeCrm
    store: "redis.Redis"
    redis_url: str


@asynccontextmanager
async def running_world(folder: Path, redis_url: str) -> AsyncIterator[World]:
    """A bot for the length of the block; its logs go to the folder."""
    crm = FakeCrm()
    crm.add(NUMBER, LAST4)
    async with (
        serving(crm) as crm_target,
        running_bot(folder, redis_url, crm_target) as bot,
    ):
        with redis.Redis.from_url(redis_url) as store:
            yield World(bot, crm, store, redis_url)
