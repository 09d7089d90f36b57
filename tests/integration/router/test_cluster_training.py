"""Training on a cluster gives the model that training in one process gives.

The cluster lives in a process of its own, and ends with it.
"""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.integration

SCRIPT = """
import numpy as np
import lightgbm
from distributed import Client, LocalCluster
from switchyard_router.adapters.models.cluster_training import fit_on_cluster
from switchyard_router.adapters.models.training import Recipe, train
from tests.fakes.router.models import invented_rows

if __name__ == "__main__":
    rows, recipe = invented_rows(3000), Recipe(trees=5, leaves=8, fewest_in_leaf=50)
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        there = train(rows, recipe, fit=fit_on_cluster(cluster.scheduler_address))
    here = train(rows, recipe)
    models = [lightgbm.Booster(model_str=each.text) for each in (there, here)]
    correlation = np.corrcoef(*(model.predict(rows.features) for model in models))[0, 1]
    print("correlation", correlation)
    assert correlation > 0.95
    assert there.text.count("Tree=") == here.text.count("Tree=")
    print("agreed")
"""


def test_a_cluster_trains_by_the_same_recipe() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=300, check=False
    )
    assert "agreed" in done.stdout, done.stderr[-3000:]
