"""A comparison as it stands: lift, guard-rails, and what to do now."""

from dataclasses import dataclass, replace

import numpy as np

from switchyard_router.domain.experiments.intervals import Difference, difference
from switchyard_router.domain.experiments.mismatch import mismatch_evidence
from switchyard_router.domain.experiments.trial import Metric, Trial, Units, units_of
from switchyard_router.domain.experiments.verdict import Verdict, verdict_of
from switchyard_router.service.experiments.dealing import as_dealt, check_any_dealt, dealing_of
from switchyard_router.service.experiments.ports import (
    Asked,
    NothingCompared,
    Presence,
    TrialHistory,
)

_GUARDS = (Metric.SHORT, Metric.WAIT, Metric.ABANDONED)
OCCUPANCY = "occupancy"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a comparison was planned to show, before it began.

    `worth_pct`: the least lift worth having, in per cent of the control's mean; `sharpest_at`: the
    planned number of units; `share`: of the treatment, 0: as decisions logged it; `settle_ms`: how
    long after a turn began its contacts are left out, while agents still have the other arm's.
    """

    metric: Metric
    control: str
    treatment: str
    worth_pct: float
    sharpest_at: int
    alpha: float
    target_seconds: float
    share: float = 0.0
    settle_ms: int = 0


@dataclass(frozen=True, slots=True)
class Guard:
    """A figure that must not get worse; `broken`: it surely has."""

    name: str
    kind: str
    found: Difference
    broken: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What can be said now; `trace` is the primary difference as it was at earlier looks."""

    asked: Asked
    terms: Terms
    contacts: tuple[int, int]
    share: float
    primary: Difference
    guards: tuple[Guard, ...]
    mismatch: float
    verdict: Verdict
    trace: tuple[Difference, ...]


class ReportComparison:
    """Judges a comparison from the history. O(contacts · (kinds + looks drawn))."""

    def __init__(self, history: TrialHistory) -> None:
        self._history = history

    async def execute(self, asked: Asked, terms: Terms) -> Report:
        """The report; raises NothingCompared where the arms are not in the history."""
        asked = await as_dealt(self._history, asked, (terms.control, terms.treatment))
        turn_ms = asked.turn_ms or 0
        by_turn = turn_ms > 0
        trial = await self._trial(asked, terms)
        share = terms.share or await self._share(asked, terms)
        target = terms.target_seconds
        units = units_of(trial, terms.metric, share, target, by_turn=by_turn)
        primary = difference(units, terms.alpha, terms.sharpest_at)
        guards = list(self._guards(trial, terms, share, by_turn))
        if by_turn:
            guards.append(_occupancy(await self._history.presence(asked), trial, turn_ms, terms))
        dealt = _dealt(trial, by_turn)
        mismatch = mismatch_evidence(dealt, (1 - share, share))
        verdict = verdict_of(
            primary,
            lower_is_better=terms.metric.lower_is_better,
            worth=terms.worth_pct / 100 * primary.control,
            guards_broken=[guard.name for guard in guards if guard.broken],
            mismatch=mismatch,
        )
        contacts = (int((trial.arm == 0).sum()), int((trial.arm == 1).sum()))
        trace = _trace(units, terms)
        return Report(
            asked, terms, contacts, share, primary, tuple(guards), mismatch, verdict, trace
        )

    async def _trial(self, asked: Asked, terms: Terms) -> Trial:
        found = await self._history.trial(asked)
        check_any_dealt(found, asked.queue)
        trial = two_arms(found, terms.control, terms.treatment)
        return _settled(trial, asked.turn_ms, terms.settle_ms) if asked.turn_ms else trial

    async def _share(self, asked: Asked, terms: Terms) -> float:
        shares = await self._history.shares(asked)
        known = shares.get(terms.control, 0.0), shares.get(terms.treatment, 0.0)
        if not all(known):
            raise NothingCompared("no decision logged the arms' shares; give --share")
        return known[1] / sum(known)

    def _guards(self, trial: Trial, terms: Terms, share: float, by_turn: bool) -> list[Guard]:
        """Figures and waits by kind; together they raise a false alarm as rarely as one would."""
        plain = [(metric, -1) for metric in _GUARDS if metric is not terms.metric]
        waits = [(Metric.WAIT, kind) for kind in range(len(trial.kinds) * (len(trial.kinds) > 1))]
        alpha = terms.alpha / (len(plain) + len(waits) + 1)
        guards = []
        for metric, kind in plain + waits:
            part = trial if kind < 0 else trial.only(trial.kind == kind)
            units = units_of(part, metric, share, terms.target_seconds, by_turn=by_turn)
            found = difference(units, alpha, terms.sharpest_at)
            name = "" if kind < 0 else trial.kinds[kind]
            guards.append(Guard(metric.value, name, found, found.low > 0))
        return guards


def two_arms(trial: Trial, control: str, treatment: str) -> Trial:
    """The contacts of two arms, control first; raises NothingCompared where one has none."""
    for name in (control, treatment):
        if name not in trial.arms:
            there = ", ".join(arm for arm in trial.arms if arm) or "none"
            raise NothingCompared(f"no contact of arm {name!r} in this history; arms: {there}")
    places = np.full(len(trial.arms), -1, dtype=np.int64)
    places[trial.arms.index(control)], places[trial.arms.index(treatment)] = 0, 1
    arm = places[trial.arm]
    kept = trial.only(arm >= 0)
    return replace(kept, arms=(control, treatment), arm=arm[arm >= 0])


def _dealt(trial: Trial, by_turn: bool) -> tuple[int, int]:
    """How often each arm was drawn: contacts, or turns."""
    drawn = np.unique(trial.turn * 2 + trial.arm) % 2 if by_turn else trial.arm
    return int((drawn == 0).sum()), int((drawn == 1).sum())


def _settled(trial: Trial, turn_ms: int, settle_ms: int) -> Trial:
    """Without those who came before agents were done with the other arm's contacts."""
    if settle_ms >= turn_ms:
        raise NothingCompared(
            f"arms were dealt {dealing_of(turn_ms)}, and --settle-minutes leaves nothing of a turn;"
            " make it shorter"
        )
    return trial.only(trial.arrived_ms % turn_ms >= settle_ms)


def _occupancy(presence: Presence, trial: Trial, turn_ms: int, terms: Terms) -> Guard:
    """Busy share of the agents' time in each arm's turns; stretches are cut at the turns' ends."""
    turns = np.unique(trial.turn * 2 + trial.arm)
    counts, totals = np.zeros(len(turns)), np.zeros(len(turns))
    for place, turn in enumerate(turns // 2):
        begin = turn * turn_ms
        lower = np.maximum(presence.from_ms, begin)
        within = np.maximum(np.minimum(presence.until_ms, begin + turn_ms) - lower, 0)
        counts[place] = within.sum() / 1000
        totals[place] = (within * presence.busy).sum() / 1000
    treated = turns % 2 == 1
    share = float(treated.mean()) if 0 < treated.sum() < len(treated) else 0.5
    found = difference(Units(treated, counts, totals, share), terms.alpha, terms.sharpest_at)
    return Guard(OCCUPANCY, "", found, broken=False)


def _trace(units: Units, terms: Terms) -> tuple[Difference, ...]:
    """The primary difference at up to 60 earlier looks, evenly apart in units."""
    looks = np.unique(np.linspace(1, max(1, len(units)), 60).astype(np.int64))
    return tuple(
        difference(
            Units(units.treated[:n], units.counts[:n], units.totals[:n], units.share),
            terms.alpha,
            terms.sharpest_at,
        )
        for n in looks
    )
