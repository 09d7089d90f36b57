"""Services that end say how right the serving model and its shadow are."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs
from switchyard_common.clock import FakeClock
from switchyard_router.adapters.models.drift_metrics import DriftMetrics
from switchyard_router.domain.feature_drift import histogram
from switchyard_router.domain.handle_time_features import NAMES
from switchyard_router.domain.residual_ratios import ResidualRatios
from switchyard_router.service.handle_times import HandleTimes
from switchyard_router.service.model_trials import ModelTrials
from switchyard_router.service.predictions import Limits, ModelInfo
from switchyard_router.service.trial import FEWEST_ROWS, RECENT_SERVICES
from switchyard_router.service.verdicts import Verdicts

from tests.fakes.router.core import (
    Meter,
    board,
    contact_event,
    event,
    profile,
    store_clock,
    waiting,
)
from tests.fakes.router.models import TRAINED_UNTIL, Models, VerdictsInMemory

pytestmark = pytest.mark.unit

RATIOS = ResidualRatios(0.3, 0.75, 2.0)
BOTH = np.array([0, 1])


def info(version: str, **known: Any) -> ModelInfo:
    return ModelInfo(version, TRAINED_UNTIL, "UTC", **known)


@dataclass(slots=True)
class Constant:
    """Predicts the same mean for everybody."""

    info: ModelInfo
    mean_seconds: float
    error: Exception | None = None
    seen: list[Any] = field(default_factory=list)

    def rows(self, matrix: Any) -> Any:
        self.seen.append(matrix)
        if self.error is not None:
            raise self.error
        return np.full(len(matrix), self.mean_seconds)

    def seconds(self, contact: Any, kind: Any, features: Any, slots: Any) -> Any:
        return np.full(len(slots), self.mean_seconds)


class Case:
    """Ann and bob serve; what they took is told as the log tells it."""

    def __init__(self, serving: Any = None, shadow: Any = None, alpha: float = 0.01) -> None:
        self.board = board(profile("ann"), profile("bob"))
        self.clock, _ = store_clock(int(TRAINED_UNTIL.timestamp() * 1000))
        self.serving, self.shadow, self.meter = Models(serving), Models(shadow), Meter()
        self.verdicts = Verdicts(VerdictsInMemory(), self.meter, 1)
        self.times = HandleTimes(
            self.board, self.clock, self.serving, FakeClock(), Meter(), Limits(),
            self.verdicts.wrong,
        )  # fmt: skip
        self.trials = ModelTrials(
            self.board, self.times, self.serving, self.shadow, self.verdicts, alpha, 10.0
        )
        self.times.on_service(self.trials.on_service)
        self.count = 0

    def offered(self, agent: str = "ann", **changes: Any) -> str:
        self.count += 1
        contact = waiting(
            f"c{self.count}", enqueue_ms=self.clock.now_ms(), state="OFFERING", agent=agent
        )
        told = contact_event(contact, **changes)
        self.board.apply(told)
        self.trials.on_event(told)
        return contact.id

    def ended(self, contact: str, seconds: float, agent: str = "ann") -> None:
        over = contact_event(waiting(contact, state="WRAP_UP", agent=agent, seq=2))
        data = {**over.data, "talk_ms": str(int(seconds * 1000))}
        told = event(over.type, contact, over.seq, data)
        self.trials.on_event(told)
        self.times.on_event(told)

    def serve(self, seconds: float, agent: str = "ann") -> None:
        self.ended(self.offered(agent), seconds, agent)


def usual(rng: np.random.Generator) -> float:
    """A service whose median is 150 s."""
    return float(np.clip(150 * np.exp(rng.normal(0, 0.7)), 11, 3500))


def test_a_model_that_expects_six_times_too_much_is_withdrawn_and_the_table_answers() -> None:
    rng, case = np.random.default_rng(1), Case(Constant(info("m@1"), 1200.0))
    assert case.times.predict([waiting("c")], BOTH).model_version == "m@1"
    with capture_logs() as logs:
        served = 0
        while not case.verdicts.wrong("m@1") and served < 200:
            case.serve(usual(rng))
            served += 1
    assert served < 200
    assert [entry["event"] for entry in logs] == ["model_wrong"]
    found = case.times.predict([waiting("c")], BOTH)
    assert (found.model_version, found.degraded, found.reason) == ("", True, "MODEL_WRONG")
    case.serving.model = Constant(info("m@2"), 200.0)
    assert case.times.predict([waiting("c")], BOTH).model_version == "m@2"


def test_a_model_as_good_as_the_table_goes_on_serving() -> None:
    rng, case = np.random.default_rng(2), Case(Constant(info("m@1"), 192.0))
    for _ in range(1500):
        case.serve(usual(rng))
    assert not case.verdicts.wrong("m@1")


def test_with_alpha_0_no_model_is_ever_withdrawn_but_its_errors_are_shown() -> None:
    rng, case = np.random.default_rng(1), Case(Constant(info("m@1"), 1200.0), alpha=0)
    for _ in range(200):
        case.serve(usual(rng))
    assert not case.verdicts.wrong("m@1")
    standing, _ = case.trials.standings()
    assert standing is not None
    assert standing.recent.ratio > 2
    assert standing.evidence > 100


def test_errors_are_of_medians_and_the_interval_is_held_to_its_word() -> None:
    case = Case(Constant(info("m@1", residuals=RATIOS), 200.0))
    for seconds in (60.0, 150.0, 400.0, 500.0):
        case.serve(seconds)
    standing, shadow = case.trials.standings()
    assert shadow is None
    assert standing is not None
    assert standing.recent.services == 4
    assert standing.recent.error_seconds == pytest.approx((90 + 0 + 250 + 350) / 4)
    assert standing.recent.coverage == pytest.approx(3 / 4)
    logs = [math.log(seconds / 150) for seconds in (60, 150, 400, 500)]
    assert standing.recent.log_residual == pytest.approx(sum(logs) / 4)


def test_hang_ups_lines_left_open_and_what_was_not_offered_to_the_agent_are_no_trials() -> None:
    case = Case(Constant(info("m@1"), 200.0))
    case.serve(9.0)
    case.serve(3601.0)
    case.ended("never-offered", 100.0)
    case.ended(case.offered("bob"), 100.0, agent="ann")
    standing, _ = case.trials.standings()
    assert standing is not None
    assert standing.recent.services == 0
    assert math.isnan(standing.recent.error_seconds)


def test_a_service_is_judged_by_what_was_known_when_it_was_offered() -> None:
    model = Constant(info("m@1"), 200.0)
    case = Case(model)
    contact = case.offered("ann")
    for _ in range(5):
        case.serve(100.0, "ann")
    case.ended(contact, 100.0)
    first, last = model.seen[0], model.seen[-1]
    handled = NAMES.index("agent_log_handled")
    assert first[0, handled] == last[0, handled] == 0
    assert last[0, NAMES.index("queue_step")] == 1


def test_after_events_were_missed_what_was_offered_before_is_not_judged() -> None:
    case = Case(Constant(info("m@1"), 200.0))
    contact = case.offered()
    case.trials.forget()
    case.ended(contact, 100.0)
    standing, _ = case.trials.standings()
    assert standing is not None
    assert standing.recent.services == 0


def test_a_shadow_is_held_to_the_same_services_and_serves_nobody() -> None:
    rng = np.random.default_rng(3)
    case = Case(Constant(info("m@1"), 420.0), Constant(info("m@2"), 192.0), alpha=0)
    for _ in range(400):
        case.serve(usual(rng))
    serving, shadow = case.trials.standings()
    assert serving is not None
    assert shadow is not None
    assert (serving.version, shadow.version) == ("m@1", "m@2")
    assert shadow.recent.services == serving.recent.services == 400
    assert shadow.recent.error_seconds < serving.recent.error_seconds
    assert shadow.evidence > 100
    assert case.times.predict([waiting("c")], BOTH).model_version == "m@1"


def test_a_shadow_is_tried_against_the_table_while_nothing_serves() -> None:
    rng = np.random.default_rng(3)
    case = Case(None, Constant(info("m@2"), 900.0))
    for _ in range(100):
        case.serve(usual(rng))
    serving, shadow = case.trials.standings()
    assert serving is None
    assert shadow is not None
    assert shadow.evidence < 1
    assert not case.verdicts.wrong("m@2")


def test_another_version_begins_anew() -> None:
    case = Case(Constant(info("m@1"), 200.0))
    case.serve(100.0)
    case.serving.model = Constant(info("m@2"), 200.0)
    standing, _ = case.trials.standings()
    assert standing is not None
    assert (standing.version, standing.recent.services, standing.evidence) == ("m@2", 0, 1.0)


@pytest.mark.parametrize("role", ["serving", "shadow"])
def test_a_model_that_fails_its_trial_is_logged_once_and_the_other_goes_on(role: str) -> None:
    broken, sound = Constant(info("m@1"), 200.0, RuntimeError("broken")), info("m@2")
    other = Constant(sound, 200.0)
    case = Case(broken, other) if role == "serving" else Case(other, broken)
    with capture_logs() as logs:
        for _ in range(3):
            case.serve(100.0)
    assert [entry["event"] for entry in logs] == ["model_trial_failed"]
    counts = {each.version: each.recent.services for each in case.trials.standings() if each}
    assert counts == {"m@1": 0, "m@2": 3}


def test_a_prediction_that_is_no_number_counts_nowhere() -> None:
    case = Case(Constant(info("m@1"), math.inf))
    case.serve(100.0)
    standing, _ = case.trials.standings()
    assert standing is not None
    assert standing.recent.services == 0


def test_features_that_moved_since_training_show() -> None:
    trained_on = tuple(
        histogram(np.linspace(-50, -40, 500) if name == "hour" else np.zeros(500)) for name in NAMES
    )
    case = Case(Constant(info("m@1", trained_on=trained_on), 200.0))
    for _ in range(FEWEST_ROWS - 1):
        case.serve(100.0)
    standing, _ = case.trials.standings()
    assert standing is not None
    assert standing.psi == {}
    case.serve(100.0)
    standing, _ = case.trials.standings()
    assert standing is not None
    assert set(standing.psi) == set(NAMES)
    assert standing.psi["hour"] > 1
    assert standing.psi["weekday"] > standing.psi["channel"]


def test_memory_stays_bounded() -> None:
    case = Case(Constant(info("m@1"), 200.0))
    for _ in range(RECENT_SERVICES + 10):
        case.serve(100.0)
    standing, _ = case.trials.standings()
    assert standing is not None
    assert standing.recent.services == RECENT_SERVICES


def test_metrics_show_both_models_and_drop_what_is_gone() -> None:
    registry = CollectorRegistry()
    metrics = DriftMetrics(registry)
    case = Case(Constant(info("m@1"), 200.0), Constant(info("m@2", residuals=RATIOS), 200.0))

    def shown(name: str, role: str) -> float | None:
        return registry.get_sample_value(f"switchyard_router_model_{name}", {"role": role})

    metrics.show(*case.trials.standings(), False)
    assert shown("trial_services", "serving") == 0
    assert shown("error_seconds", "serving") is None
    case.serve(100.0)
    metrics.show(*case.trials.standings(), True)
    assert (shown("error_seconds", "serving") or 0) > 0
    assert shown("interval_coverage", "serving") is None
    assert shown("interval_coverage", "shadow") == 1
    assert registry.get_sample_value("switchyard_router_model_wrong") == 1
    metrics.show(None, None, False)
    assert shown("trial_services", "serving") is None
    assert registry.get_sample_value("switchyard_router_model_wrong") == 0


def test_the_tables_median_is_what_the_trainer_measured() -> None:
    ratios = ResidualRatios(0.3, 0.75, 2.0, table_median=0.5)
    case = Case(Constant(info("m@1", residuals=ratios), 200.0))
    before = float(case.times.means([waiting("c")], BOTH).seconds[0, 0])
    case.serve(100.0)
    standing, _ = case.trials.standings()
    assert standing is not None
    assert standing.recent.table_error_seconds == pytest.approx(abs(100 - before / 2))


def test_a_model_that_was_published_for_the_table_to_serve_is_judged_but_never_withdrawn() -> None:
    rng = np.random.default_rng(1)
    case = Case(Constant(info("m@1", serves=False), 1200.0), Constant(info("m@2"), 192.0))
    for _ in range(150):
        case.serve(usual(rng))
    serving, shadow = case.trials.standings()
    assert serving is not None
    assert shadow is not None
    assert serving.evidence > 100
    assert not case.verdicts.wrong("m@1")
    # The shadow is held against the table, which routes, not against a model that does not.
    assert shadow.evidence < 100
