"""Made-up call logs: agents of known speed, calls at random."""

from dataclasses import dataclass

import numpy as np

DAY_S = 86_400
FIRST_DAY = 10_957
"""2000-01-01, in days since 1970."""


@dataclass(frozen=True, slots=True)
class MadeCall:
    """A call as a log has it."""

    type: str
    joined: float
    waited: float
    agent: str
    seconds: float
    gave_up: bool = False


def made_calls(
    paces: dict[str, float], days: int = 6, calls: int = 150, seed: int = 1
) -> list[MadeCall]:
    """Calls of ten hours a day, served in turn; `paces`: handle times as shares of 180 s."""
    draw = np.random.default_rng(seed)
    agents = list(paces)
    made = []
    for day in range(days):
        moments = np.sort(draw.uniform(8 * 3600, 18 * 3600, calls))
        for at, moment in enumerate(moments.tolist()):
            agent = agents[at % len(agents)]
            seconds = 20 + 160 * paces[agent] * float(draw.exponential())
            joined = (FIRST_DAY + day) * DAY_S + moment
            made.append(MadeCall("AB"[at % 3 == 0], joined, 0.0, agent, seconds))
    return made
