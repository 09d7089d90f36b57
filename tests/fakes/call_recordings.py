"""Made-up call logs: agents of known speed, calls at random."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

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


_HEAD = (
    "vru+line,call_id,customer_id,priority,type,date,vru_entry,vru_exit,vru_time,"
    "q_start,q_exit,q_time,outcome,ser_start,ser_exit,ser_time,server"
)


def written(calls: list[MadeCall], path: Path) -> Path:
    """Calls that did not wait, as a log in the Anonymous Bank format."""
    rows = [_HEAD]
    for number, call in enumerate(calls):
        moment = datetime.fromtimestamp(call.joined, UTC)
        clock = f"{moment:%H:%M:%S}"
        rows.append(
            f"AA,{number},0,0,{call.type},{moment:%y%m%d},{clock},{clock},0,0:00:00,0:00:00,0,"
            f"AGENT,{clock},{clock},{int(call.seconds)},{call.agent}"
        )
    path.write_text("\n".join(rows) + "\n")
    return path
