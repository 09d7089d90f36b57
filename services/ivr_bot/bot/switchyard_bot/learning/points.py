"""Where a sentence lies: its embedding, and what the encoder saw of each word on the way. Pure."""

from dataclasses import dataclass
from typing import Any

import numpy as np

MEANING = 512
"""Numbers of the sentence embedding, which come first; those of the words' features follow."""


@dataclass(frozen=True)
class PointSpace:
    """Brings raw vectors (MEANING + words' features) to points of length ≤ 1 in few dimensions.

    The words' features are taken relative to their mean over the examples: what all sentences have
    in common tells nothing. The scalar product of two points is their likeness, at most 1.
    """

    centre: Any  # float32, numbers of words' features
    axes: Any  # float32, (all numbers, dimensions)

    @classmethod
    def learned(cls, raw: Any, dimensions: int) -> "PointSpace":
        """The directions in which these examples (one a row) differ most."""
        centre = raw[:, MEANING:].mean(axis=0).astype(np.float32)
        full = _full(raw, centre)
        _, vectors = np.linalg.eigh(full.T @ full)
        kept = min(dimensions, *full.shape)
        return cls(centre, np.ascontiguousarray(vectors[:, ::-1][:, :kept], dtype=np.float32))

    def points(self, raw: Any) -> Any:
        """One point a row (float32)."""
        return _full(raw, self.centre) @ self.axes


def unit(rows: Any) -> Any:
    """Rows brought to length 1; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows, dtype=np.float32) / np.maximum(lengths, 1e-9)


def _full(raw: Any, centre: Any) -> Any:
    raw = np.asarray(raw, dtype=np.float32)
    meaning, words = unit(raw[:, :MEANING]), raw[:, MEANING:]
    if words.shape[1] == 0:
        return meaning
    return np.hstack([meaning, unit(words - centre)]) * np.float32(np.sqrt(0.5))
