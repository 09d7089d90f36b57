"""One connection for many callers: nobody gets another's answer, whatever happens to some."""

import asyncio
import os
import random
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import pytest
from redis.exceptions import RedisError, ResponseError
from switchyard_common.embedded import EmbeddedValkey
from switchyard_router.adapters.redis.client import open_writer
from switchyard_router.adapters.redis.link import Link

pytestmark = pytest.mark.integration


@asynccontextmanager
async def linked(url: str, timeout_seconds: float = 5.0) -> AsyncGenerator[Link]:
    link = Link(open_writer(url, timeout_seconds), timeout_seconds)
    try:
        yield link
    finally:
        await link.aclose()


async def test_cancelled_callers_shift_nobody_elses_answer(redis_url: str) -> None:
    chance = random.Random(7)

    async with linked(redis_url) as link:

        async def ask(number: int) -> None:
            with suppress(TimeoutError):
                async with asyncio.timeout(chance.choice((0.0, 0.0005, 0.001, 5, 5, 5))):
                    assert await link.call("ECHO", number) == str(number).encode()

        for _ in range(5):
            await asyncio.gather(*(ask(number) for number in range(300)))
        assert await link.call("ECHO", "still right") == b"still right"


async def test_a_refused_command_is_its_callers_alone(redis_url: str) -> None:
    async with linked(redis_url) as link:
        await link.call("SET", "text", "x")
        wrong = asyncio.create_task(link.call("LPUSH", "text", "y"))
        right = asyncio.create_task(link.call("GET", "text"))
        with pytest.raises(ResponseError):
            await wrong
        assert await right == b"x"


async def test_a_server_that_hangs_fails_in_time_and_is_found_again() -> None:
    async with EmbeddedValkey() as server, linked(server.url, 0.3) as link:
        await link.call("SET", "key", "kept")
        os.kill(server.pid, signal.SIGSTOP)
        try:
            answers = await asyncio.gather(
                *(link.call("GET", "key") for _ in range(20)), return_exceptions=True
            )
            assert all(isinstance(answer, RedisError) for answer in answers)
        finally:
            os.kill(server.pid, signal.SIGCONT)
        async with asyncio.timeout(60):
            while True:
                with suppress(RedisError):
                    assert await link.call("GET", "key") == b"kept"
                    return
                await asyncio.sleep(0.05)
