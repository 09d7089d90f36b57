"""Turns through the gateway: latency at a fixed rate, throughput, growth with length, memory."""

import asyncio
from collections.abc import Mapping
from statistics import median

from benchmarks.bot.chat import Chat, open_chat
from benchmarks.bot.load import Loaded, closed_loop, open_loop
from benchmarks.bot.script import LANGUAGES
from benchmarks.bot.whole import SERVING, Whole
from benchmarks.load.table import say, show

_RATE = 20.0
_SECONDS = 60.0
_CHATS = 60
_WARM_TURNS = 4
_BUSY_CHATS = 24
_BUSY_TURNS = 24
_SEED = 2026
_EARLY, _LATE = range(4, 8), range(48, 53)
_LONG_CHATS = 6

type Figures = dict[str, float]


async def measure(whole: Whole) -> Figures:
    """All of it, one after the other, so that nothing disturbs anything."""
    chats = await open_chats(whole.gateway_port, _CHATS)
    await closed_loop(chats, _WARM_TURNS)
    try:
        return {
            "ready_s": whole.ready_s,
            **await _latency(whole, chats),
            **await _throughput(whole, chats[:_BUSY_CHATS]),
            **await _growth(whole),
            "rss_mb": whole.memory()["rasa"],
        }
    finally:
        await asyncio.gather(*(chat.close() for chat in chats))


async def open_chats(port: int, number: int) -> list[Chat]:
    """So many new conversations, half in each language."""
    return [await open_chat(port, LANGUAGES[one % len(LANGUAGES)]) for one in range(number)]


async def _latency(whole: Whole, chats: list[Chat]) -> Figures:
    say(f"{_RATE:g} messages a second for {_SECONDS:g} s over {len(chats)} chats")
    before = whole.cpu()
    loaded = await open_loop(chats, _RATE, _SECONDS, _SEED)
    _refuse_failures(loaded)
    used = _per_message(before, whole.cpu(), len(loaded.seconds))
    show("processor time of a message, ms", list(used), [list(used.values())])
    return {
        "turn_p50_ms": loaded.percentile_ms(50),
        "turn_p95_ms": loaded.percentile_ms(95),
        "turn_p99_ms": loaded.percentile_ms(99),
    }


async def _throughput(whole: Whole, chats: list[Chat]) -> Figures:
    say(f"{len(chats)} chats that speak as soon as they are answered")
    before = whole.cpu()
    loaded = await closed_loop(chats, _BUSY_TURNS)
    _refuse_failures(loaded)
    used = _per_message(before, whole.cpu(), len(loaded.seconds))
    serving = sum(used[name] for name in SERVING)
    return {
        "messages_per_second": round(len(loaded.seconds) / loaded.took, 1),
        "messages_per_core_second": round(1000 / serving, 1),
        "rasa_messages_per_core_second": round(1000 / used["rasa"], 1),
    }


async def _growth(whole: Whole) -> Figures:
    """The same conversations early and late, one message at a time."""
    say(f"{_LONG_CHATS} long conversations")
    early, late = [], []
    for chat in await open_chats(whole.gateway_port, _LONG_CHATS):
        for number in range(_LATE.stop):
            seconds = await chat.turn()
            if number in _EARLY:
                early.append(seconds)
            elif number in _LATE:
                late.append(seconds)
        await chat.close()
    return {"turn50_over_turn5": round(median(late) / median(early), 2)}


def _per_message(
    before: Mapping[str, float], after: Mapping[str, float], messages: int
) -> dict[str, float]:
    """Milliseconds of processor time, by process."""
    return {name: round((after[name] - before[name]) / messages * 1000, 2) for name in after}


def _refuse_failures(loaded: Loaded) -> None:
    if loaded.failures:
        raise RuntimeError(f"{len(loaded.failures)} turns failed, the first: {loaded.failures[0]}")
