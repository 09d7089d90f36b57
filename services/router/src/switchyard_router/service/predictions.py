"""What a prediction of handle times is, who may make it, and what stands in when nobody can."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from switchyard_router.domain.agent_features import AgentFeatures
from switchyard_router.domain.feature_drift import Histogram
from switchyard_router.domain.handle_time_table import SHORT_BELOW_SECONDS, ContactType
from switchyard_router.domain.residual_ratios import ResidualRatios

type Rows = NDArray[np.intp]

UNAVAILABLE, STALE, SLOW, FAILED = "MODEL_UNAVAILABLE", "MODEL_STALE", "MODEL_SLOW", "MODEL_FAILED"
WRONG = "MODEL_WRONG"
NO_HISTORY = "NO_HISTORY"


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What the router must know of a model. `trained_until`: end of its training window."""

    version: str
    trained_until: datetime
    time_zone: str = "UTC"
    trained_on: tuple[Histogram, ...] = ()
    """Of each feature; empty: not known."""
    residuals: ResidualRatios | None = None
    serves: bool = True
    """False: it was trained, and did not beat the table."""


class HandleTimeModel(Protocol):
    """Predicts from the features in domain/handle_time_features.py. Synchronous, CPU only."""

    @property
    def info(self) -> ModelInfo:
        """Its version and age."""
        ...

    def seconds(
        self,
        contact: Sequence[float],
        kind: ContactType,
        features: AgentFeatures,
        slots: Rows,
    ) -> NDArray[np.float64]:
        """Expected seconds of one contact, given by its features, with the agents of slots."""
        ...


class ModelSource(Protocol):
    """Has the model to use now."""

    def current(self) -> HandleTimeModel | None:
        """The model; None while there is none. One call's answer is used for a whole request."""
        ...


class PredictionMeter(Protocol):
    """Counts predictions."""

    def predicted(self, seconds: float) -> None:
        """A request was answered, by whomever, in so many seconds."""
        ...

    def degraded(self, reason: str) -> None:
        """Something stood in for the model."""
        ...

    def switched_off(self, reason: str) -> None:
        """A model was switched off for a while."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """Budget of one request for up to 1,000 agents (in proportion beyond), how long a model that
    breaks it rests, and its greatest age.
    """

    budget_seconds: float = 0.025
    pause_seconds: float = 60.0
    most_age_seconds: float = 90 * 86_400.0
    hang_up_seconds: float = SHORT_BELOW_SECONDS
    """Services shorter than that are hang-ups."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """Expected conversation plus hold time. `seconds`: one row per contact, one column per agent.

    `degraded`: something stands in for the model, for the `reason` (for instance
    MODEL_UNAVAILABLE). `known` False: nothing is known of anybody (reason NO_HISTORY), all are
    equal, and a policy had better go by idle time. `model_version` is empty unless the model spoke.
    """

    seconds: NDArray[np.float64]
    model_version: str = ""
    degraded: bool = False
    reason: str = ""
    known: bool = True
