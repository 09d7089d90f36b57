"""Who hangs up on customers is never taken for a fast agent, by the table or by a model."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_common.clock import FakeClock
from switchyard_router.adapters.models.call_log import Service
from switchyard_router.adapters.models.loading import load_model
from switchyard_router.adapters.models.training import Recipe, publish, train
from switchyard_router.adapters.models.training_rows import training_rows
from switchyard_router.domain.short_calls import call_again_odds, with_short_calls
from switchyard_router.service.handle_times import HandleTimes
from switchyard_router.service.predictions import Limits

from tests.fakes.router.core import Meter, board, profile, store_clock, waiting
from tests.fakes.router.models import Models

pytestmark = pytest.mark.unit

AGENTS = 10
TRAP = 0
SHORT_SHARE = 0.25
KIND = ("q1", "VOICE")
DAY = 86_400.0
EVERYBODY = np.arange(AGENTS)


def invented(spread: float, trap_effect: float, days: int = 60) -> list[Service]:
    """Services of ten agents; the first hangs up within 10 s on a quarter of the calls."""
    rng = np.random.default_rng(5)
    effects = np.linspace(-spread, spread, AGENTS)
    effects[TRAP] = trap_effect
    of_customers = rng.normal(0, 0.5, 60)
    services = []
    for day in range(days):
        for number in range(100):
            agent = int(rng.integers(AGENTS))
            customer = int(rng.integers(60))
            level = 4.9 + effects[agent] + of_customers[customer]
            seconds = float(np.clip(rng.lognormal(level, 0.6), 10, 3000))
            if agent == TRAP and rng.random() < SHORT_SHARE:
                seconds = float(rng.uniform(1, 9))
            start = day * DAY + 28_800 + number * 300.0
            services.append(Service(f"a{agent}", KIND, start, seconds, 0.0, 1, f"c{customer}"))
    return services


def router(services: list[Service]) -> tuple[HandleTimes, Models, Meter]:
    models, meter = Models(), Meter()
    clock, _ = store_clock(int(60 * DAY * 1000))
    agents = board(*(profile(f"a{number}") for number in range(AGENTS)))
    times = HandleTimes(agents, clock, models, FakeClock(), meter, Limits(budget_seconds=60))
    for each in services:
        times.features.observe(int(each.agent[1:]), each.kind, each.seconds)
    return times, models, meter


def rank(times: HandleTimes) -> int:
    """How many agents are expected to be faster than the one who hangs up."""
    contact = waiting("c1", queue=KIND[0], channel=KIND[1])
    seconds = times.predict([contact], EVERYBODY).seconds[0]
    return int((seconds < seconds[TRAP]).sum())


@pytest.mark.parametrize("trap_effect", [0.0, 0.15])
def test_hanging_up_on_a_quarter_does_not_rank_in_the_faster_half_by_the_table(
    trap_effect: float,
) -> None:
    services = invented(0.15, trap_effect)
    raw = [np.mean([s.seconds for s in services if s.agent == f"a{n}"]) for n in EVERYBODY]
    assert (np.array(raw) < raw[TRAP]).sum() < AGENTS / 2  # so it is a trap
    times, _, _ = router(services)
    assert rank(times) >= AGENTS / 2


def test_nor_by_a_model(tmp_path: Path) -> None:
    services = invented(0.15, 0.15)
    recipe = Recipe(trees=40, leaves=8, fewest_in_leaf=40)
    trained = train(training_rows(services), recipe)
    folder = publish(trained, recipe, tmp_path, "m", "UTC", datetime(2026, 1, 1, tzinfo=UTC))
    times, models, _ = router(services)
    models.model, _ = load_model(folder)
    assert models.model.info.serves
    assert rank(times) >= AGENTS / 2


def test_a_model_that_did_not_beat_the_table_leaves_the_word_to_it(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    services = [
        Service(
            f"a{rng.integers(AGENTS)}",
            (f"q{rng.integers(3)}", "VOICE"),
            number * 1000.0,
            float(np.clip(rng.lognormal(5, 0.7), 10, 3000)),
            float(rng.exponential(30)),
            1,
            f"c{rng.integers(300)}",
        )
        for number in range(5000)
    ]
    trained = train(training_rows(services), Recipe(fewest_in_leaf=100))
    assert trained.metrics["serves"] == "table"
    assert trained.metrics["lift"] == "no lift"
    now = datetime(2026, 1, 1, tzinfo=UTC)
    folder = publish(trained, Recipe(), tmp_path, "m", "UTC", now)
    times, models, meter = router(services)
    models.model, manifest = load_model(folder)
    assert manifest.serves == "table"
    found = times.predict([waiting("c1", queue="q1")], EVERYBODY)
    assert (found.model_version, found.degraded) == ("", False)
    assert (
        found.seconds.tolist()
        == times.means([waiting("c1", queue="q1")], EVERYBODY).seconds.tolist()
    )
    assert meter.of("degraded") == []


@given(share=st.floats(0, 1), usual=st.floats(0, 1), seconds=st.floats(10, 3600))
def test_more_hang_ups_never_make_anybody_faster(
    share: float, usual: float, seconds: float
) -> None:
    shares = np.array([min(share, usual), max(share, usual)])
    fewer, more = with_short_calls(np.full(2, seconds), call_again_odds(shares, usual)).tolist()
    assert np.isfinite(more)
    assert more >= fewer == seconds
