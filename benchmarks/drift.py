"""Whether wrong models are found, innocent ones are left alone, and what the watching costs.

Run: `make bench BENCH=drift` (about a minute of CPU), with `ARGS='--log PATH'` also on a call log:
a model is trained on the days before `--from`, then every service after it is a trial, as in the
router. Ends with a JSON line.

- *false alarms*: share of 2,000 runs of 2,000 services in which a prediction that errs as much as
  its rival is withdrawn at alpha 0.01 (to be at most that), and in the worst case, a coin's throw.
- *found after*: services until a model whose predictions are so many times the truth is withdrawn.
- *cost*: CPU time of a service's end with no model, one, and a shadow beside it, and of a decision
  for 1,000 agents between two services, with and without a shadow, taking turns.
"""

import argparse
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray
from switchyard_router.adapters.models.call_log import read_services
from switchyard_router.adapters.models.training import Recipe, Trained, train
from switchyard_router.adapters.models.training_rows import training_rows
from switchyard_router.domain.evidence import Evidence, threshold
from switchyard_router.domain.feature_drift import Histogram, RecentRows
from switchyard_router.domain.handle_time_features import NAMES
from switchyard_router.domain.records import StoredEvent
from switchyard_router.service.model_trials import ModelTrials
from switchyard_router.service.trial import RECENT_ROWS

from benchmarks.scoring import AGENTS, Centre, Source, model_text

ALPHA = 0.01
RUNS, SERVICES = 2000, 2000
NOISE = 0.8
MEDIAN_SECONDS = 150.0
DECISIONS = 400
_DELAYS = 100

type Floats = NDArray[np.float64]


def alarm(predicted: Floats, rival: Floats, actual: Floats) -> tuple[int | None, float]:
    """Services until the first alarm (None: never), and the greatest capital."""
    evidence, most = Evidence(), 0.0
    rows = zip(predicted.tolist(), rival.tolist(), actual.tolist(), strict=True)
    for number, row in enumerate(rows, 1):
        evidence.service(*row)
        most = max(most, evidence.capital)
        if most >= threshold(ALPHA):
            return number, most
    return None, most


def invented() -> dict[str, Any]:
    """False alarms and delays on invented services."""
    rng = np.random.default_rng(1)
    truth = np.full(SERVICES, MEDIAN_SECONDS)
    equal = coin = 0
    for _ in range(RUNS):
        actual = truth * np.exp(rng.normal(0, NOISE, SERVICES))
        one, other = (truth * np.exp(rng.normal(0, 0.2, SERVICES)) for _ in range(2))
        equal += alarm(one, other, actual)[0] is not None
        throws = np.where(rng.random(SERVICES) < 0.5, 100.0, 200.0)
        coin += alarm(np.full(SERVICES, 100.0), np.full(SERVICES, 200.0), throws)[0] is not None
    found: dict[str, Any] = {
        "false_alarms_equal": equal / RUNS,
        "false_alarms_coin": coin / RUNS,
    }
    for factor in (3.6, 2.0, 1.5, 0.5):
        delays = []
        for _ in range(_DELAYS):
            actual = truth * np.exp(rng.normal(0, NOISE, SERVICES))
            delays.append(alarm(truth * factor, truth, actual)[0] or SERVICES)
        found[f"found_after_x{factor}"] = [
            round(float(np.quantile(delays, share))) for share in (0.5, 0.95)
        ]
    return found


@dataclass(slots=True)
class Nobody:
    """No model, or one."""

    model: Any = None

    def current(self) -> Any:
        """It."""
        return self.model

    def wrong(self, version: str) -> bool:
        """Never: what is measured must go on."""
        return False

    def withdraw(self, version: str, services: int, capital: float) -> None:
        """Not measured."""


