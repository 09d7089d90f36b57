"""Reads the trees of a LightGBM model file into arrays.

The text format (version v4) is LightGBM's own, as written by `Booster.save_model`: a header, then
one block of `name=values` lines per tree. An inner node sends x to its left child if x <= threshold
and to its right child otherwise; a child below 0 is leaf number -child - 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from switchyard_router.adapters.models.refusal import ModelRefused

MOST_LEAVES = 64
_LOG_LINK = frozenset({"gamma", "poisson", "tweedie"})
_NO_LINK = frozenset(
    {"regression", "regression_l1", "huber", "fair", "quantile", "mape", "mean_absolute_error"}
)
_CATEGORICAL, _ZERO_IS_MISSING = 1, 1 << 2


@dataclass(frozen=True, slots=True)
class Tree:
    """One tree: inner nodes as arrays (feature, threshold, children), and values of leaves."""

    feature: NDArray[np.intp]
    threshold: NDArray[np.float64]
    left: NDArray[np.intp]
    right: NDArray[np.intp]
    leaf_value: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ensemble:
    """A sum of trees; `log_link`: the prediction is exp of the sum."""

    features: tuple[str, ...]
    objective: str
    log_link: bool
    trees: tuple[Tree, ...]


def read_ensemble(text: str) -> Ensemble:
    """The trees of a model file; ModelRefused for what cannot be scored exactly here."""
    head, _, rest = text.partition("\nTree=")
    body, end, _ = rest.partition("\nend of trees")
    if not end:
        raise ModelRefused("FILE_BROKEN", "the model file ends before its trees do")
    header = _fields(head)
    objective = header.get("objective", "").split(" ")[0]
    _check_header(head, header, objective)
    features = tuple(header["feature_names"].split())
    trees = tuple(_tree(_fields(block)) for block in body.split("\nTree="))
    for tree in trees:
        if ((tree.feature < 0) | (tree.feature >= len(features))).any():
            raise ModelRefused("FILE_BROKEN", "a tree asks for a feature that there is not")
    return Ensemble(features, objective, objective in _LOG_LINK, trees)


def _check_header(head: str, header: Mapping[str, str], objective: str) -> None:
    if header.get("version") != "v4" or "feature_names" not in header:
        raise ModelRefused("FILE_BROKEN", "not a LightGBM model file of version v4")
    if objective not in _LOG_LINK | _NO_LINK or "sqrt" in header["objective"]:
        known = ", ".join(sorted(_LOG_LINK | _NO_LINK))
        raise ModelRefused(
            "UNSUPPORTED", f"objective {header.get('objective')!r} is none of {known}"
        )
    if header.get("num_tree_per_iteration") != "1" or "average_output" in head.split("\n"):
        raise ModelRefused("UNSUPPORTED", "several classes, or an average of trees")


def _fields(block: str) -> dict[str, str]:
    parts = (line.partition("=") for line in block.split("\n"))
    return {name: value for name, _, value in parts}


def _tree(fields: Mapping[str, str]) -> Tree:
    try:
        leaves = int(fields["num_leaves"])
        values = np.array(fields["leaf_value"].split(), dtype=np.float64)
        if leaves == 1 and len(values) == 1 and np.isfinite(values[0]):
            none = np.zeros(0, dtype=np.intp)
            return Tree(none, np.zeros(0), none, none, values)
        _check_nodes(fields, leaves)
        tree = Tree(
            _whole(fields["split_feature"]),
            np.array(fields["threshold"].split(), dtype=np.float64),
            _whole(fields["left_child"]),
            _whole(fields["right_child"]),
            values,
        )
    except (KeyError, ValueError, OverflowError) as error:
        raise ModelRefused("FILE_BROKEN", f"a tree cannot be read: {error}") from error
    _check_shape(tree, leaves)
    return tree


def _check_shape(tree: Tree, leaves: int) -> None:
    """Every node and leaf has exactly one parent, which stands before it."""
    parts = (tree.feature, tree.threshold, tree.left, tree.right)
    if {len(part) for part in parts} != {leaves - 1} or len(tree.leaf_value) != leaves:
        raise ModelRefused("FILE_BROKEN", "a tree's arrays differ in length")
    children = np.concatenate((tree.left, tree.right))
    everybody = np.concatenate((np.arange(-leaves, 0), np.arange(1, leaves - 1)))
    parents = np.tile(np.arange(leaves - 1), 2)
    late = (children >= 0) & (children <= parents)
    if late.any() or not np.array_equal(np.sort(children), everybody):
        raise ModelRefused("FILE_BROKEN", "a tree's nodes do not make a tree")
    if not (np.isfinite(tree.threshold).all() and np.isfinite(tree.leaf_value).all()):
        raise ModelRefused("FILE_BROKEN", "a tree holds numbers that are not finite")


def _check_nodes(fields: Mapping[str, str], leaves: int) -> None:
    if leaves > MOST_LEAVES:
        raise ModelRefused("UNSUPPORTED", f"a tree has {leaves} leaves, more than {MOST_LEAVES}")
    kinds = _whole(fields["decision_type"])
    if (kinds & _CATEGORICAL).any() or (kinds & _ZERO_IS_MISSING).any():
        raise ModelRefused("UNSUPPORTED", "a tree splits on categories, or takes 0 for missing")
    if fields.get("is_linear", "0") != "0":
        raise ModelRefused("UNSUPPORTED", "a tree has linear leaves")


def _whole(text: str) -> NDArray[np.intp]:
    return np.array(text.split(), dtype=np.intp)
