"""Counts of words and pieces of words, weighted by how much they tell (tf-idf). Pure.

Two families share one vector, each of length 1/√2: tokens and pairs of neighbouring tokens (one
token per Han character, Latin word and run of digits), and runs of 2 to 4 characters, which see
through typos and endings.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import sparse

from switchyard_bot.text import simplified
from switchyard_bot.tokens import split

_SIZES = (2, 3, 4)
# A run of characters seen once is noise; a word seen once may be the name that counts.
_LEAST = {"w": 1, "c": 2}
_FAMILIES = len(_LEAST)


@dataclass(frozen=True)
class Sparse:
    """The n-grams of one text: places in the vector and their weights (float32, length ≤ 1)."""

    places: Any
    weights: Any


@dataclass(frozen=True)
class NgramSpace:
    """The n-grams of the examples (``w…`` tokens, ``c…`` characters) and their weights."""

    names: tuple[str, ...]
    rarity: Any  # float32 per name: inverse document frequency
    index: dict[str, int]

    @classmethod
    def of(cls, names: Sequence[str], rarity: Any) -> "NgramSpace":
        """Builds the index of the names."""
        return cls(tuple(names), rarity, {name: place for place, name in enumerate(names)})

    @classmethod
    def learned(cls, texts: Sequence[str]) -> "NgramSpace":
        """The n-grams of these texts."""
        seen: Counter[str] = Counter()
        for text in texts:
            seen.update(set(_grams(text)))
        names = sorted(name for name, times in seen.items() if times >= _LEAST[name[0]])
        times = np.array([seen[name] for name in names], dtype=np.float64)
        rarity = np.log((1 + len(texts)) / (1 + times)) + 1
        return cls.of(names, rarity.astype(np.float32))

    def vector(self, text: str) -> Sparse:
        """The n-grams of a text that the examples have, too."""
        counts = Counter(_grams(text))
        found = [(self.index[name], times) for name, times in counts.items() if name in self.index]
        if not found:
            return Sparse(np.zeros(0, np.int64), np.zeros(0, np.float32))
        places = np.array([place for place, _ in found], dtype=np.int64)
        weights = (1 + np.log(np.array([times for _, times in found], dtype=np.float32))) * (
            self.rarity[places]
        )
        return Sparse(places, self._balanced(places, weights))

    def matrix(self, texts: Iterable[str]) -> Any:
        """One row per text (scipy CSR, float32)."""
        rows = [self.vector(text) for text in texts]
        starts = np.cumsum([0, *(len(row.places) for row in rows)])
        return sparse.csr_matrix(
            (
                np.concatenate([row.weights for row in rows]).astype(np.float32),
                np.concatenate([row.places for row in rows]),
                starts,
            ),
            shape=(len(rows), len(self.names)),
        )

    def _balanced(self, places: Any, weights: Any) -> Any:
        """Each family of length 1/√2, or what there is of it."""
        # Names are sorted, so all "c…" come before all "w…".
        border = np.array([self.names[place][0] == "c" for place in places])
        out = np.array(weights, dtype=np.float32)
        for family in (border, ~border):
            length = float(np.sqrt(np.sum(out[family] ** 2)))
            if length:
                out[family] /= length * np.sqrt(_FAMILIES)
        return out


def gram_products(rows: Any, columns: Any, add: Callable[[Any], None]) -> None:
    """Gives ``rows · columnsᵀ`` to ``add``, the frequent n-grams apart.

    What stands in many texts makes a product of sparse matrices slow and is cheap as a dense one.
    """
    often = np.asarray((columns != 0).sum(axis=0)).ravel() > max(columns.shape[0] // 50, 8)
    add((rows[:, often].toarray() @ columns[:, often].toarray().T).astype(np.float32))
    add((rows[:, ~often] @ columns[:, ~often].T).toarray())


def _grams(text: str) -> list[str]:
    lower = simplified(text).lower()
    words = [token for _, token in split(lower)]
    found = [f"w{word}" for word in words]
    found += [f"w{first} {second}" for first, second in pairwise(words)]
    for chunk in lower.split():
        padded = f" {chunk} "
        for size in _SIZES:
            found += [f"c{padded[at : at + size]}" for at in range(len(padded) - size + 1)]
    return found
