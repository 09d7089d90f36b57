"""Whether the model may be asked now: there, young enough, not found wrong, and not at rest."""

from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from switchyard_common.clock import Clock

from switchyard_router.service.predictions import (
    FAILED,
    SLOW,
    STALE,
    UNAVAILABLE,
    WRONG,
    HandleTimeModel,
    Limits,
    ModelSource,
    PredictionMeter,
)
from switchyard_router.service.store_clock import StoreClock

_SLOW_CALLS = 3
"""So many calls over the budget in a row switch a model off: one may be the machine's doing."""


class ModelDuty:
    """Gives the model of a moment, and lets one that failed or was slow rest for a while."""

    def __init__(
        self,
        models: ModelSource,
        clock: StoreClock,
        timer: Clock,
        meter: PredictionMeter,
        limits: Limits,
        withdrawn: Callable[[str], bool],
    ) -> None:
        """`withdrawn` tells of a version whether it was found to be wrong."""
        self._models = models
        self._clock = clock
        self._timer = timer
        self._meter = meter
        self._limits = limits
        self._withdrawn = withdrawn
        self._overruns = 0
        self._off: tuple[HandleTimeModel, str, float] | None = None
        self._log = structlog.stdlib.get_logger()

    def on_duty(self) -> tuple[HandleTimeModel | None, str]:
        """The model, or why it cannot be used now; no reason where the table was chosen."""
        model = self._models.current()
        if model is None:
            return None, UNAVAILABLE
        if not model.info.serves:
            return None, ""
        if self._withdrawn(model.info.version):
            return None, WRONG
        if self._off is not None:
            off, reason, until = self._off
            if off is model and self._timer.monotonic() < until:
                return None, reason
            self._off = None
        now = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)
        age = (now - model.info.trained_until).total_seconds()
        return (None, STALE) if age > self._limits.most_age_seconds else (model, "")

    def failed(self, model: HandleTimeModel) -> None:
        """It raised, or predicted no finite number: it rests."""
        self._switch_off(model, FAILED)

    def took(self, model: HandleTimeModel, too_long: bool) -> None:
        """It answered, or gave up at its budget; too long several times in a row: it rests."""
        self._overruns = self._overruns + 1 if too_long else 0
        if self._overruns >= _SLOW_CALLS:
            self._log.warning("model_slow", model=model.info.version)
            self._switch_off(model, SLOW)

    def _switch_off(self, model: HandleTimeModel, reason: str) -> None:
        self._overruns = 0
        self._off = (model, reason, self._timer.monotonic() + self._limits.pause_seconds)
        self._meter.switched_off(reason)
