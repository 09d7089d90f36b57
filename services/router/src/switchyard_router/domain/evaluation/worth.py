"""What agents are worth for calls on a floor: the router's formula over what the floor knows."""

from collections.abc import Mapping
from math import exp, expm1

import numpy as np
from switchyard_scoring.scoring import (
    AGENT_TERMS,
    CONTACT_TERMS,
    PAIR_TERMS,
    agent_key,
    best_first,
    fit,
    lots,
    needed,
    urgency,
)

from switchyard_router.domain.evaluation.contenders import Contender
from switchyard_router.domain.evaluation.days import Floats, Whole
from switchyard_router.domain.evaluation.rules import Rules

_HOUR_MS = 3_600_000
_NEVER = 1 << 62


class Worth:
    """Keeps idle times, offers and busy times of agents, and scores.

    Terms of what a floor does not have (preferred agents, and planned breaks where nobody told
    them) are nothing for every agent, and left out. Pairs of stage and agent are scored beforehand
    where time does not change them. Cost of a choice: O(agents asked about).
    """

    def __init__(
        self, contender: Contender, rules: Rules, handle_ms: Whole, ids: tuple[str, ...]
    ) -> None:
        left_out = {"history"} if rules.told else {"history", "ending"}
        weights = {
            name: each for name, each in contender.weights.items() if each and name not in left_out
        }
        self._agent_weights = {name: weights[name] for name in weights if name in AGENT_TERMS}
        self._contact_weights = {name: weights[name] for name in weights if name in CONTACT_TERMS}
        self._pair_weights = {name: weights[name] for name in weights if name in PAIR_TERMS}
        self._columns = needed(self._agent_weights)
        self._ending = self._pair_weights.pop("ending", 0.0)
        self._keys = np.array([agent_key(each) for each in ids], dtype=np.uint64)
        self._breadth = rules.breadth
        self._handle_ms = handle_ms[[stage.kind for stage in rules.stages]]
        self._skill_ms = np.array([stage.skill_ms for stage in rules.stages])
        size = len(ids)
        self._ends_ms = np.full(size, _NEVER, dtype=np.int64)
        self._soonest_ms = _NEVER
        self._since_ms, self._offered_ms = np.zeros((2, size), dtype=np.int64)
        self._load_ms, self._load_at_ms = np.zeros(size), np.zeros(size)
        self._longest_ms = int(handle_ms.max(initial=0))
        lasting = {"handle_ms": self._handle_ms, "skill_ms": self._skill_ms}
        self._pairs = np.broadcast_to(fit(lasting, self._pair_weights), self._handle_ms.shape)

    def ends(self, row: int, seconds: float) -> None:
        """When a break or the end of the shift takes an agent away; inf: nobody knows, or done."""
        self._ends_ms[row] = _NEVER if seconds == float("inf") else int(seconds * 1000)
        self._soonest_ms = int(self._ends_ms.min())

    def freed(self, now: float, row: int) -> None:
        """An agent is idle from now on."""
        self._since_ms[row] = int(now * 1000)

    def offered(self, now: float, row: int) -> None:
        """An agent is asked."""
        self._offered_ms[row] = int(now * 1000)

    def occupied(self, row: int, until: float, seconds: float) -> None:
        """An agent was, or will be, busy so long without a break until a time."""
        if "busy_ms" in self._columns:
            self._load_ms[row] *= exp((self._load_at_ms[row] - until * 1000) / _HOUR_MS)
            self._load_ms[row] -= _HOUR_MS * expm1(-seconds * 1000 / _HOUR_MS)
            self._load_at_ms[row] = until * 1000

    def best(self, now: float, stage: int, rows: list[int], seed: int) -> int:
        """Who is worth most in a stage; equals by lot."""
        if len(rows) == 1:
            return rows[0]
        among = np.array(rows)
        fits = self._fits(now, among, stage, among)
        worth: list[float] = fits.tolist()
        most = max(worth)
        if worth.count(most) == 1:
            return rows[worth.index(most)]
        drawn = lots(self._keys[among], seed)
        return rows[int(best_first(fits, drawn, 1)[0])]

    def most_urgent(
        self, now: float, row: int, stages: list[int], places: list[float], target_ms: int
    ) -> int:
        """Whom an agent serves first, of the heads of some stages with these places."""
        worth = self._fits(now, np.array([row]), np.array(stages), row)
        if self._contact_weights:
            waited = np.rint((now - np.array(places)) * 1000).astype(np.int64)
            numbers = {"waited_ms": waited, "target_ms": np.int64(target_ms)}
            worth = worth + urgency(numbers, self._contact_weights)
        return int(np.argmax(worth)) if worth.size > 1 else 0

    def _fits(self, now: float, rows: Whole, stage: int | Whole, pair: int | Whole) -> Floats:
        """`rows` of agents, and what `stage` and agent (`pair`) are to each other, broadcast."""
        columns = {name: self._column(name, now, rows) for name in self._columns}
        agents = fit(columns, self._agent_weights)
        if not (self._pair_weights or self._ending):
            return agents if agents.ndim else np.zeros(len(rows))
        return agents + self._pair(now, stage, pair)

    def _pair(self, now: float, stage: int | Whole, rows: int | Whole) -> Floats:
        pairs = np.asarray(self._pairs[stage, rows])
        now_ms = int(now * 1000)
        if not self._ending or self._soonest_ms - now_ms >= self._longest_ms:
            return pairs
        left = np.maximum(self._ends_ms[rows] - now_ms, 0)
        columns: Mapping[str, Whole] = {
            "handle_ms": self._handle_ms[stage, rows],
            "left_ms": left,
        }
        return pairs + fit(columns, {"ending": self._ending})

    def _column(self, name: str, now: float, rows: Whole) -> Whole:
        if name == "idle_ms":
            return int(now * 1000) - self._since_ms[rows]
        if name == "unoffered_ms":
            return int(now * 1000) - self._offered_ms[rows]
        if name == "busy_ms":
            return self._load(now, rows)
        return self._breadth[rows]

    def _load(self, now: float, rows: Whole) -> Whole:
        """Busy time (ms) of the last hour, older minutes counting less: as the router keeps it."""
        faded = np.exp((self._load_at_ms[rows] - now * 1000) / _HOUR_MS)
        return np.asarray(self._load_ms[rows] * faded).astype(np.int64)
