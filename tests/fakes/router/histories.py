"""Histories for training: legs and surveys in a SQLite file, and centres whose truth is known."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import create_engine
from switchyard_history.tables import contact_legs, metadata, surveys

ANSWERED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANSWERED_MS = int(ANSWERED.timestamp() * 1000)
SURVEYED_MS = 120_000
"""From the answer of a leg to the survey about it."""
AGENTS, A_DAY = 6, 60

type Truth = Callable[[int, int], float]
"""Agent and hour to the share of contacts that are resolved."""


def leg(contact: str, **changes: Any) -> dict[str, Any]:
    """One of 90 s with ann, answered at ANSWERED."""
    usual = {
        "tenant": "default", "contact": contact, "agent": "ann", "answered_queue": "sales",
        "channel": "VOICE", "queued_ms": ANSWERED_MS - 20_000, "answered_ms": ANSWERED_MS,
        "conversation_ms": 90_000, "customer_key": "k1",
    }  # fmt: skip
    return usual | changes


def survey(contact: str, **changes: Any) -> dict[str, Any]:
    """One about that leg, which says that the matter is settled."""
    usual = {
        "tenant": "default", "conversation": contact, "position": 1, "contact": contact,
        "agent": "ann", "csat": None, "resolved": True, "time_ms": ANSWERED_MS + SURVEYED_MS,
    }  # fmt: skip
    return usual | changes


def history(path: Path, *legs: dict[str, Any], answers: tuple[dict[str, Any], ...] = ()) -> str:
    """The URL of a file in a folder that holds them."""
    url = f"sqlite:///{path / 'history.db'}"
    engine = create_engine(url)
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(contact_legs.insert(), list(legs))
        if answers:
            connection.execute(surveys.insert(), list(answers))
    engine.dispose()
    return url


def surveyed_centre(path: Path, truth: Truth, days: int = 50, seed: int = 1) -> str:
    """A history in which every contact is surveyed, and is resolved as often as the truth says."""
    draw = np.random.default_rng(seed)
    legs, answers = [], []
    for day in range(days):
        for number in range(A_DAY):
            agent, after = int(draw.integers(AGENTS)), timedelta(days=day, minutes=10 * number)
            at, contact = ANSWERED + after, f"c{day}-{number}"
            at_ms, name = int(at.timestamp() * 1000), f"agent{agent}"
            spoke_ms = int(draw.uniform(20_000, 300_000))
            legs.append(leg(contact, agent=name, answered_ms=at_ms, conversation_ms=spoke_ms))
            settled = bool(draw.random() < truth(agent, at.hour))
            told_ms = at_ms + spoke_ms + SURVEYED_MS
            answers.append(survey(contact, agent=name, resolved=settled, time_ms=told_ms))
    return history(path, *legs, answers=tuple(answers))
