"""What a router would know of a described centre's handle times: its model, or table, asked.

The centre is played for some days under the baseline, the router's own HandleTimes hears of every
service, and is then asked about every kind and agent. So policies go by estimates, not by the
truth, and with the model that would serve them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from switchyard_common.clock import SystemClock

from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.evaluation.centre import Centre
from switchyard_router.domain.evaluation.contenders import BASELINE, of_policy
from switchyard_router.domain.evaluation.days import Floats
from switchyard_router.domain.evaluation.drawing import invented
from switchyard_router.domain.evaluation.floor import NOBODY, Floor
from switchyard_router.domain.evaluation.rules import CHANNEL
from switchyard_router.domain.evaluation.staffing import agents_of, staff_of
from switchyard_router.service.board import Board
from switchyard_router.service.handle_times import HandleTimes
from switchyard_router.service.predictions import HandleTimeModel, Limits
from switchyard_router.service.simulating.agenda import SimulatedClock

_NOON, _WEDNESDAY = 12, 2
_WEEK_DAYS = 7


@dataclass(frozen=True, slots=True)
class Known:
    """`source`: the model's version, or why the table spoke instead. `services`: heard of.

    `off`: mean absolute difference from the truth, as a share of it, over pairs of kind and agent
    who serves it.
    """

    source: str
    services: int
    off: float


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Expected handle times, `seconds` [kinds, agents], and what they rest on."""

    seconds: Floats
    basis: Known


class _One:
    """The one model there is."""

    def __init__(self, model: HandleTimeModel) -> None:
        self._model = model

    def current(self) -> HandleTimeModel:
        """It."""
        return self._model


class _NoMeter:
    """Counts nothing."""

    def predicted(self, seconds: float) -> None: ...
    def degraded(self, reason: str) -> None: ...
    def switched_off(self, reason: str) -> None: ...


def learned(
    centre: Centre, model: HandleTimeModel, days: int, seed: int, wrap_up_s: float = 0.0
) -> Knowledge:
    """What is known after so many days of the centre, drawn apart from those that are played.

    Asked as of noon on the Wednesday after the model's training ended, for a contact that has just
    come: within a day a model's answers move for all agents alike. Cost: that of playing the days,
    and some 10 us a service.
    """
    staff = staff_of(centre)
    board, clock = Board(), SimulatedClock()
    for profile in agents_of(centre, staff):
        board.upsert_agent(profile)
    clock.ms = _asked_ms(model.info.trained_until)
    patient = Limits(budget_seconds=float("inf"))
    handle_times = HandleTimes(board, clock, _One(model), SystemClock(), _NoMeter(), patient)
    services = _hear(handle_times, replace(centre, days=days), seed, wrap_up_s)
    contacts = _contacts(staff.kinds, clock.ms)
    found = handle_times.predict(contacts, np.arange(len(staff.ids)))
    off = np.abs(found.seconds - staff.true_s) / staff.true_s
    return Knowledge(
        seconds=found.seconds,
        basis=Known(
            source=found.model_version or found.reason or "table",
            services=services,
            off=float(off[staff.serves].mean()),
        ),
    )


def _asked_ms(trained_until: datetime) -> int:
    days = (_WEDNESDAY - trained_until.weekday()) % _WEEK_DAYS or _WEEK_DAYS
    day = (trained_until + timedelta(days=days)).replace(hour=_NOON, minute=0, second=0)
    return int(day.timestamp() * 1000)


def _hear(handle_times: HandleTimes, centre: Centre, seed: int, wrap_up_s: float) -> int:
    """Tell of every service of the days, in the order in which they ended."""
    made = invented(centre, seed, wrap_up_s)
    played = Floor(
        made.day, made.luck, made.staff, of_policy(BASELINE), seed=seed, rules=made.rules
    ).play()
    features = handle_times.features
    features.reserve(len(made.staff.ids))
    begun = made.luck.arrive_s + played.waited_s
    ended = begun + played.handle_s
    served = np.flatnonzero(played.agent != NOBODY)
    for call in served[np.argsort(ended[served])].tolist():
        row, seconds = int(played.agent[call]), float(played.handle_s[call])
        features.served(row, float(begun[call]), float(ended[call]))
        kind = made.staff.kinds[int(made.luck.kind[call])]
        features.observe(row, (kind, CHANNEL), max(seconds, 1e-3))
    features.table.fit()
    return len(served)


def _contacts(kinds: Sequence[str], now_ms: int) -> list[Waiting]:
    return [
        Waiting(
            id=kind, state="QUEUED", seq=1, queue=kind, channel=CHANNEL, language="",
            order_ms=now_ms, enqueue_ms=now_ms,
        )
        for kind in kinds
    ]  # fmt: skip
