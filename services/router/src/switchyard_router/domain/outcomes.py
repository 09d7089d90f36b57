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
    "wait_p90_seconds": "0.9 quantile of the waits of the answered, v1",
    "average_talk_seconds": "mean conversation of the answered, v1",
    "expired_share": "waited too long, of all, v1",
}


@dataclass(frozen=True, slots=True)
class Outcomes:
    """One element for each contact. `how`: ANSWERED, ABANDONED, ELSEWHERE (withdrawn, sent away),
    or 0: expired. `agent`: row, NOBODY if none. Times in ms; `target_ms`: of the queue it came to.

    `queue`: id of the queue it left, which plans may have sent it to. `busy_ms`: by agent's row,
    with contacts in hand: ringing, conversation, paperwork. Both empty where nothing was played.
    """

    how: NDArray[np.int8]
    waited_ms: NDArray[np.float64]
    talk_ms: NDArray[np.float64]
    agent: NDArray[np.int64]
    target_ms: NDArray[np.float64]
    queue: tuple[str, ...] = ()
    busy_ms: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    def figures(self) -> dict[str, float]:
        """Figures by name, nan where there is nothing to compute one from; FORMULAS tells how."""
        answered, abandoned = self.how == ANSWERED, self.how == ABANDONED
        waits = self.waited_ms[answered] / 1000
        decided = int(answered.sum() + abandoned.sum())
        in_target = int((self.waited_ms[answered] <= self.target_ms[answered]).sum())
        some = len(waits) > 0
        talks = self.talk_ms[answered & (self.talk_ms > 0)]
        return {
            "answered_contacts": float(answered.sum()),
            "abandoned_share": _share(int(abandoned.sum()), decided),
            "service_level": _share(in_target, decided),
            "average_speed_of_answer_seconds": float(waits.mean()) if some else float("nan"),
            "wait_p90_seconds": float(np.quantile(waits, 0.9)) if some else float("nan"),
            "average_talk_seconds": float(talks.mean()) / 1000 if len(talks) else float("nan"),
            "expired_share": _share(int((self.how == 0).sum()), len(self.how)),
        }


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
