"""One model's trial: its predictions held against what services took."""

from dataclasses import dataclass, field
from typing import Protocol, Self

import numpy as np

from switchyard_router.domain.evidence import Evidence
from switchyard_router.domain.feature_drift import RecentRows
from switchyard_router.domain.handle_time_features import NAMES
from switchyard_router.domain.handle_time_table import Floats
from switchyard_router.domain.outlook import Outlook
from switchyard_router.domain.recent_errors import RecentError, RecentErrors
from switchyard_router.service.predictions import ModelInfo

RECENT_SERVICES = 2000
RECENT_ROWS = 20_000
"""Of features: a few thousand are a day or two, which differ from all weekdays by nature."""
FEWEST_ROWS = 1000
"""Below that the index of feature drift says more of chance than of drift."""


class TrialModel(Protocol):
    """Predicts mean seconds for rows of all features."""

    @property
    def info(self) -> ModelInfo:
        """Its version, and what it was trained on."""
        ...

    def rows(self, matrix: Floats) -> Floats:
        """Expected seconds, one for each row."""
        ...


@dataclass(frozen=True, slots=True)
class Standing:
    """How a model does. `psi` by feature; empty: too few rows, or nothing to compare with.

    `evidence`, for one that serves: that the table errs less; for a shadow: that it errs less than
    what serves, model or table.
    """

    version: str
    recent: RecentError
    evidence: float
    psi: dict[str, float]


@dataclass(slots=True)
class Trial:
    """Services held against one model. `broken`: it failed, and is not asked any more."""

    model: TrialModel
    errors: RecentErrors = field(default_factory=lambda: RecentErrors(RECENT_SERVICES))
    evidence: Evidence = field(default_factory=Evidence)
    rows: RecentRows | None = None
    broken: bool = False

    @classmethod
    def of(cls, model: TrialModel) -> Self:
        """A model's trial begins."""
        known = model.info.trained_on
        return cls(model, rows=RecentRows(known, RECENT_ROWS) if known else None)

    def predict(self, outlook: Outlook) -> float | None:
        """The median that the model expects; None if it has nothing to say."""
        info = self.model.info
        row = outlook.features(info.time_zone)
        mean = float(self.model.rows(row[None, :])[0])
        if self.rows is not None:
            self.rows.add(row)
        known = info.residuals
        median = mean * (known.median if known is not None else outlook.median_ratio)
        return median if np.isfinite(median) and median > 0 else None

    def table_median(self, outlook: Outlook) -> float:
        """The median that the table expects, as whoever trained the model found it to be."""
        known = self.model.info.residuals
        measured = None if known is None else known.table_median
        return outlook.table_seconds * (measured or outlook.median_ratio)

    def judge(self, outlook: Outlook, median: float, seconds: float) -> None:
        """Keep how far off it was."""
        known = self.model.info.residuals
        within = None
        if known is not None:
            mean = median / known.median
            within = mean * known.low <= seconds <= mean * known.high
        self.errors.add(seconds, median, self.table_median(outlook), within)

    def standing(self) -> Standing:
        """So far."""
        psi: dict[str, float] = {}
        if self.rows is not None and self.rows.rows >= FEWEST_ROWS:
            psi = dict(zip(NAMES, self.rows.stability_indices(), strict=True))
        return Standing(self.model.info.version, self.errors.summary(), self.evidence.capital, psi)
