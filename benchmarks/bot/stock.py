"""The same bot with and without what Switchyard changes in Rasa, side by side in one run.

Both processes understand with the same pipeline, trained on the same data, and have the same
actions; the other one has Rasa's RulePolicy, tracker and lock store, and no patches. They take
turns, a block of dialogues each, so that whatever else the machine does meets both. What is
compared is a message's time at the bot's own channel and Rasa's processor time for it.
"""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import uuid4

import httpx

from benchmarks.bot import script
from benchmarks.bot.whole import Whole, whole
from benchmarks.load.processes import cpu_seconds
from benchmarks.load.table import say, show
from tests.fakes.bot.stack import BOT, RASA_PYTHON, Server
from tests.fakes.ports import free_port

_BLOCKS = 4
_DIALOGUES = 6  # at once, as many as a block holds
_TURNS = 2 * script.LENGTH
_TRAINING_SECONDS = 900


@dataclass(slots=True)
class _Side:
    """One of the two."""

    name: str
    port: int
    pid: int
    cpu: float = 0.0
    seconds: list[float] = field(default_factory=list)


async def measure() -> dict[str, float]:
    """Starts the whole, and a second Rasa as it comes beside it."""
    with TemporaryDirectory() as folder:
        return await _compare(_train(Path(folder)))


def _train(folder: Path) -> Path:
    say("training a model with Rasa's own policy")
    trained = subprocess.run(
        [str(RASA_PYTHON), str(BOT / "train_stock.py"), str(folder)],
        check=True,
        timeout=_TRAINING_SECONDS,
        stdout=subprocess.PIPE,
        text=True,
    )
    return Path(trained.stdout.splitlines()[-1])


async def _compare(model: Path) -> dict[str, float]:
    say("starting everything, and Rasa as it comes beside it")
    with whole() as running:
        async with _stock(running, model) as stock, httpx.AsyncClient(trust_env=False) as client:
            ours = _Side("Switchyard", running.switchyard.port("BOT_PORT"), running.pids["rasa"])
            for number in range(_BLOCKS + 1):
                for side in (ours, stock):
                    await _block(client, side, keep=number > 0)
                say(f"block {number} of {_BLOCKS}")
    rows = [
        [side.name, _ms(side.cpu / len(side.seconds)), _ms(median(side.seconds))]
        for side in (ours, stock)
    ]
    show("a message at the bot's channel, ms", ["", "Rasa's CPU", "p50"], rows)
    return {
        "speedup_vs_stock": round(_cpu_each(stock) / _cpu_each(ours), 2),
        "latency_ratio_vs_stock": round(median(stock.seconds) / median(ours.seconds), 2),
    }


async def _block(client: httpx.AsyncClient, side: _Side, *, keep: bool) -> None:
    """Dialogues at once; the first block warms up and is not kept."""
    before = cpu_seconds(side.pid)
    languages = [script.LANGUAGES[n % len(script.LANGUAGES)] for n in range(_DIALOGUES)]
    taken = await asyncio.gather(*(_dialogue(client, side.port, one) for one in languages))
    if keep:
        side.cpu += cpu_seconds(side.pid) - before
        side.seconds += [seconds for one in taken for seconds in one]


async def _dialogue(client: httpx.AsyncClient, port: int, language: str) -> list[float]:
    sender, words = uuid4().hex, script.lines(language)
    taken = []
    for _ in range(_TURNS):
        began = perf_counter()
        answer = await client.post(
            f"http://127.0.0.1:{port}/webhooks/switchyard/message",
            json={
                "sender": sender,
                "message": next(words),
                "message_id": uuid4().hex,
                "metadata": {"language": language, "channel": "chat"},
            },
            timeout=60,
        )
        answer.raise_for_status()
        taken.append(perf_counter() - began)
    return taken


@asynccontextmanager
async def _stock(running: Whole, model: Path) -> AsyncIterator[_Side]:
    """Rasa as it comes, with the actions and the Redis of the running whole."""
    port = free_port()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        server = Server(
            argv=(str(RASA_PYTHON), str(BOT / "serve.py")),
            env={
                **os.environ,
                "BOT_STOCK": "true",
                "BOT_PORT": str(port),
                "BOT_METRICS_PORT": str(free_port()),
                "BOT_MODEL": str(model),
                "BOT_REDIS_URL": f"redis://{running.switchyard.target('SWITCHYARD_VALKEY_PORT')}/0",
                "BOT_REDIS_PREFIX": "stock",
                "BOT_ACTIONS_URL": f"http://{running.switchyard.target('ACTIONS_PORT')}/webhook",
                "BOT_LOG_LEVEL": "warning",
            },
            probe=f"http://127.0.0.1:{port}/",
            log=folder / "stock.log",
        )
        await server.start()
        stack.push_async_callback(server.stop)
        yield _Side("stock Rasa", port, server.pid)


def _cpu_each(side: _Side) -> float:
    return side.cpu / len(side.seconds)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
