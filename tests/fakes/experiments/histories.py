"""Writes a history of one queue whose contacts were dealt two arms."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sqlalchemy.ext.asyncio import create_async_engine
from switchyard_history.tables import agent_intervals, contact_legs, decisions, metadata

BEGIN_MS = 1_800_000_000_000
HOUR_MS = 3_600_000
type Rows = list[dict[str, object]]

ARMS = ("old", "new")
LANGUAGES = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Shape:
    """What the arms do; one entry for each arm, or for arms and languages."""

    handle_seconds: tuple[float, float] = (120.0, 120.0)
    wait_seconds: tuple[float, float] = (10.0, 10.0)
    short_share: tuple[float, float] = (0.02, 0.02)
    answered_share: tuple[float, float] = (0.95, 0.95)


def write_history(
    target: Path | str,
    shape: Shape,
    *,
    contacts: int = 3_000,
    seed: int = 1,
    arm_of: Callable[[int, np.random.Generator], int] | None = None,
    period_of: Callable[[int], int | None] = lambda _: None,
    first_queue_of: Callable[[int], str] = lambda _: "q",
    dealt: bool = True,
) -> str:
    """The history's URL; `target`: a new file, or the URL of an empty database.

    `arm_of`: arm of a contact that arrives in an hour; by default by lot. `period_of`: how long
    turns are in that hour, ms. `first_queue_of`: where a contact began to wait, by its number.
    `dealt`: False for an imported log, which knows neither arms nor decisions.
    """
    generator = np.random.default_rng(seed)
    deal = arm_of or (lambda _, chance: int(chance.integers(0, 2)))
    legs: Rows = []
    made: Rows = []
    for number in range(contacts):
        queued_ms = BEGIN_MS + number * 60_000
        hour = (queued_ms - BEGIN_MS) // HOUR_MS
        arm = deal(hour, generator)
        leg = _leg(f"c{number}", arm, queued_ms, shape, generator)
        leg["first_queue"] = first_queue_of(number)
        if not dealt:
            legs.append(leg | {"arm": "", "origin": "log/calls.csv"})
            continue
        legs.append(leg | {"arm_period_ms": period_of(hour)})
        made.append(
            {
                "tenant": "demo",
                "decision": f"d{number}",
                "contact": f"c{number}",
                "arm": ARMS[arm],
                "propensity": 0.5,
            }
        )
    url = target if isinstance(target, str) else f"sqlite+aiosqlite:///{target}"
    asyncio.run(_write(url, legs, made, _presence(contacts)))
    return url


async def _write(url: str, legs: Rows, made: Rows, presence: Rows) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        await connection.execute(contact_legs.insert(), legs)
        if made:
            await connection.execute(decisions.insert(), made)
        await connection.execute(agent_intervals.insert(), presence)
    await engine.dispose()


def _leg(
    name: str, arm: int, queued_ms: int, shape: Shape, generator: np.random.Generator
) -> dict[str, object]:
    answered = generator.random() < shape.answered_share[arm]
    short = generator.random() < shape.short_share[arm]
    wait_ms = int(generator.exponential(shape.wait_seconds[arm]) * 1000)
    talk = 4.0 if short else 10.0 + generator.exponential(shape.handle_seconds[arm] - 10.0)
    ended_ms = queued_ms + wait_ms + (int(talk * 1000) if answered else 0)
    return {
        "tenant": "demo",
        "contact": name,
        "queue": "q",
        "channel": "VOICE",
        "language": LANGUAGES[int(generator.integers(0, 2))],
        "arm": ARMS[arm],
        "agent": "ann",
        "queued_ms": queued_ms,
        "answered_ms": queued_ms + wait_ms if answered else None,
        "conversation_ms": int(talk * 1000) if answered else None,
        "ended_ms": ended_ms,
        "outcome": "ANSWERED" if answered else "ABANDONED",
    }


def _presence(contacts: int) -> Rows:
    """One agent, busy three quarters of every four minutes."""
    rows: Rows = []
    for begin in range(BEGIN_MS, BEGIN_MS + contacts * 60_000, 240_000):
        for presence, from_ms, length_ms in (
            ("ON_CONTACT", begin, 180_000),
            ("AVAILABLE", begin + 180_000, 60_000),
        ):
            rows.append(
                {
                    "tenant": "demo",
                    "agent": "ann",
                    "presence": presence,
                    "from_ms": from_ms,
                    "until_ms": from_ms + length_ms,
                }
            )
    return rows
