"""Predicted handle times of 1,000 agents for one contact: the router's way beside LightGBM's own.

Run: `make bench BENCH=scoring` (or `python -m benchmarks.scoring [--model DIR]`). One thread, one
process, CPU time. LightGBM gets its matrix for nothing;
the router's figures include finding the features, and what changed since the decision before
(blocks of 20 decisions take turns: within one, each way has the processor's caches to itself):

- *churn*: as it is in use. Before each decision one agent ends a service and two change occupancy;
  contacts are of six types, with waits and queue lengths as they come. Every 200 services the
  table is fitted anew, which makes everything stale. The headline.
- *warm*: the same contact again and nobody changed.
- *new contact*: no contact like it was seen before, agents are known.
- *all cold*: a model that was just loaded, nothing kept at all.
- *bit vectors*: all features of all rows through the trees, no division by agent and contact.
"""

import argparse
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import orjson
from numpy.typing import NDArray
from switchyard_common.clock import FakeClock, SystemClock
from switchyard_router.adapters.models.gradient_boosting import GradientBoosting
from switchyard_router.adapters.models.manifest import MODEL_FILE, read_manifest
from switchyard_router.adapters.models.training import Recipe, train
from switchyard_router.adapters.models.training_rows import TrainingRows
from switchyard_router.adapters.models.trees import read_ensemble
from switchyard_router.domain.agent_features import AgentFeatures
from switchyard_router.domain.agents import AgentProfile
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.handle_time_features import (
    NAMES,
    ContactFacts,
    Moment,
    contact_features,
)
from switchyard_router.domain.handle_time_table import HandleTimeTable
from switchyard_router.service.board import Board
from switchyard_router.service.handle_times import HandleTimes
from switchyard_router.service.predictions import Limits, ModelInfo
from switchyard_router.service.store_clock import StoreClock

AGENTS = 1000
DECISIONS = 600
BLOCK = 20
SIDE_ROUNDS = 5
QUEUES = ("PS", "PE", "IN", "NE", "NW", "TT")
_WITHIN = 1.01
_START_MS = 1_772_445_600_000

type Floats = NDArray[np.float64]


class Source:
    """Has one model."""

    def __init__(self, model: GradientBoosting) -> None:
        self.model = model

    def current(self) -> GradientBoosting:
        """It."""
        return self.model


class Meter:
    """Fails when the model did not speak: then something else would be measured."""

    def predicted(self, seconds: float) -> None:
        """As it should be."""

    def degraded(self, reason: str) -> None:
        """Not measured."""
        raise RuntimeError(f"the model did not answer: {reason}")

    def switched_off(self, reason: str) -> None:
        """Not measured."""
        raise RuntimeError(f"the model was switched off: {reason}")


@dataclass(slots=True)
class Times:
    """CPU seconds of each decision, by way."""

    taken: dict[str, list[float]] = field(default_factory=dict)

    @contextmanager
    def of(self, way: str) -> Iterator[None]:
        """Keep the time of a block."""
        started = time.process_time()
        yield
        self.taken.setdefault(way, []).append(time.process_time() - started)

    def mean_ms(self, way: str) -> float:
        """Mean of a way: what is stale now and then counts."""
        return 1000 * float(np.mean(self.taken[way]))


