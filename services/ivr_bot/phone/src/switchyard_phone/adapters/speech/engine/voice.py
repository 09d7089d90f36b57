"""Tells speech from everything else, for many listeners at a time: silero VAD at its 8 kHz.

It keeps nothing: a question brings each listener's state along, and the answer brings the next one.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from switchyard_phone.adapters.speech.engine.pipe import serve
from switchyard_phone.domain.audio import SAMPLE_RATE
from switchyard_phone.domain.hearing import WINDOW_SAMPLES

CONTEXT_SAMPLES = 32
"""Samples before the window that the model wants to see again."""
STATE = (2, 128)
_FULL_SCALE = 32768.0

QUESTION = np.dtype(
    [("state", "<f4", STATE), ("samples", "<i2", (CONTEXT_SAMPLES + WINDOW_SAMPLES,))]
)
"""One listener's state, context and window."""
ANSWER = np.dtype([("state", "<f4", STATE), ("probability", "<f4")])


class Voices:
    """The model. `session` is onnxruntime's."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def answer(self, question: bytes) -> bytes:
        """Any number of QUESTIONs; as many ANSWERs."""
        asked = np.frombuffer(question, QUESTION)
        samples: NDArray[np.float32] = asked["samples"].astype(np.float32) / _FULL_SCALE
        state = np.ascontiguousarray(asked["state"].transpose(1, 0, 2))
        rate = np.array(SAMPLE_RATE, np.int64)
        likely, after = self._session.run(None, {"input": samples, "state": state, "sr": rate})
        told = np.empty(asked.size, ANSWER)
        told["probability"] = likely[:, 0]
        told["state"] = after.transpose(1, 0, 2)
        return told.tobytes()


def load(model: str) -> Voices:
    """The model in this file, on one thread. ImportError, RuntimeError."""
    import onnxruntime  # type: ignore[import-not-found]  # of the engines' interpreter

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return Voices(onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"]))


def main(model: str) -> None:
    """Answers until nothing more comes."""
    serve(lambda: load(model).answer)
