"""Trains on several machines: the same recipe, by LightGBM's own data-parallel learner on Dask.

Each worker finds histograms of its rows, which are added up (Ke et al. 2017, "LightGBM", section 2;
the data-parallel learner of its documentation). Workers need lightgbm and dask[distributed].
"""

from collections.abc import Sequence

import lightgbm

from switchyard_router.adapters.models.training import Fit, Parameters
from switchyard_router.domain.handle_time_table import Floats

_ONE_MACHINE = frozenset({"num_threads", "verbosity", "seed"})


def fit_on_cluster(address: str) -> Fit:
    """A fit on the workers of a Dask scheduler (`tcp://host:8786`); OSError if nobody answers."""

    def fit(
        features: Floats, targets: Floats, names: Sequence[str], parameters: Parameters, trees: int
    ) -> str:
        try:
            from dask import array
            from distributed import Client
        except ImportError as error:
            raise OSError(
                "--cluster needs Dask: pip install 'switchyard-router[cluster]'"
            ) from error
        with Client(address) as client:  # type: ignore[no-untyped-call]
            workers = max(1, len(client.scheduler_info()["workers"]))
            rows = -(-len(targets) // workers)
            model = lightgbm.DaskLGBMRegressor(
                client=client,
                n_estimators=trees,
                random_state=parameters["seed"],
                tree_learner="data",
                **{name: one for name, one in parameters.items() if name not in _ONE_MACHINE},
            )
            given = array.from_array(  # type: ignore[no-untyped-call]
                features, chunks=(rows, features.shape[1])
            )
            target = array.from_array(targets, chunks=rows)  # type: ignore[no-untyped-call]
            model.fit(given, target, feature_name=list(names))
            return str(model.to_local().booster_.model_to_string())

    return fit
