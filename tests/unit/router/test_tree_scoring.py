"""Trees scored with bit vectors give what walking them gives, and what is kept stays true."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from switchyard_router.adapters.models.bit_trees import BitTrees
from switchyard_router.adapters.models.refusal import ModelRefused
from switchyard_router.adapters.models.row_caches import RowCache, RowCaches
from switchyard_router.adapters.models.trees import Ensemble, Tree, read_ensemble

from tests.fakes.router.models import invented_text

pytestmark = pytest.mark.unit

FEATURES = 4


def walk(tree: Tree, row: NDArray[np.float64]) -> float:
    node = 0 if len(tree.feature) else -1
    while node >= 0:
        left = row[tree.feature[node]] <= tree.threshold[node]
        node = int(tree.left[node] if left else tree.right[node])
    return float(tree.leaf_value[-node - 1])


def walked(ensemble: Ensemble, matrix: NDArray[np.float64]) -> list[float]:
    return [sum(walk(tree, row) for tree in ensemble.trees) for row in matrix]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([2, 31, 32, 33, 64]), st.integers(1, 600))
def test_every_row_ends_in_the_leaf_where_walking_ends(seed: int, leaves: int, rows: int) -> None:
    rng = random.Random(seed)
    ensemble = read_ensemble(invented_text(rng, 5, leaves, FEATURES))
    # Halves, as the thresholds are: many values meet one exactly.
    matrix = np.random.default_rng(seed).integers(-4, 5, size=(rows, FEATURES)) / 2
    trees = BitTrees(ensemble)
    assert trees.sums(trees.masks(0, matrix)) == pytest.approx(walked(ensemble, matrix))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, FEATURES))
def test_parts_of_the_features_may_be_taken_apart_and_joined(seed: int, cut: int) -> None:
    ensemble = read_ensemble(invented_text(random.Random(seed), 5, 31, FEATURES))
    matrix = np.random.default_rng(seed).integers(-4, 5, size=(20, FEATURES)) / 2
    matrix[:, :cut] = matrix[0, :cut]
    trees = BitTrees(ensemble)
    shared = trees.mask(0, trees.bins(0, matrix[0, :cut].tolist()))
    found = trees.sums(trees.masks(cut, matrix[:, cut:]), shared)
    assert found == pytest.approx(walked(ensemble, matrix))


def test_values_between_the_same_thresholds_share_a_bin() -> None:
    trees = BitTrees(read_ensemble(invented_text(random.Random(3), 8, 31, FEATURES)))
    low, same, high = (trees.bins(0, [value]) for value in (0.6, 0.9, 1.1))
    assert low == same != high


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("end of trees", "", "FILE_BROKEN"),
        ("version=v4", "version=v3", "FILE_BROKEN"),
        ("feature_names", "names", "FILE_BROKEN"),
        ("objective=regression", "objective=multiclass", "UNSUPPORTED"),
        ("objective=regression", "objective=regression sqrt", "UNSUPPORTED"),
        ("num_tree_per_iteration=1", "num_tree_per_iteration=3", "UNSUPPORTED"),
        ("version=v4", "version=v4\naverage_output", "UNSUPPORTED"),
        ("decision_type=2", "decision_type=1", "UNSUPPORTED"),
        ("decision_type=2", "decision_type=6", "UNSUPPORTED"),
        ("num_leaves=", "is_linear=1\nnum_leaves=", "UNSUPPORTED"),
        ("left_child=", "left_child=0 ", "FILE_BROKEN"),
        ("split_feature=", "split_feature=x ", "FILE_BROKEN"),
        ("leaf_value=", "leaves=", "FILE_BROKEN"),
        ("leaf_value=", "leaf_value=nan ", "FILE_BROKEN"),
    ],
)
def test_a_file_that_cannot_be_scored_exactly_is_refused(old: str, new: str, code: str) -> None:
    text = invented_text(random.Random(1), 3, 8, FEATURES)
    assert old in text
    with pytest.raises(ModelRefused) as refused:
        read_ensemble(text.replace(old, new))
    assert refused.value.code == code


def test_a_tree_too_large_for_a_word_is_refused() -> None:
    text = invented_text(random.Random(5), 4, 200, FEATURES)
    with pytest.raises(ModelRefused, match="more than 64"):
        read_ensemble(text)


@pytest.mark.parametrize("children", ["0 -1 -2", "1 2 0", "-1 -1 -2", "1 7 -2", "1 -9 -2"])
def test_nodes_that_make_no_tree_are_refused_instead_of_walked_for_ever(children: str) -> None:
    head = (
        "tree\nversion=v4\nnum_tree_per_iteration=1\nobjective=regression\nfeature_names=a\n\n"
        "Tree=0\nnum_leaves=4\nsplit_feature=0 0 0\nthreshold=1 2 3\ndecision_type=2 2 2\n"
    )
    good = f"{head}left_child=1 2 -1\nright_child=-4 -3 -2\nleaf_value=1 2 3 4\n\nend of trees\n"
    assert len(read_ensemble(good).trees) == 1
    with pytest.raises(ModelRefused, match="FILE_BROKEN"):
        read_ensemble(good.replace("left_child=1 2 -1", f"left_child={children}"))


def test_a_feature_that_there_is_not_is_refused() -> None:
    text = invented_text(random.Random(1), 3, 8, 1).replace("split_feature=0", "split_feature=1", 1)
    with pytest.raises(ModelRefused, match="feature that there is not"):
        read_ensemble(text)


def test_a_cache_computes_what_changed_and_nothing_else() -> None:
    asked: list[list[int]] = []

    def squares(slots: NDArray[np.intp]) -> NDArray[np.float64]:
        asked.append(slots.tolist())
        return slots.astype(float) ** 2

    cache, stamps = RowCache(0, np.float64), np.array([1, 1, 1], dtype=np.int64)
    slots = np.array([2, 5, 900])
    assert cache.get(slots, stamps, squares).tolist() == [4, 25, 810_000]
    assert cache.get(slots, stamps, squares).tolist() == [4, 25, 810_000]
    assert cache.get(slots, np.array([1, 2, 1]), squares).tolist() == [4, 25, 810_000]
    assert asked == [[2, 5, 900], [5]]
    assert cache.get(np.array([], dtype=np.intp), np.array([], dtype=np.int64), squares).size == 0


def test_caches_are_bounded_and_drop_what_was_not_used_for_longest() -> None:
    one = RowCache(0, np.float64).nbytes
    caches = RowCaches(0, np.float64, 3 * one)
    computed: list[int] = []

    def ask(key: int) -> None:
        def compute(slots: NDArray[np.intp]) -> NDArray[np.float64]:
            computed.append(key)
            return np.zeros(len(slots))

        caches.get(key, np.array([0]), np.array([1]), compute)

    for key in (1, 2, 3, 1, 4, 1, 2):
        ask(key)
    assert computed == [1, 2, 3, 4, 2]
    assert len(caches) == 3
    assert caches.nbytes <= 3 * one
