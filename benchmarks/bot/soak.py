"""Many open chats for ten minutes: nothing lost, doubled or out of order, memory flat."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from statistics import mean

from benchmarks.bot.chat import Chat, transcript
from benchmarks.bot.load import Loaded, open_loop
from benchmarks.bot.turns import open_chats
from benchmarks.bot.whole import Whole
from benchmarks.load.table import say, show

CHATS = 500
RATE = 20.0
SECONDS = 600.0
_SEED = 4711
_SAY_EVERY_SECONDS = 30.0
_READERS = 8


async def measure(whole: Whole, seconds: float = SECONDS, chats: int = CHATS) -> dict[str, float]:
    """Runs the load and looks into every conversation afterwards."""
    opened = await open_chats(whole.gateway_port, chats)
    say(f"{chats} chats are open; {RATE:g} messages a second for {seconds:g} s")
    memory = _Memory(whole)
    loaded = await open_loop(opened, RATE, seconds, _SEED, memory.look)
    say("reading all conversations again")
    problems = await _problems(whole.gateway_port, opened)
    memory.tell()
    return {
        "soak_messages": len(loaded.seconds),
        "soak_failures": len(loaded.failures),
        "soak_p50_ms": loaded.percentile_ms(50),
        "soak_p95_ms": loaded.percentile_ms(95),
        **{
            f"soak_{name}": problems[name]
            for name in ("lost", "doubled", "reordered", "unanswered")
        },
        "soak_memory_growth": memory.growth(),
    }


class _Memory:
    """Memory of all processes over time, told as the run goes on."""

    def __init__(self, whole: Whole) -> None:
        self._whole = whole
        self._due = 0.0
        self._seen: list[tuple[float, dict[str, float]]] = []

    def look(self, at: float, loaded: Loaded) -> None:
        """Called with every message; looks at most every half minute."""
        if at < self._due:
            return
        self._due = at + _SAY_EVERY_SECONDS
        self._seen.append((at, self._whole.memory()))
        say(f"{at:.0f} s: {len(loaded.seconds)} answered, {len(loaded.failures)} failed")

    def tell(self) -> None:
        """A table of what was seen."""
        names = list(self._seen[0][1])
        rows = [[f"{at:.0f}", *(memory[name] for name in names)] for at, memory in self._seen]
        show("resident memory, MB", ["s", *names], rows)

    def growth(self) -> float:
        """The last quarter over the second one, all processes together: 1 is flat."""
        totals = [sum(memory.values()) for _, memory in self._seen]
        quarter = max(1, len(totals) // 4)
        return round(mean(totals[-quarter:]) / mean(totals[quarter : 2 * quarter] or totals), 3)


async def _problems(port: int, chats: Sequence[Chat]) -> Counter[str]:
    found: Counter[str] = Counter()
    places = asyncio.Semaphore(_READERS)

    async def look(chat: Chat) -> None:
        async with places:
            if chat.sent:
                await chat.close()
                found.update(check(await transcript(port, chat), [one.id for one in chat.sent]))

    await asyncio.gather(*(look(chat) for chat in chats))
    return found


def check(messages: Sequence[dict[str, str]], sent: Sequence[str]) -> Counter[str]:
    """What is wrong with a conversation, given what its customer sent, in order."""
    stored = [one["message_id"] for one in messages if one["role"] == "CUSTOMER"]
    times = Counter(stored)
    problems: Counter[str] = Counter()
    problems["lost"] = sum(1 for one in sent if one not in times)
    problems["doubled"] = sum(number - 1 for number in times.values())
    kept = [one for one in stored if one in set(sent)]
    problems["reordered"] = sum(
        1
        for got, expected in zip(kept, [one for one in sent if one in times], strict=False)
        if got != expected
    )
    problems["unanswered"] = sum(
        1
        for index, one in enumerate(messages)
        if one["role"] == "CUSTOMER" and not _answered(messages, index)
    )
    return problems


def _answered(messages: Sequence[dict[str, str]], index: int) -> bool:
    """Whether the next word is not the customer's own."""
    return index + 1 < len(messages) and messages[index + 1]["role"] != "CUSTOMER"