class Centre:
    """A thousand agents with a history, and the stream of what happens."""

    def __init__(self, text: str, seed: int = 3) -> None:
        self.rng = random.Random(seed)
        self.board, own = Board(), FakeClock()
        self.clock = StoreClock(own)
        self.clock.observe(_START_MS)
        for number in range(AGENTS):
            self.board.upsert_agent(_agent(number))
        self._text = text
        self.speed = {row: self.rng.gauss(0, 0.2) for row in range(AGENTS)}
        self.source = Source(self.fresh_model())
        limits = Limits(budget_seconds=10.0)
        self.times = HandleTimes(
            self.board, self.clock, self.source, SystemClock(), Meter(), limits
        )
        table = HandleTimeTable()
        table.reserve(AGENTS)
        for row in range(AGENTS):
            for queue in QUEUES:
                services = self.rng.randint(0, 300)
                table.load(row, (queue, "VOICE"), services, services * self._seconds(row))
        table.fit()
        self.times.start(table)

    @property
    def features(self) -> AgentFeatures:
        """What the predictions are made from."""
        return self.times.features

    def fresh_model(self) -> GradientBoosting:
        """The model with nothing kept."""
        info = ModelInfo("bench", datetime.fromtimestamp(_START_MS / 1000, UTC))
        return GradientBoosting(read_ensemble(self._text), info)

    def renew(self) -> None:
        """As after a model was loaded: nothing is kept."""
        self.source.model = self.fresh_model()

    def forget_contacts(self) -> None:
        """As before a kind of contact is seen for the first time."""
        self.source.model.forget_contacts()

    def churn(self) -> None:
        """What happens between two decisions."""
        row = self.rng.randrange(AGENTS)
        kind = (self.rng.choice(QUEUES), "VOICE")
        self.features.observe(row, kind, self._seconds(row) * self.rng.lognormvariate(0, 0.8))
        for _ in range(2):
            self.features.set_occupancy(self.rng.randrange(AGENTS), self.rng.random())

    def contact(self, number: int) -> Waiting:
        """The next contact to be served."""
        waited_ms = int(1000 * self.rng.expovariate(1 / 60))
        now = self.clock.now_ms()
        return Waiting(
            id=f"c{number}",
            state="QUEUED",
            seq=1,
            queue=self.rng.choice(QUEUES),
            channel="VOICE",
            language="",
            order_ms=now - waited_ms,
            enqueue_ms=now - waited_ms,
        )

    def matrix(self, contact: Waiting) -> Floats:
        """The rows that LightGBM is given for a contact."""
        kind, rows = (contact.queue, contact.channel), np.arange(AGENTS)
        now = datetime.fromtimestamp(self.clock.now_ms() / 1000, UTC)
        facts = ContactFacts(
            type_log_seconds=self.features.table.level(kind),
            channel=contact.channel,
            waited_seconds=(self.clock.now_ms() - contact.enqueue_ms) / 1000,
            queue_length=len(self.board.line(contact.queue)),
        )
        head = contact_features(facts, Moment(now.hour, now.weekday()))
        return np.hstack(
            (
                np.tile(head, (AGENTS, 1)),
                self.features.of_agents(rows),
                self.features.of_pairs(kind, rows),
            )
        )

    def _seconds(self, row: int) -> float:
        return max(15.0, 180 * float(np.exp(self.speed[row] + self.rng.gauss(0, 0.05))))


def model_text(trees: int = 100, leaves: int = 31) -> str:
    """A model on invented services in which every feature counts."""
    rng = np.random.default_rng(11)
    low = np.array([4, 0, 7, 0, 0, 0, 0, -0.6, 0, 0, -0.6, -0.6, 0, 0, 0, 0, -0.2, 4])
    high = np.array([6, 5, 23, 6, 10, 6, 5, 0.6, 15, 12, 0.6, 0.6, 0.2, 12, 1, 10, 0.2, 6])
    features = rng.uniform(low, high, size=(40_000, len(NAMES)))
    features[:, 1:6] = np.floor(features[:, 1:6])
    weights = rng.normal(size=len(NAMES)) / (high - low)
    level = (features - (low + high) / 2) @ weights * 0.3 + 0.2 * np.sin(
        features[:, 2] * weights[2]
    )
    level += 5.0 + 0.3 * features[:, 10] * features[:, 14] + 0.5 * features[:, 17] - 2.5
    seconds = np.clip(np.exp(level + rng.normal(0, 0.8, len(level))), 10, 3600)
    rows = TrainingRows(features, seconds, seconds, np.arange(len(level), dtype=np.float64) * 60)
    return train(rows, Recipe(trees=trees, leaves=leaves, fewest_in_leaf=20)).text


def measure(text: str | None = None) -> dict[str, object]:
    """The figures; `text` is a model file's, else one is trained."""
    own = model_text() if text is None else text
    centre, times = Centre(own), Times()
    booster = lightgbm.Booster(model_str=own)
    fits = centre.features.table.fits
    worst, chosen_well = _decisions(centre, times, booster)
    fits = centre.features.table.fits - fits
    _sides(centre, times, booster)
    found = _figures(times, worst, chosen_well)
    _show(found, booster, fits)
    return found


