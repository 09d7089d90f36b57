"""Recorded calls as days that can be played: who was there, who can do what, what was known when.

A call log has no staffing table. An agent counts as there from a service to the next one that began
within `AWAY_AFTER_S`; whoever served a kind of call often enough can do it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

import numpy as np

from switchyard_router.domain.evaluation.days import Day, Floats, Presence, Staff
from switchyard_router.domain.evaluation.worlds import Beliefs, Services, beliefs
from switchyard_router.domain.handle_time_table import (
    OVERLONG_ABOVE_SECONDS,
    SHORT_BELOW_SECONDS,
    HandleTimeTable,
)
from switchyard_router.domain.patience import Survival, survival

AWAY_AFTER_S = 600.0
_ABLE_FROM = 20
_DAY_S = 86_400
_WORLDS = 1
"""Keeps the numbers that draw worlds apart from those that draw luck."""


class Call(Protocol):
    """A call as recorded; times in seconds since 1970 of the local clock."""

    @property
    def type(self) -> str: ...  # noqa: D102
    @property
    def joined(self) -> float: ...  # noqa: D102
    @property
    def waited(self) -> float: ...  # noqa: D102
    @property
    def agent(self) -> str: ...  # noqa: D102
    @property
    def seconds(self) -> float: ...  # noqa: D102
    @property
    def gave_up(self) -> bool: ...  # noqa: D102


class NothingToPlay(Exception):
    """The calls do not make a day; the text says what to change."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Days, staff, and by kind the pools that luck is drawn from.

    `noise`: handle times as shares of the agent's mean; `patience`: curves in ms. As it stands the
    agents' true means are what is believed of them; `in_world` draws them.
    """

    days: tuple[Day, ...]
    staff: Staff
    noise: tuple[Floats, ...]
    patience: tuple[Survival, ...]
    services: Services
    beliefs: Beliefs

    def in_world(self, *seed: int) -> "Recorded":
        """The same days with true means drawn from what the days' services say of them."""
        numbers = np.random.SeedSequence(seed, spawn_key=(_WORLDS,))
        true_s = self.beliefs.drawn(np.random.default_rng(numbers))
        staff = replace(self.staff, true_s=true_s)
        return replace(self, staff=staff, noise=self.services.noise(true_s))


def recorded(calls: Sequence[Call], begin: str, end: str, shuffle_seed: int = 0) -> Recorded:
    """Days from `begin` to `end` (ISO dates, both included); earlier calls only teach.

    `shuffle_seed` not 0: the placebo, in which agents change places among the services of a kind,
    so that nobody is faster than anybody else. Raises NothingToPlay.
    """
    ordered = sorted(calls, key=lambda call: call.joined)
    asked = [call for call in ordered if begin <= date_of(call.joined) <= end]
    served = [call for call in asked if _is_service(call)]
    if not served:
        first, last = (date_of(ordered[at].joined) for at in (0, -1)) if ordered else ("-", "-")
        raise NothingToPlay(
            f"no service between {begin} and {end}; the log holds {first} to {last}:"
            " choose days of it"
        )
    ids = tuple(sorted({call.agent for call in ordered if _is_service(call)}))
    kinds = tuple(sorted({call.type for call in asked}))
    row = {agent: at for at, agent in enumerate(ids)}
    column = {kind: at for at, kind in enumerate(kinds)}
    taught = _shuffled(ordered, shuffle_seed) if shuffle_seed else ordered
    truth = [call for call in taught if begin <= date_of(call.joined) <= end]
    table = _learned(truth, row)
    true_s = _seconds(table, kinds, len(row))
    services = _services(truth, row, column)
    staff = Staff(ids, kinds, _able(ordered, row, column), true_s)
    known = _known_by_day(taught, row, kinds)
    return Recorded(
        days=tuple(_days(asked, known, row, column)),
        staff=staff,
        noise=services.noise(true_s),
        patience=_curves(asked, kinds),
        services=services,
        beliefs=beliefs(table, tuple((kind, "") for kind in kinds), len(row)),
    )


def date_of(seconds: float) -> str:
    """The ISO date of a time of the local clock."""
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def _is_service(call: Call) -> bool:
    return bool(call.agent) and SHORT_BELOW_SECONDS <= call.seconds <= OVERLONG_ABOVE_SECONDS


@dataclass(frozen=True, slots=True)
class _Taught:
    """A service as the tables see it."""

    type: str
    joined: float
    waited: float
    agent: str
    seconds: float
    gave_up: bool = False