def cost() -> dict[str, float]:
    """CPU microseconds of a service, and milliseconds of a decision, by what is tried."""
    text = model_text()
    ways = {"nothing": (False, False), "serving": (True, False), "shadow": (True, True)}
    centres = {way: _centre(text, *has) for way, has in ways.items()}
    services: dict[str, list[float]] = {way: [] for way in ways}
    decisions: dict[str, list[float]] = {way: [] for way in ways}
    rows = np.arange(AGENTS)
    for number in range(DECISIONS):
        for way, (centre, trials) in centres.items():
            contact = centre.contact(number)
            row = centre.rng.randrange(AGENTS)
            agent = centre.board.agents.ids[row]
            centre.board.contacts[contact.id] = contact
            told = StoredEvent(
                "1-0", "contact.offering", contact.id, "bench", 0, 1, {"agent": agent}
            )
            started = time.process_time()
            trials.on_event(told)
            trials.on_service(contact.id, row, 20.0 + number % 300)
            services[way].append(time.process_time() - started)
            centre.board.contacts.pop(contact.id)
            centre.churn()
            started = time.process_time()
            centre.times.predict([centre.contact(number)], rows)
            decisions[way].append(time.process_time() - started)
    skip = DECISIONS // 4
    return {
        f"service_us_{way}": round(1e6 * float(np.median(taken[skip:])), 1)
        for way, taken in services.items()
    } | {
        f"decision_ms_{way}": round(1e3 * float(np.median(taken[skip:])), 3)
        for way, taken in decisions.items()
    }


def _centre(text: str, serving: bool, shadow: bool) -> tuple[Centre, ModelTrials]:
    centre, nobody = Centre(text), Nobody()
    sources = (
        centre.source if serving else nobody,
        Source(centre.fresh_model()) if shadow else nobody,
    )
    return centre, ModelTrials(centre.board, centre.times, *sources, nobody, ALPHA, 10.0)


@dataclass(frozen=True, slots=True)
class Later:
    """The days of a call log after a model was trained on those before. Medians in seconds."""

    trained: Trained
    features: Floats
    seconds: Floats
    means: Floats
    model: Floats
    table: Floats


def later(log: Path, since: datetime) -> Later:
    """Train on the days before a moment, and predict those after it."""
    rows = training_rows(read_services(log))
    cut = int(np.searchsorted(rows.start_seconds, since.timestamp()))
    trained = train(rows.part(slice(0, cut)), Recipe())
    booster = lightgbm.Booster(model_str=trained.text)
    after, ratios = rows.part(slice(cut, None)), trained.residuals
    means = np.asarray(booster.predict(after.features, num_threads=1), dtype=np.float64)
    return Later(
        trained,
        after.features,
        after.seconds,
        means,
        means * ratios.median,
        after.table_seconds * (ratios.table_median or 1.0),
    )


def logged(log: Path, since: datetime) -> dict[str, Any]:
    """A model of a call log's earlier days against the table on its later ones."""
    days = later(log, since)
    half, seconds = len(days.model) // 2, days.seconds
    errors = np.abs(days.model - seconds).mean(), np.abs(days.table - seconds).mean()
    ratios = days.trained.residuals
    within = (seconds >= days.means * ratios.low) & (seconds <= days.means * ratios.high)
    found: dict[str, Any] = {
        "services": len(days.model),
        "features": len(NAMES),
        "error_ratio": round(float(errors[0] / errors[1]), 4),
        "coverage80": round(float(np.mean(within)), 4),
    }
    for factor in (1.0, 2.0, 1.5, 0.5):
        whole, most = alarm(days.model * factor, days.table, seconds)
        breaking = np.where(np.arange(len(days.model)) < half, 1.0, factor)
        breaks = alarm(days.model * breaking, days.table, seconds)[0]
        found[f"x{factor}"] = {
            "found_after": whole,
            "greatest_evidence": round(most, 2) if whole is None else None,
            "found_after_break": breaks - half if breaks and breaks > half else breaks,
        }
    for window in (2000, RECENT_ROWS):
        found[f"psi_last_{window}"] = _psi(days.trained, days.features[-window:])
    return found


def _psi(trained: Trained, features: Floats) -> dict[str, float]:
    """Drift of each feature since training."""
    bins = [trained.histograms[name] for name in NAMES]
    recent = RecentRows([Histogram(each.edges, each.counts) for each in bins], len(features))
    for row in features:
        recent.add(row)
    return dict(zip(NAMES, np.round(recent.stability_indices(), 2).tolist(), strict=True))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path, help="a call log, or a directory of them")
    parser.add_argument("--from", dest="since", default="1999-06-01", help="first day of trials")
    arguments = parser.parse_args()
    result: dict[str, Any] = invented() | cost()
    if arguments.log:
        since = datetime.fromisoformat(arguments.since).replace(tzinfo=UTC)
        result["log"] = logged(arguments.log, since)
    for name, value in result.items():
        print(f"{name:<24} {value}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
