"""Training on a cluster gives the models that training in one process gives.

The cluster lives in a process of its own, and ends with it.
"""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.integration

SCRIPT = """
import numpy as np
import lightgbm
from distributed import LocalCluster
from switchyard_router.adapters.models.cluster_training import fit_on_cluster
from switchyard_router.adapters.models.comparison import TABLE
from switchyard_router.adapters.models.outcome_rows import OUTCOME_NAMES, OutcomeRows
from switchyard_router.adapters.models.resolution_training import train_resolution
from switchyard_router.adapters.models.training import Recipe, train
from tests.fakes.router.models import invented_rows


def outcomes(count):
    draw = np.random.default_rng(3)
    features = draw.uniform(-1, 1, size=(count, len(OUTCOME_NAMES)))
    resolved = draw.random(count) < 1 / (1 + np.exp(-2 * features[:, 0] - features[:, 5]))
    same = np.full(count, resolved.mean())
    guesses = {name: same for name in ("global", "type", "agent", TABLE)}
    return OutcomeRows(features, resolved, np.arange(count) * 3600.0, guesses)


def agree(there, here, rows):
    models = [lightgbm.Booster(model_str=each.text) for each in (there, here)]
    correlation = np.corrcoef(*(model.predict(rows.features) for model in models))[0, 1]
    print("correlation", correlation)
    assert correlation > 0.95
    assert models[0].feature_name() == models[1].feature_name()
    assert there.text.count("Tree=") == here.text.count("Tree=")


if __name__ == "__main__":
    recipe = Recipe(trees=5, leaves=8, fewest_in_leaf=50)
    times, shares = invented_rows(3000), outcomes(3000)
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        fit = fit_on_cluster(cluster.scheduler_address)
        times_there = train(times, recipe, fit=fit)
        shares_there = train_resolution(shares, recipe, fit=fit)
    agree(times_there, train(times, recipe), times)
    agree(shares_there, train_resolution(shares, recipe), shares)
    print("agreed")
"""


def test_a_cluster_trains_by_the_same_recipe() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=300, check=False
    )
    assert "agreed" in done.stdout, done.stderr[-3000:]