def _decisions(centre: Centre, times: Times, booster: lightgbm.Booster) -> tuple[float, float]:
    """Decisions under churn: worst difference in seconds, and share of choices within 1 %."""
    rows, worst, good = np.arange(AGENTS), 0.0, 0
    for block in range(DECISIONS // BLOCK):
        found, matrices = [], []
        for number in range(block * BLOCK, (block + 1) * BLOCK):
            centre.churn()
            contact = centre.contact(number)
            with times.of("churn"):
                found.append(centre.times.predict([contact], rows).seconds[0])
            matrices.append(centre.matrix(contact))
        for mine, matrix in zip(found, matrices, strict=True):
            with times.of("plain"):
                exact = _plain(booster, matrix)
            worst = max(worst, float(np.max(np.abs(mine - exact))))
            good += bool(exact[int(mine.argmin())] <= exact.min() * _WITHIN)
    return worst, good / DECISIONS


def _sides(centre: Centre, times: Times, booster: lightgbm.Booster) -> None:
    """What is compared beside: kept values complete, in part and not at all, and other ways."""
    contacts = [centre.contact(number) for number in range(BLOCK)]
    matrices = [centre.matrix(contact) for contact in contacts]
    for _ in range(SIDE_ROUNDS):
        ways: dict[str, Callable[[], object]] = {
            "warm": centre.source.current,
            "new_contact": centre.forget_contacts,
            "all_cold": centre.renew,
        }
        for way, prepare in ways.items():
            for contact in contacts:
                prepare()
                _ask(centre, contact)  # so that code, at least, is warm; forgotten again below
                prepare()
                with times.of(way):
                    _ask(centre, contact)
        for matrix in matrices:
            with times.of("bit_vectors"):
                centre.source.model.rows(matrix)
        for name, raw, given in (
            ("plain_beside", False, matrices),
            ("plain_float32", False, [matrix.astype(np.float32) for matrix in matrices]),
            ("plain_raw", True, matrices),
        ):
            for rows in given:
                with times.of(name):
                    _plain(booster, rows, raw)


def _ask(centre: Centre, contact: Waiting) -> None:
    centre.times.predict([contact], np.arange(AGENTS))


def _plain(booster: lightgbm.Booster, matrix: NDArray[Any], raw: bool = False) -> Floats:
    found = booster.predict(matrix, num_threads=1, raw_score=raw)
    return np.asarray(found, dtype=np.float64)


def _figures(times: Times, worst: float, chosen_well: float) -> dict[str, object]:
    beside = times.mean_ms("plain_beside")
    sides = ("warm", "new_contact", "all_cold", "bit_vectors", "plain_float32", "plain_raw")
    return {
        "scoring_speedup": round(times.mean_ms("plain") / times.mean_ms("churn"), 1),
        "scoring_regret_ok_share": chosen_well,
        "scoring_worst_difference_seconds": worst,
        "scoring_ms": {name: round(times.mean_ms(name), 4) for name in ("plain", "churn", *sides)},
        "scoring_speedups": {name: round(beside / times.mean_ms(name), 1) for name in sides},
    }


def _show(found: dict[str, object], booster: lightgbm.Booster, fits: int) -> None:
    print(
        f"{AGENTS} agents, {booster.num_trees()} trees, {len(NAMES)} features, {DECISIONS} "
        f"decisions, table fitted {fits} times meanwhile, load {os.getloadavg()[0]:.2f}"
    )
    times, speedups = found["scoring_ms"], found["scoring_speedups"]
    assert isinstance(times, dict)
    assert isinstance(speedups, dict)
    for name, milliseconds in times.items():
        ratio = {"churn": found["scoring_speedup"], "plain": 1.0}.get(name, speedups.get(name))
        print(f"{name:<16} {milliseconds:>9.3f} ms  {ratio!s:>7} times plain")
    print(f"worst difference {found['scoring_worst_difference_seconds']:.2e} s")


def _agent(number: int) -> AgentProfile:
    return AgentProfile(
        id=f"a{number}",
        display_name="",
        endpoint=f"sip:a{number}",
        skills={},
        capacity={"VOICE": 1},
        units=0,
        queues=QUEUES,
        version=1,
    )


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scoring", description=__doc__)
    parser.add_argument("--model", type=Path, help="a version's folder, instead of an own model")
    folder = parser.parse_args().model
    text = None
    if folder is not None:
        read_manifest(folder)
        text = (folder / MODEL_FILE).read_text()
    print(orjson.dumps(measure(text)).decode())


if __name__ == "__main__":
    main()
