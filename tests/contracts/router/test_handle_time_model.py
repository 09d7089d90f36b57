"""What every HandleTimeModel does: the plain one of the tests, and LightGBM's trees from a file."""

from collections.abc import Callable
from pathlib import Path

import lightgbm
import numpy as np
import pytest
from numpy.typing import NDArray
from switchyard_router.adapters.models.loading import load_model
from switchyard_router.domain.agent_features import AgentFeatures
from switchyard_router.service.predictions import HandleTimeModel

from tests.fakes.router.models import PlainModel, version

pytestmark = pytest.mark.unit

SALES, HELP = ("sales", "VOICE"), ("help", "VOICE")
CONTACT = (5.0, 0.0, 9.0, 2.0, 3.0, 1.0, 2.0, 0.1, 4.0)
ANOTHER = (5.5, 0.0, 17.0, 5.0, 0.0, 4.0, 0.0, 0.0, 15.0)
EVERYBODY = np.arange(40)


@pytest.fixture(params=["plain", "lightgbm"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], HandleTimeModel]:
    """Makes models that know nothing of each other."""
    if request.param == "plain":
        return PlainModel
    folder = version(tmp_path)
    return lambda: load_model(folder)[0]


@pytest.fixture
def features() -> AgentFeatures:
    """Forty agents with different histories."""
    rng, made = np.random.default_rng(1), AgentFeatures()
    for slot in range(40):
        happen(made, slot, rng, services=slot)
    return made


def happen(features: AgentFeatures, slot: int, rng: np.random.Generator, services: int = 3) -> None:
    for _ in range(services):
        kind = SALES if rng.random() < 0.5 else HELP
        features.observe(slot, kind, float(rng.lognormal(5, 0.5) + 10))
    features.set_occupancy(slot, float(rng.random()))


def test_it_gives_a_finite_time_above_0_for_each_agent_in_the_order_asked_for(
    fresh: Callable[[], HandleTimeModel], features: AgentFeatures
) -> None:
    model = fresh()
    seconds = model.seconds(CONTACT, SALES, features, EVERYBODY)
    assert seconds.shape == (40,)
    assert (np.isfinite(seconds) & (seconds > 0)).all()
    some = np.array([7, 3, 39])
    assert model.seconds(CONTACT, SALES, features, some).tolist() == seconds[some].tolist()
    assert model.seconds(CONTACT, SALES, features, EVERYBODY[:0]).shape == (0,)


def test_it_says_what_it_is(fresh: Callable[[], HandleTimeModel]) -> None:
    info = fresh().info
    assert "@" in info.version
    assert info.trained_until.tzinfo is not None


def test_whatever_it_keeps_it_answers_as_a_fresh_one_would(
    fresh: Callable[[], HandleTimeModel], features: AgentFeatures
) -> None:
    old, rng = fresh(), np.random.default_rng(2)
    for _ in range(30):
        happen(features, int(rng.integers(40)), rng)
        contact = CONTACT if rng.random() < 0.5 else ANOTHER
        kind = SALES if rng.random() < 0.5 else HELP
        some = rng.choice(40, size=int(rng.integers(1, 40)), replace=False)
        kept = old.seconds(contact, kind, features, some)
        assert kept.tolist() == fresh().seconds(contact, kind, features, some).tolist()


def test_agents_who_come_later_are_predicted(
    fresh: Callable[[], HandleTimeModel], features: AgentFeatures
) -> None:
    model = fresh()
    model.seconds(CONTACT, SALES, features, EVERYBODY)
    features.reserve(5000)
    later = np.array([4999, 0])
    assert (model.seconds(CONTACT, SALES, features, later) > 0).all()


def test_lightgbm_itself_predicts_the_same(tmp_path: Path, features: AgentFeatures) -> None:
    folder = version(tmp_path, trees=30)
    model, _ = load_model(folder)
    booster = lightgbm.Booster(model_file=folder / "model.txt")
    for contact, kind in ((CONTACT, SALES), (ANOTHER, HELP), (CONTACT, HELP)):
        matrix: NDArray[np.float64] = np.hstack(
            (
                np.tile(contact, (40, 1)),
                features.of_agents(EVERYBODY),
                features.of_pairs(kind, EVERYBODY),
            )
        )
        exact = booster.predict(matrix, num_threads=1)
        found = model.seconds(contact, kind, features, EVERYBODY)
        assert np.max(np.abs(found - exact)) < 1e-6
        assert len(set(found.tolist())) > 1
