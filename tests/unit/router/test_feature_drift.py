"""What is scored lately is held against what a model was trained on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from switchyard_router.domain.feature_drift import (
    MOST_BINS,
    RecentRows,
    histogram,
    stability_index,
)

pytestmark = pytest.mark.unit

COUNTS = st.lists(st.integers(0, 10_000), min_size=2, max_size=MOST_BINS)


def test_bins_hold_about_equal_numbers_of_rows() -> None:
    made = histogram(np.random.default_rng(1).normal(size=10_000))
    assert len(made.counts) == MOST_BINS
    assert all(abs(count - 1000) <= 1 for count in made.counts)


def test_values_that_repeat_make_fewer_bins_and_lose_no_row() -> None:
    made = histogram(np.array([0.0] * 70 + [1.0] * 25 + [2.0] * 5))
    assert made.edges == (0.0, 1.0)
    assert made.counts == (70, 25, 5)
    assert histogram(np.zeros(50)).counts == (50, 0)


def test_a_published_example_of_the_index() -> None:
    # Shares 0.2/0.3/0.5 against 0.3/0.3/0.4, by hand: 0.1 ln 1.5 + 0.1 ln 1.25.
    million = 1_000_000
    found = stability_index([2 * million, 3 * million, 5 * million], [30_000, 30_000, 40_000])
    assert found == pytest.approx(0.1 * np.log(1.5) + 0.1 * np.log(1.25), abs=1e-4)


@given(counts=COUNTS, seed=st.integers(0, 99))
def test_the_index_is_never_below_0_is_symmetric_and_0_for_the_same(
    counts: list[int], seed: int
) -> None:
    other = np.random.default_rng(seed).integers(0, 1000, len(counts))
    assert stability_index(counts, counts) == pytest.approx(0)
    there, back = stability_index(counts, other), stability_index(other, counts)
    assert there >= 0
    assert there == pytest.approx(back)


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), max_size=60))
def test_a_window_counts_exactly_the_last_rows(rows: list[tuple[float, float]]) -> None:
    trained_on = [histogram(np.linspace(-2, 2, 100)), histogram(np.array([0.0, 1.0] * 50))]
    recent = RecentRows(trained_on, size=20)
    for row in rows:
        recent.add(np.array(row))
    last = np.array(rows[-20:]).reshape(-1, 2)
    assert recent.rows == len(last)
    expected = []
    for each, column in zip(trained_on, last.T, strict=True):
        bins = np.searchsorted(each.edges, column)
        expected.append(stability_index(each.counts, np.bincount(bins, minlength=len(each.counts))))
    assert recent.stability_indices() == pytest.approx(expected)


def test_another_population_shows_in_its_feature_alone() -> None:
    rng = np.random.default_rng(3)
    trained = rng.normal(size=(20_000, 3))
    recent = RecentRows([histogram(column) for column in trained.T], size=2000)
    for row in rng.normal(size=(2000, 3)) + np.array([0.0, 1.0, 0.0]):
        recent.add(row)
    same, moved, also_same = recent.stability_indices()
    assert max(same, also_same) < 0.02
    assert moved > 0.5
