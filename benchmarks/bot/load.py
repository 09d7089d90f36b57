"""Loads: so many messages a second whatever the answers take, or as many as are answered."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from benchmarks.bot.chat import Chat

_LONGEST_BACKLOG = 2000


@dataclass(slots=True)
class Loaded:
    """What a load saw. `seconds` are from each message's due time to the bot's first word."""

    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    took: float = 0.0

    def percentile_ms(self, share: float) -> float:
        """Milliseconds that this share of the messages did not exceed."""
        return round(float(np.percentile(self.seconds, share)) * 1000, 1)


async def open_loop(
    chats: Sequence[Chat],
    per_second: float,
    seconds: float,
    seed: int,
    progress: Callable[[float, Loaded], None] | None = None,
) -> Loaded:
    """Poisson arrivals; each goes to the chat that has been idle longest.

    When no chat is idle the message waits, and its waiting counts: a slow bot cannot slow the
    arrivals down.
    """
    chance, loaded = np.random.default_rng(seed), Loaded()
    idle: asyncio.Queue[Chat] = asyncio.Queue()
    for chat in chats:
        idle.put_nowait(chat)
    began = due = perf_counter()
    under_way: set[asyncio.Task[None]] = set()
    while due - began < seconds and len(under_way) < _LONGEST_BACKLOG:
        await asyncio.sleep(max(0.0, due - perf_counter()))
        task = asyncio.create_task(_one(idle, due, loaded))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        due += float(chance.exponential(1 / per_second))
        if progress is not None:
            progress(due - began, loaded)
    if under_way:
        await asyncio.wait(under_way)
    loaded.took = perf_counter() - began
    return loaded


async def _one(idle: asyncio.Queue[Chat], due: float, loaded: Loaded) -> None:
    chat = await idle.get()
    try:
        await chat.turn()
        loaded.seconds.append(perf_counter() - due)
    except (TimeoutError, RuntimeError, OSError) as error:
        loaded.failures.append(f"{type(error).__name__}: {error}")
    finally:
        idle.put_nowait(chat)


async def closed_loop(chats: Sequence[Chat], turns: int) -> Loaded:
    """Every chat speaks as soon as it is answered, so many times."""
    loaded, began = Loaded(), perf_counter()

    async def talk(chat: Chat) -> None:
        for _ in range(turns):
            try:
                loaded.seconds.append(await chat.turn())
            except (TimeoutError, RuntimeError, OSError) as error:
                loaded.failures.append(f"{type(error).__name__}: {error}")
                return

    await asyncio.gather(*(talk(chat) for chat in chats))
    loaded.took = perf_counter() - began
    return loaded
