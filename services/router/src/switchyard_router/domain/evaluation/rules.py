"""What a floor does beside choosing: stages of plans, wrap-up, and how agents answer.

A contact goes through the stages of its kind one after the other until somebody answers. Who may
answer in a stage is asked of the router's own gates (domain/eligibility.py) and where it goes next
of the router's own moves (domain/moves.py), once for all calls of a kind.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from switchyard_scoring.scoring import lots

from switchyard_router.domain.agents import AgentTable
from switchyard_router.domain.eligibility import Asked, fixed
from switchyard_router.domain.evaluation.days import Floats, Staff, Whole
from switchyard_router.domain.measures import Measures
from switchyard_router.domain.moves import MoveReason, following
from switchyard_router.domain.plans import Plan

NOWHERE = -1
CHANNEL = "VOICE"
_FOREVER = float("inf")
_MOST_CHANCES = 1 << 10
"""Numbers drawn for one call; more repeat the first ones of the next call."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of a plan for one kind of calls.

    `able`: rows of agents who may answer. After `lasts_s` from entering it a contact that nobody
    answered goes to the stage `then` (NOWHERE: it stays). `ahead_s`: its place is that of a contact
    that came so much earlier. `skill_ms` [agents]: worth of levels for what the step asks.
    """

    kind: int
    able: frozenset[int]
    skill_ms: Whole
    lasts_s: float = _FOREVER
    then: int = NOWHERE
    ahead_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Habits:
    """How agents answer offers, and when they pause. Shares are by agent's row.

    Who answers or declines does so after `answer_s`; who misses an offer lets it ring for `ring_s`,
    and after `rona_limit` missed ones in a row is not ready for `rona_pause_s`. After a share
    `pauses` of calls an agent is away for `pause_s`.
    """

    declines: Floats
    misses: Floats
    pauses: Floats
    pause_s: Floats
    answer_s: float = 0.0
    ring_s: float = 20.0
    rona_limit: int = 1
    rona_pause_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Rules:
    """Stages of all kinds, and by kind the first one and the wrap-up.

    `breadth` [agents]: skills and queues of each. `habits` None: every offer is answered at once.
    `told`: the router knows when agents' breaks and shifts end.
    """

    stages: tuple[Stage, ...]
    first: tuple[int, ...]
    wrap_up_s: tuple[float, ...]
    breadth: Whole
    habits: Habits | None = None
    told: bool = False


def plain(staff: Staff, wrap_up_s: float) -> Rules:
    """As a call log tells it: one stage for each kind, nobody declines."""
    no_skill = np.zeros(len(staff.ids), dtype=np.int64)
    stages = tuple(
        Stage(kind, frozenset(np.flatnonzero(line).tolist()), no_skill)
        for kind, line in enumerate(staff.serves)
    )
    wraps = (wrap_up_s,) * len(stages)
    breadth = staff.serves.sum(axis=0).astype(np.int64)
    return Rules(stages, tuple(range(len(stages))), wraps, breadth)


def stages_of(
    kinds: tuple[str, ...], plans: Mapping[str, Plan], agents: AgentTable, credit_s: float
) -> tuple[tuple[Stage, ...], tuple[int, ...]]:
    """Stages of all kinds under their plans (by kind), and the first of each kind.

    A contact that overflows into another queue goes through the steps of that queue's plan, and
    stays where it is rather than return to a queue it has been in. `credit_s`: how many seconds of
    waiting a point of priority counts.
    """
    stages: list[Stage] = []
    first = []
    for number, kind in enumerate(kinds):
        first.append(len(stages))
        path = list(_path(kind, plans))
        for place, (queue, step) in enumerate(path):
            entered = plans[queue].steps[step]
            rows = fixed(agents, Asked(queue, CHANNEL, entered.needs))
            measured = Measures(agents).of(
                np.arange(len(agents)), ("skill_ms",), now_ms=0, needs=entered.needs
            )
            lasts_ms = entered.expires_after_ms
            leads_on = place + 1 < len(path) and lasts_ms is not None
            stages.append(
                Stage(
                    kind=number,
                    able=frozenset(np.flatnonzero(rows).tolist()),
                    skill_ms=measured["skill_ms"],
                    lasts_s=(lasts_ms or 0) / 1000 if leads_on else _FOREVER,
                    then=len(stages) + 1 if leads_on else NOWHERE,
                    ahead_s=entered.priority_delta * credit_s,
                )
            )
    return tuple(stages), tuple(first)


def _path(kind: str, plans: Mapping[str, Plan]) -> Iterator[tuple[str, int]]:
    """Queues and steps that a contact of a kind goes through when nobody answers."""
    queue, step, been = kind, 0, {kind}
    while True:
        yield queue, step
        move = following(plans[queue], step, lambda _: False, MoveReason.STEP_EXPIRED)
        if move is None or move.queue in been:
            return
        if move.queue:
            been.add(move.queue)
        queue, step = move.queue or queue, move.step


class Chances:
    """Numbers from 0 to 1 for each call, the same under every policy: the n-th offer of a call has
    the same luck whoever gets it."""

    def __init__(self, calls: int, seed: int) -> None:
        self._seed = seed
        self._first = self._drawn(np.arange(calls, dtype=np.uint64) * _MOST_CHANCES)

    def of(self, call: int, number: int) -> float:
        """The n-th number of a call, counted from 0."""
        if number == 0:
            return self._first[call]
        return self._drawn(np.array([call * _MOST_CHANCES + number], dtype=np.uint64))[0]

    def _drawn(self, keys: np.ndarray) -> list[float]:
        # Neighbouring keys would stay neighbours in the lots' first step but for this product.
        spread = (keys + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        drawn: list[float] = (lots(spread, self._seed) / 2.0**64).tolist()
        return drawn
