"""Training rows for resolution: what a router would have known of a service before it began."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from switchyard_router.adapters.models.call_log import Service
from switchyard_router.adapters.models.comparison import TABLE
from switchyard_router.adapters.models.training_rows import training_rows
from switchyard_router.domain.handle_time_features import NAMES
from switchyard_router.domain.handle_time_table import SHORT_BELOW_SECONDS, Floats
from switchyard_router.domain.resolution_rates import RATE_NAMES, Rates, RateTable

OUTCOME_NAMES = (*NAMES, *RATE_NAMES)
"""Features of a resolution model: those of handle times, and shares of resolved contacts."""
SIMPLER = "global", "type", "agent"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether a service resolved what the customer came for, and since when that is known."""

    resolved: bool
    known_seconds: float
    """On the clock of `Service.start_seconds`."""


@dataclass(frozen=True, slots=True)
class OutcomeRows:
    """Services of which the outcome is known, in the order of their starts."""

    features: Floats
    resolved: NDArray[np.bool_]
    start_seconds: Floats
    guesses: Mapping[str, Floats]
    """Shares that simpler means (SIMPLER) and the shrunk table (TABLE) expected then."""

    def part(self, which: slice) -> "OutcomeRows":
        """Some of the rows."""
        return OutcomeRows(
            self.features[which],
            self.resolved[which],
            self.start_seconds[which],
            {name: guess[which] for name, guess in self.guesses.items()},
        )


def outcome_rows(
    found: Sequence[tuple[Service, Outcome | None]], watch: Callable[[float], object] = float
) -> OutcomeRows:
    """Rows of all services of 10 s and more whose outcome is known. O(services x log services).

    An outcome teaches from the moment at which it became known: a survey comes after the service,
    and other services begin in between. `found` rises by starts; `watch` as in `training_rows`.
    """
    basic = training_rows([service for service, _ in found], watch)
    whole = [each for each in found if each[0].seconds >= SHORT_BELOW_SECONDS]
    known = [(row, *each) for row, each in enumerate(whole) if each[1] is not None]
    rates = _rates([(service, outcome) for _, service, outcome in known if outcome is not None])
    which = np.array([row for row, _, _ in known], dtype=np.intp)
    own = np.array([each.features for each in rates]).reshape(len(rates), len(RATE_NAMES))
    return OutcomeRows(
        np.hstack((basic.features[which], own)),
        np.array([outcome is not None and outcome.resolved for _, _, outcome in known], dtype=bool),
        basic.start_seconds[which],
        {
            "global": np.array([each.of_all for each in rates]),
            "type": np.array([each.of_type for each in rates]),
            "agent": np.array([each.of_agent for each in rates]),
            TABLE: np.array([each.of_pair for each in rates]),
        },
    )


def _rates(known: Sequence[tuple[Service, Outcome]]) -> list[Rates]:
    """What the table said when each service began; `known` rises by starts."""
    table, told = RateTable(), sorted(known, key=lambda one: one[1].known_seconds)
    found, next_told = [], 0
    for service, _ in known:
        while next_told < len(told) and told[next_told][1].known_seconds <= service.start_seconds:
            past, outcome = told[next_told]
            table.observe(past.agent, past.kind, outcome.resolved)
            next_told += 1
        found.append(table.rates(service.agent, service.kind))
    return found
