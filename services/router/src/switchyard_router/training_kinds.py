"""What `switchyard train` makes, for each thing that a model may predict."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from switchyard_report.page import Page
from switchyard_report.text import Text

from switchyard_router.adapters.models.call_log import LogUnreadable, Service, read_services
from switchyard_router.adapters.models.history_services import (
    outcomes_of_history,
    services_of_history,
)
from switchyard_router.adapters.models.loading import load_model
from switchyard_router.adapters.models.outcome_rows import outcome_rows
from switchyard_router.adapters.models.resolution_report import resolution_page, share_verdict
from switchyard_router.adapters.models.resolution_training import (
    publish_resolution,
    train_resolution,
)
from switchyard_router.adapters.models.splits import TooFewRows, Until
from switchyard_router.adapters.models.training import Fit, Recipe, publish, train
from switchyard_router.adapters.models.training_report import training_page, verdict
from switchyard_router.adapters.models.training_rows import training_rows
from switchyard_router.model_kind import Kind

type Watch = Callable[[float], object]

_SECONDS = Text("seconds   of medians  of means", "秒        中位数误差  均值误差")
_SHARES = Text("share         Brier  log loss", "比例        Brier   对数损失")


@dataclass(frozen=True, slots=True)
class Source:
    """Where services come from."""

    logs: Sequence[Path]
    history: str
    tenant: str
    zone: ZoneInfo

    def services(self) -> list[Service]:
        """By their start; LogUnreadable says what is wrong or missing."""
        if bool(self.logs) == bool(self.history):
            raise LogUnreadable("give either --log PATH or --history URL")
        if self.history:
            return services_of_history(self.history, self.tenant, self.zone)
        found = [service for path in self.logs for service in read_services(path)]
        return sorted(found, key=lambda one: (one.start_seconds, one.agent, one.kind))


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be trained, how, and where it goes."""

    source: Source
    recipe: Recipe
    until: Until
    fit: Fit
    out: Path
    time_zone: str


@dataclass(frozen=True, slots=True)
class Made:
    """A published version and what is told of it."""

    folder: Path
    metrics: Mapping[str, float | int | str]
    importance: Mapping[str, float]
    page: Page
    verdict: Text
    table: tuple[Text, Sequence[str]]
    """Head and lines."""


def make(kind: Kind, order: Order, watch: Watch) -> Made:
    """Train, publish and check; LogUnreadable, TooFewRows, ModelRefused, OSError, ValueError."""
    return {Kind.HANDLE_TIME: _handle_time, Kind.RESOLUTION: _resolution}[kind](order, watch)


def _handle_time(order: Order, watch: Watch) -> Made:
    end = order.until.end_seconds
    services = [one for one in order.source.services() if one.start_seconds < end]
    rows = training_rows(services, watch)
    made = train(rows, order.recipe, order.until, order.fit)
    now = datetime.now(UTC)
    folder = publish(made, order.recipe, order.out, Kind.HANDLE_TIME, order.time_zone, now)
    load_model(folder)
    lines = [
        f"{name:<10} {errors.of_medians:>9.2f} {errors.of_means:>9.2f}"
        for name, errors in made.comparison.errors.items()
    ]
    said = verdict(made.comparison)
    page = training_page(made)
    return Made(folder, made.metrics, made.importance, page, said, (_SECONDS, lines))


def _resolution(order: Order, watch: Watch) -> Made:
    source = order.source
    if not source.history:
        raise LogUnreadable(
            "--kind resolution: call logs do not say what was resolved; give --history URL"
        )
    end, asked = order.until.end_seconds, (source.history, source.tenant, source.zone)
    found = [each for each in outcomes_of_history(*asked) if each[0].start_seconds < end]
    if not any(outcome for _, outcome in found):
        raise TooFewRows(
            f"no survey of tenant {source.tenant} says whether a service resolved the matter: "
            "switch surveys on, or give another --history or --tenant"
        )
    made = train_resolution(outcome_rows(found, watch), order.recipe, order.until, order.fit)
    now = datetime.now(UTC)
    folder = publish_resolution(
        made, order.recipe, order.out, Kind.RESOLUTION, order.time_zone, now
    )
    lines = [
        f"{name:<10} {errors.brier:>9.4f} {errors.log_loss:>9.4f}"
        for name, errors in made.comparison.errors.items()
    ]
    said = share_verdict(made.comparison)
    page = resolution_page(made)
    return Made(folder, made.metrics, made.importance, page, said, (_SHARES, lines))
