"""Handle-time models for tests: invented trees, trained ones, and one of a few lines of Python."""

import random
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from switchyard_router.adapters.models.manifest import MANIFEST_FILE, digest
from switchyard_router.adapters.models.training import Recipe, Trained, publish, train
from switchyard_router.adapters.models.training_rows import TrainingRows
from switchyard_router.domain.agent_features import AgentFeatures
from switchyard_router.domain.handle_time_features import NAMES
from switchyard_router.domain.handle_time_table import ContactType
from switchyard_router.service.predictions import ModelInfo

TRAINED_UNTIL = datetime(2026, 1, 1, tzinfo=UTC)
LOW = np.array([4, 0, 7, 0, 0, 0, 0, -0.6, 0, 0, -0.6, -0.6, 0, 0, 0, 0, -0.2, 4])
HIGH = np.array([6, 5, 23, 6, 10, 6, 5, 0.6, 15, 12, 0.6, 0.6, 0.2, 12, 1, 10, 0.2, 6])

type Floats = NDArray[np.float64]


@dataclass(slots=True)
class PlainModel:
    """Predicts 100 s and more for every service an agent has had; counts how often it is asked."""

    info: ModelInfo = field(default_factory=lambda: ModelInfo("plain@1", TRAINED_UNTIL))
    asked: int = 0
    error: Exception | None = None
    factor: float = 1.0

    def seconds(
        self,
        contact: Sequence[float],
        kind: ContactType,
        features: AgentFeatures,
        slots: NDArray[np.intp],
    ) -> Floats:
        """From the first feature of the agent, and of the pair."""
        self.asked += 1
        if self.error is not None:
            raise self.error
        return self.factor * (
            100
            + 10 * contact[0]
            + features.of_agents(slots)[:, 0]
            + features.of_pairs(kind, slots)[:, 0]
        )


@dataclass(slots=True)
class Models:
    """Has the model it is given."""

    model: Any = None

    def current(self) -> Any:
        """It."""
        return self.model


def invented_rows(count: int, seed: int = 1) -> TrainingRows:
    """Rows whose features all matter, an hour apart."""
    rng = np.random.default_rng(seed)
    features = rng.uniform(LOW, HIGH, size=(count, len(NAMES)))
    features[:, 1:6] = np.floor(features[:, 1:6])
    level = 5 + 0.3 * ((features - LOW) / (HIGH - LOW)) @ rng.normal(size=len(NAMES))
    seconds = np.clip(np.exp(level + rng.normal(0, 0.5, count)), 10, 3600)
    same = np.full(count, seconds.mean())
    return TrainingRows(features, seconds, same, np.arange(count, dtype=np.float64) * 3600)


@cache
def trained(seed: int = 1, trees: int = 5) -> Trained:
    """A small model, trained once for each seed and size."""
    recipe = Recipe(seed=seed, trees=trees, leaves=8, fewest_in_leaf=20)
    return train(invented_rows(2000), recipe)


def version(directory: Path, number: int = 1, seed: int = 1, trees: int = 5) -> Path:
    """Publish a small model as version 2026010112000{number}; returns its folder."""
    now = datetime(2026, 1, 1, 12, 0, number, tzinfo=UTC)
    return publish(trained(seed, trees), Recipe(seed=seed), directory, "handle_time", "UTC", now)


def change_manifest(folder: Path, **changes: Any) -> None:
    """Write other values into a manifest."""
    path = folder / MANIFEST_FILE
    path.write_bytes(orjson.dumps(orjson.loads(path.read_bytes()) | changes))


def change_model(folder: Path, text: str) -> None:
    """Put another model file there, and its hash into the manifest."""
    (folder / "model.txt").write_text(text)
    change_manifest(folder, model_sha256=digest(text.encode()))


def invented_text(rng: random.Random, trees: int, leaves: int, features: int) -> str:
    """A model file of random trees on a coarse grid of thresholds, so that values meet them."""
    names = " ".join(f"f{number}" for number in range(features))
    blocks = [
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nobjective=regression\n"
        f"feature_names={names}\n"
    ]
    blocks += [
        f"Tree={number}\n{_tree(rng, rng.randint(1, leaves), features)}" for number in range(trees)
    ]
    return "\n".join([*blocks, "end of trees\n"])


def _tree(rng: random.Random, leaves: int, features: int) -> str:
    left, right, parent_of_leaf = [-1], [-2], {0: (0, 0), 1: (0, 1)}
    for node in range(1, leaves - 1):
        leaf = rng.choice(sorted(parent_of_leaf))
        above, side = parent_of_leaf[leaf]
        (right if side else left)[above] = node
        left.append(-leaf - 1)
        right.append(-node - 2)
        parent_of_leaf[leaf], parent_of_leaf[node + 1] = (node, 0), (node, 1)
    inner = leaves - 1
    lines: dict[str, list[Any]] = {
        "num_leaves": [leaves],
        "split_feature": [rng.randrange(features) for _ in range(inner)],
        "threshold": [rng.randint(-3, 3) / 2 for _ in range(inner)],
        "decision_type": [2] * inner,
        "left_child": left[:inner],
        "right_child": right[:inner],
        "leaf_value": [rng.uniform(-1, 1) for _ in range(leaves)],
    }
    return "\n".join(f"{name}={' '.join(map(str, values))}" for name, values in lines.items())


class VerdictsInMemory:
    """Verdicts on models, as the store keeps them."""

    def __init__(self) -> None:
        self._wrong: frozenset[str] = frozenset()

    async def withdraw(self, versions: AbstractSet[str]) -> None:
        """Keep them."""
        self._wrong |= versions

    async def withdrawn(self) -> frozenset[str]:
        """All of them."""
        return self._wrong
