"""Figures of a day, simulated or logged."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

NOBODY = -1
ANSWERED, ABANDONED, ELSEWHERE = 1, 2, 3

FORMULAS: Mapping[str, str] = {
    "answered_contacts": "contacts connected to an agent, v1",
    "abandoned_share": "abandoned / (answered + abandoned), v1",
    "service_level": "answered within target / (answered + abandoned), v1",
    "average_speed_of_answer_seconds": "mean wait of the answered, v1",
    "average_talk_seconds": "mean conversation of the answered, v1",
    "expired_share": "waited too long, of all, v1",
    "wait_p90_seconds": "0.9 quantile of the waits of the answered, v1",
    "wait_p95_seconds": "0.95 quantile of the waits of all contacts, v1",
    "occupancy_spread": "standard deviation over agents (there for an hour, or for half as long as"
    " who was there longest) of time with contacts / time of wanting them, mean of days, v1",
    "elsewhere_share": "contacts with another agent or queue than under the baseline, v1",
    "other_agent_share": "contacts answered under both, by another agent, v1",
    "other_queue_share": "contacts that left another queue than under the baseline, v1",
    "answered_once_share": "contacts answered under one of both only, v1",
}

SUMS = (
    "all", "answered", "abandoned", "expired", "in_target", "wait_s", "conversations", "talk_s",
)  # fmt: skip
RATIOS = (
    "answered_contacts",
    "abandoned_share",
    "service_level",
    "average_speed_of_answer_seconds",
    "average_talk_seconds",
    "expired_share",
)
"""Figures that come from sums, which add up over days."""

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """One element for each contact. `how`: ANSWERED, ABANDONED, ELSEWHERE (withdrawn, sent away),
    or 0: expired. `agent`: row, NOBODY if none. Times in ms; `target_ms`: of the queue it came to.

    `queue`: id of the queue it left, which plans may have sent it to. `busy_by_day_ms` [days,
    agents]: with contacts in hand: ringing, conversation, paperwork. Both empty where nothing was
    played.
    """

    how: NDArray[np.int8]
    waited_ms: Floats
    talk_ms: Floats
    agent: NDArray[np.int64]
    target_ms: Floats
    queue: tuple[str, ...] = ()
    busy_by_day_ms: Floats = field(default_factory=lambda: np.zeros((1, 0)))

    @property
    def busy_ms(self) -> Floats:
        """With contacts in hand, by agent's row."""
        return self.busy_by_day_ms.sum(axis=0)

    def columns(self) -> Floats:
        """What each contact adds to SUMS, [contacts, SUMS]."""
        answered, abandoned = self.how == ANSWERED, self.how == ABANDONED
        talked = answered & (self.talk_ms > 0)
        return np.column_stack(
            (
                np.ones(len(self.how)),
                answered,
                abandoned,
                self.how == 0,
                answered & (self.waited_ms <= self.target_ms),
                answered * self.waited_ms / 1000,
                talked,
                talked * self.talk_ms / 1000,
            )
        )

    def figures(self) -> dict[str, float]:
        """Figures by name, nan where there is nothing to compute one from; FORMULAS tells how."""
        found = dict(zip(RATIOS, ratios(self.columns().sum(axis=0)).tolist(), strict=True))
        found["wait_p90_seconds"] = quantile_seconds(self.waited_ms[self.how == ANSWERED], 0.9)
        found["wait_p95_seconds"] = quantile_seconds(self.waited_ms, 0.95)
        return found


def ratios(sums: Floats) -> Floats:
    """RATIOS of sums, [..., SUMS] to [..., RATIOS]; nan where there is nothing to divide by."""
    every, answered, abandoned, expired, in_target, wait_s, talks, talk_s = np.moveaxis(sums, -1, 0)
    decided = answered + abandoned
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (
            answered, abandoned / decided, in_target / decided, wait_s / answered, talk_s / talks,
            expired / every,
        )  # fmt: skip
    return np.stack(found, axis=-1)


def quantile_seconds(times_ms: Floats, share: float) -> float:
    """A quantile of times, nan of none."""
    return float(np.quantile(times_ms, share)) / 1000 if len(times_ms) else float("nan")
