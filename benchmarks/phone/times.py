"""How long callers wait, and whether every key arrives, while other calls carry sound.

A caller calls, hears the menu, keys in a choice and two numbers, and hears the bot's answer. The
numbers are made up anew each time, and the bot must be told exactly those.
"""

import asyncio
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.load.table import say, show
from benchmarks.phone.company import LAST_DIGITS, ORDER_DIGITS
from benchmarks.phone.rtp import Sound
from benchmarks.phone.sip import Callers
from benchmarks.phone.under_test import UnderTest
from tests.fakes.phone.bot import KeyedBot

CALLER = "+8613800138000"
BACKGROUND = 30
PROBES = 60
_LANES = 4
_PATIENCE_SECONDS = 30.0
_SEED = 4711


@dataclass(slots=True)
class _Found:
    to_prompt: list[float] = field(default_factory=list)
    to_answer: list[float] = field(default_factory=list)
    entered: list[tuple[str, str]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


async def measure(
    phone: UnderTest, bot: KeyedBot, probes: int, background: int
) -> dict[str, float]:
    """Probes, some at a time, beside calls that only listen and speak."""
    sound = Sound()
    callers = Callers(phone.ports["sip"], sound)
    sound.start()
    await callers.open()
    found, chance = _Found(), random.Random(_SEED)
    bot.asked.clear()
    try:
        say(f"{probes} callers key in numbers beside {background} calls")
        await asyncio.gather(*(callers.call() for _ in range(background)))
        left = iter(range(probes))
        await asyncio.gather(*(_lane(callers, left, chance, found) for _ in range(_LANES)))
    finally:
        await callers.close()
        await sound.close()
    _show(found)
    return _figures(found, bot)


async def _lane(
    callers: Callers, left: Iterator[int], chance: random.Random, found: _Found
) -> None:
    for number in left:
        if number and number % 15 == 0:
            say(f"{number} have called")
        order = "".join(chance.choices("0123456789", k=ORDER_DIGITS))
        last = "".join(chance.choices("0123456789", k=LAST_DIGITS))
        found.entered.append((order, last))
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await _probe(callers, order, last, found)
        except TimeoutError:
            found.failures.append("no answer")


async def _probe(callers: Callers, order: str, last: str, found: _Found) -> None:
    call = await callers.call(CALLER)
    try:
        found.to_prompt.append(await call.spoke - call.invited)
        for keys in ("1", order):
            await call.stream.press(keys)
            await call.stream.loud()
        released = await call.stream.press(last)
        found.to_answer.append(await call.stream.loud() - released)
    finally:
        await callers.end(call)


def _figures(found: _Found, bot: KeyedBot) -> dict[str, float]:
    told = {(one["slots"]["order_number"], one["slots"]["phone_last4"]) for one in bot.keyed}
    wrong = [entered for entered in found.entered if entered not in told]
    figures: dict[str, float] = {
        "digits_sent": sum(1 + ORDER_DIGITS + LAST_DIGITS for _ in found.entered),
        "digits_lost": sum(1 + ORDER_DIGITS + LAST_DIGITS for _ in wrong),
        "failed_calls": len(found.failures),
    }
    times = {"invite_to_prompt": found.to_prompt, "digit_to_answer": found.to_answer}
    for name, seconds in times.items():
        figures[f"{name}_ms"] = milliseconds(seconds, 50)
        figures[f"{name}_p95_ms"] = milliseconds(seconds, 95)
    return figures


def milliseconds(seconds: Sequence[float], share: float) -> float:
    """What this share of the times did not exceed; 0 without times."""
    return round(float(np.percentile(seconds, share)) * 1000, 1) if seconds else 0.0


def _show(found: _Found) -> None:
    rows = [
        (name, len(seconds), *(milliseconds(seconds, share) for share in (50, 95, 100)))
        for name, seconds in (
            ("INVITE → first of the prompt", found.to_prompt),
            ("last key released → first of the answer", found.to_answer),
        )
    ]
    show("what callers wait for", ("", "times", "p50 ms", "p95", "most"), rows)
