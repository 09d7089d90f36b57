"""How the arms of a comparison were dealt, as the history tells it."""

from collections.abc import Sequence
from dataclasses import replace

from switchyard_router.domain.experiments.trial import Trial
from switchyard_router.service.experiments.ports import Asked, NothingCompared, TrialHistory

_MINUTE_MS = 60_000


async def as_dealt(history: TrialHistory, asked: Asked, arms: Sequence[str]) -> Asked:
    """What is asked, with the length of the turns in which these arms were dealt.

    Raises NothingCompared where they were dealt in several ways: no comparison takes both.
    """
    if asked.turn_ms is not None:
        return asked
    periods = await history.periods(asked, arms)
    if len(periods) > 1:
        raise NothingCompared(
            f"arms of queue {asked.queue!r} were dealt in several ways: "
            f"{', '.join(map(dealing_of, sorted(periods)))}; take only the days of one by --days"
        )
    return replace(asked, turn_ms=next(iter(periods), 0))


async def refuse_turns(history: TrialHistory, asked: Asked) -> None:
    """Raises NothingCompared where arms took turns: contacts of one turn are no draws of their
    own, and an estimate by contact would be far too sure."""
    turns = sorted(period for period in await history.periods(asked, ()) if period)
    if turns:
        raise NothingCompared(
            f"arms of queue {asked.queue!r} were dealt {', '.join(map(dealing_of, turns))}; an "
            "estimate needs contacts that were dealt one by one: take only their days by --days, "
            "or judge the turns by `switchyard ab report`"
        )


def check_any_dealt(trial: Trial, queue: str) -> None:
    """Raises NothingCompared where no contact was dealt an arm, as in every imported log."""
    if any(trial.arms):
        return
    if not len(trial):
        raise NothingCompared(f"no ended contact of queue {queue!r} in this history; arms: none")
    raise NothingCompared(
        f"there is no trial in this history: none of the {len(trial)} contacts of queue {queue!r} "
        "was dealt an arm. Imported logs have no arms; a comparison begins when a queue gets them "
        "(docs/experiments.md), and the history is written from then on"
    )


def dealing_of(period_ms: int) -> str:
    """A way of dealing, in words."""
    return f"by turns of {period_ms / _MINUTE_MS:g} min" if period_ms else "by contact"
