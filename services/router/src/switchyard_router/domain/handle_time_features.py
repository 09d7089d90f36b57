"""What a handle-time model is told: the one list of features, and the arithmetic behind each.

A feature depends on the contact and the moment, on the agent alone, or on the agent and the type of
contact (queue and channel). The division is what makes scoring cheap: an agent's part is the same
for all contacts until the agent changes. So no feature may depend on the agent and the moment at
once; occupancy, for instance, counts as of the agent's last event.

Router and trainer call the same functions. A model's manifest names exactly these features in this
order; change a meaning and the name must change with it.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from switchyard_router.domain.agents import CHANNELS
from switchyard_router.domain.customer_history import NEVER_SEEN, CustomerPast
from switchyard_router.domain.handle_time_table import AgentStats, CellStats, Floats

_WAIT_UNIT_SECONDS = 10.0
_OCCUPANCY_STEPS = 20
_EFFECT_STEPS = 20
_UNKNOWN_CHANNEL = float(len(CHANNELS))
_CHANNEL_NUMBER = {name: float(index) for index, name in enumerate(CHANNELS)}


class Scope(StrEnum):
    """What a feature depends on."""

    CONTACT = "contact"
    AGENT = "agent"
    PAIR = "pair"


@dataclass(frozen=True, slots=True)
class Feature:
    """One input of a model. `source`: where the router takes it from."""

    name: str
    unit: str
    source: str
    scope: Scope


FEATURES: tuple[Feature, ...] = (
    Feature(
        "type_log_seconds",
        "ln s",
        "expected log handle time of the queue and channel, from the table",
        Scope.CONTACT,
    ),
    Feature("channel", "index", "the contact's channel, in the order of CHANNELS", Scope.CONTACT),
    Feature("hour", "0 to 23", "hour of the moment in the model's time zone", Scope.CONTACT),
    Feature("weekday", "Monday 0", "day of the moment in the model's time zone", Scope.CONTACT),
    Feature(
        "wait_step", "floor log2(1 + wait/10 s)", "the contact's time in the queue", Scope.CONTACT
    ),
    Feature(
        "queue_step",
        "floor log2(1 + n)",
        "contacts waiting in its queue, itself included",
        Scope.CONTACT,
    ),
    Feature("customer_log_services", "log2(1 + n)", "services the customer has had", Scope.CONTACT),
    Feature(
        "customer_effect",
        "ln ratio, in steps of 0.05",
        "shrunk mean residual of the customer's services",
        Scope.CONTACT,
    ),
    Feature(
        "customer_gap_step",
        "floor log2(1 + hours)",
        "time since the customer's last service; 15: none known",
        Scope.CONTACT,
    ),
    Feature("agent_log_handled", "log2(1 + n)", "services of the agent, any type", Scope.AGENT),
    Feature("agent_effect", "ln ratio", "shrunk effect of the agent, from the table", Scope.AGENT),
    Feature(
        "agent_recent_effect",
        "ln ratio",
        "mean residual of the agent's last about 20 services",
        Scope.AGENT,
    ),
    Feature("agent_short_share", "0 to 1", "share of services below 10 s, shrunk", Scope.AGENT),
    Feature(
        "agent_shift_step",
        "hours in halves",
        "from the first service after 4 hours without to the agent's last one",
        Scope.AGENT,
    ),
    Feature(
        "agent_occupancy",
        "0 to 1 in twentieths",
        "share of the last hour with contacts, as of the agent's last event",
        Scope.AGENT,
    ),
    Feature(
        "pair_log_handled",
        "log2(1 + n)",
        "services of the agent with this queue and channel",
        Scope.PAIR,
    ),
    Feature("pair_effect", "ln ratio", "shrunk effect of agent and type beyond both", Scope.PAIR),
    Feature(
        "pair_log_seconds",
        "ln s",
        "the table's estimate: levels of type, agent and both together",
        Scope.PAIR,
    ),
)
NAMES: tuple[str, ...] = tuple(feature.name for feature in FEATURES)


def columns(scope: Scope) -> slice:
    """Where a scope's features stand among all; scopes are contiguous."""
    places = [place for place, feature in enumerate(FEATURES) if feature.scope is scope]
    return slice(places[0], places[-1] + 1)


def names_hash(names: Sequence[str]) -> str:
    """SHA-256 of the names in order, one a line: what a manifest carries."""
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """What the contact's features are made of."""

    type_log_seconds: float
    channel: str
    waited_seconds: float
    queue_length: int
    customer: CustomerPast = NEVER_SEEN


@dataclass(frozen=True, slots=True)
class Moment:
    """The time of a decision in the model's time zone."""

    hour: int
    weekday: int


def contact_features(facts: ContactFacts, moment: Moment) -> tuple[float, ...]:
    """The features of scope CONTACT."""
    return (
        facts.type_log_seconds,
        _CHANNEL_NUMBER.get(facts.channel, _UNKNOWN_CHANNEL),
        float(moment.hour),
        float(moment.weekday),
        _step(facts.waited_seconds / _WAIT_UNIT_SECONDS),
        _step(facts.queue_length),
        math.log2(1 + facts.customer.services),
        round(facts.customer.effect * _EFFECT_STEPS) / _EFFECT_STEPS,
        facts.customer.gap_step,
    )


def agent_features(stats: AgentStats, shift: Floats, occupancy: Floats) -> Floats:
    """The features of scope AGENT: one row per agent; `occupancy` by `occupancy_step`."""
    return _matrix(
        np.log2(1 + stats.handled), stats.effect, stats.recent, stats.short_share, shift, occupancy
    )


def pair_features(
    type_log_seconds: Floats | float, agent_effect: Floats, cell: CellStats
) -> Floats:
    """The features of scope PAIR for one type: one row per agent."""
    expected = type_log_seconds + agent_effect + cell.effect
    return _matrix(np.log2(1 + cell.handled), cell.effect, expected)


def occupancy_step(occupancy: float) -> float:
    """Occupancy rounded to twentieths: small changes must not make an agent's scores stale."""
    return round(min(max(occupancy, 0.0), 1.0) * _OCCUPANCY_STEPS) / _OCCUPANCY_STEPS


def _matrix(*columns: Floats) -> Floats:
    # One copy, and columns that lie together: binning reads them one by one.
    return np.array(columns).T


def _step(value: float) -> float:
    return float(math.floor(math.log2(1 + max(0.0, value))))
