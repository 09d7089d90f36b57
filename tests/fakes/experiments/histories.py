"""Writes a history of one queue whose contacts were dealt two arms."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sqlalchemy import create_engine
from switchyard_history.tables import agent_intervals, contact_legs, decisions, metadata

BEGIN_MS = 1_800_000_000_000
HOUR_MS = 3_600_000
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
    path: Path,
    shape: Shape,
    *,
    contacts: int = 3_000,
    seed: int = 1,
    arm_of: Callable[[int, np.random.Generator], int] | None = None,
) -> str:
    """The history's URL. `arm_of`: arm of a contact that arrives in an hour; by default by lot."""
    generator = np.random.default_rng(seed)
    deal = arm_of or (lambda _, chance: int(chance.integers(0, 2)))
    legs, made = [], []
    for number in range(contacts):
        queued_ms = BEGIN_MS + number * 60_000
        arm = deal((queued_ms - BEGIN_MS) // HOUR_MS, generator)
        legs.append(_leg(f"c{number}", arm, queued_ms, shape, generator))
        made.append(
            {
                "tenant": "demo",
                "decision": f"d{number}",
                "contact": f"c{number}",
                "arm": ARMS[arm],
                "propensity": 0.5,
            }
        )
    url = f"sqlite:///{path}"
    engine = create_engine(url)
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(contact_legs.insert(), legs)
        connection.execute(decisions.insert(), made)
        connection.execute(agent_intervals.insert(), _presence(contacts))
    engine.dispose()
    return url


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


def _presence(contacts: int) -> list[dict[str, object]]:
    """One agent, busy three quarters of every four minutes."""
    rows: list[dict[str, object]] = []
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