def _shuffled(calls: Sequence[Call], seed: int) -> list[_Taught]:
    draw = np.random.default_rng(seed)
    of_kind: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        if _is_service(call):
            of_kind[call.type].append(call)
    mixed = [
        _Taught(call.type, call.joined, call.waited, some[int(other)].agent, call.seconds)
        for some in of_kind.values()
        for call, other in zip(some, draw.permutation(len(some)), strict=True)
    ]
    return sorted(mixed, key=lambda call: call.joined)


def _teach(table: HandleTimeTable, calls: Sequence[Call], row: dict[str, int]) -> None:
    for call in calls:
        if _is_service(call):
            table.observe(row[call.agent], (call.type, ""), call.seconds)
    table.fit()


def _seconds(table: HandleTimeTable, kinds: Sequence[str], size: int) -> Floats:
    rows = np.arange(size)
    return np.array([table.seconds((kind, ""), rows) for kind in kinds])


def _learned(calls: Sequence[Call], row: dict[str, int]) -> HandleTimeTable:
    table = HandleTimeTable()
    table.reserve(len(row))
    _teach(table, calls, row)
    return table


def _known_by_day(
    calls: Sequence[Call], row: dict[str, int], kinds: Sequence[str]
) -> Callable[[str], Floats]:
    """Means as known when a day begins; days are to be asked for in their order."""
    table = HandleTimeTable()
    table.reserve(len(row))
    at = 0

    def known(date: str) -> Floats:
        nonlocal at
        begin = at
        while at < len(calls) and date_of(calls[at].joined) < date:
            at += 1
        _teach(table, calls[begin:at], row)
        return _seconds(table, kinds, len(row))

    return known


def _services(calls: Sequence[Call], row: dict[str, int], column: dict[str, int]) -> Services:
    some = [call for call in calls if _is_service(call)]
    return Services(
        kind=np.array([column[call.type] for call in some], dtype=np.int64),
        agent=np.array([row[call.agent] for call in some], dtype=np.int64),
        seconds=np.array([call.seconds for call in some]),
    )


def _able(calls: Sequence[Call], row: dict[str, int], column: dict[str, int]) -> np.ndarray:
    counts = np.zeros((len(column), len(row)), dtype=np.int64)
    for call in calls:
        if _is_service(call) and call.type in column:
            counts[column[call.type], row[call.agent]] += 1
    able = counts >= _ABLE_FROM
    # A kind that nobody has often is for those who have had it at all, or else for everybody.
    able |= ~able.any(axis=1, keepdims=True) & (counts > 0)
    able |= ~able.any(axis=1, keepdims=True)
    return able


def _curves(calls: Sequence[Call], kinds: Sequence[str]) -> tuple[Survival, ...]:
    waits: dict[str, list[float]] = {kind: [] for kind in kinds}
    gave_up: dict[str, list[bool]] = {kind: [] for kind in kinds}
    for call in calls:
        waits[call.type].append(call.waited * 1000)
        gave_up[call.type].append(call.gave_up)
    return tuple(survival(waits[kind], gave_up[kind]) for kind in kinds)


def _days(
    calls: Sequence[Call],
    known: Callable[[str], Floats],
    row: dict[str, int],
    column: dict[str, int],
) -> Iterator[Day]:
    by_date: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        by_date[date_of(call.joined)].append(call)
    for date, some in sorted(by_date.items()):
        presences = _presences(some, row)
        if presences:
            yield Day(
                date=date,
                arrive_s=np.array([call.joined % _DAY_S for call in some]),
                kind=np.array([column[call.type] for call in some], dtype=np.int64),
                waited_s=np.array([call.waited for call in some]),
                gave_up=np.array([call.gave_up for call in some]),
                presences=presences,
                known_s=known(date),
            )


def _presences(calls: Sequence[Call], row: dict[str, int]) -> tuple[Presence, ...]:
    spans: dict[int, list[tuple[float, float]]] = defaultdict(list)
    midnight = calls[0].joined - calls[0].joined % _DAY_S
    for call in calls:
        if call.agent in row and 0 < call.seconds <= OVERLONG_ABOVE_SECONDS:
            begin = call.joined + call.waited - midnight
            spans[row[call.agent]].append((begin, begin + call.seconds))
    return tuple(
        Presence(agent, begin, end)
        for agent, some in sorted(spans.items())
        for begin, end in _merged(sorted(some))
    )


def _merged(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    merged = [spans[0]]
    for begin, end in spans[1:]:
        if begin - merged[-1][1] <= AWAY_AFTER_S:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged
