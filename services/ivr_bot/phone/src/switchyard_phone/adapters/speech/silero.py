"""Tells speech from everything else, for all calls by one process: the port VoiceDetector.

Windows that arrive while the process works on others go to it together: the more callers, the
larger its batches, and none of it is done on the event loop.
"""

import asyncio
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from switchyard_phone.adapters.speech.engine.voice import ANSWER, CONTEXT_SAMPLES, QUESTION, STATE
from switchyard_phone.adapters.speech.pool import Pool
from switchyard_phone.service.recognition import RecognizerDown


@dataclass(eq=False, slots=True)
class _Asked:
    question: NDArray[np.void]
    answer: asyncio.Future[np.void] = field(repr=False)


class SileroDetector:
    """Asks a pool of one process; `close` it before the pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._asked: list[_Asked] = []
        self._sending: asyncio.Task[None] | None = None

    def stream(self) -> "SileroStream":
        """For one listener."""
        return SileroStream(self)

    async def judge(self, question: NDArray[np.void]) -> np.void:
        """One window's answer. RecognizerDown. Each listener asks for one window at a time."""
        asked = _Asked(question, asyncio.get_running_loop().create_future())
        self._asked.append(asked)
        if self._sending is None:
            self._sending = asyncio.create_task(self._send())
        return await asked.answer

    async def close(self) -> None:
        """Stop asking; whoever waits is told RecognizerDown."""
        sending, self._sending = self._sending, None
        if sending is not None:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        _refuse(self._asked, RecognizerDown("closed"))

    async def _send(self) -> None:
        """Until nobody asks any more."""
        while self._asked:
            batch, self._asked = self._asked, []
            try:
                told = await self._pool.ask(b"".join(one.question.tobytes() for one in batch))
                for one, answer in zip(batch, np.frombuffer(told, ANSWER), strict=True):
                    if not one.answer.done():
                        one.answer.set_result(answer)
            except RecognizerDown as error:
                _refuse(batch, error)
            finally:
                _refuse(batch, RecognizerDown("closed"))
        self._sending = None


class SileroStream:
    """One listener: what the model knows of the sound so far."""

    def __init__(self, detector: SileroDetector) -> None:
        self._detector = detector
        self._state = np.zeros(STATE, np.float32)
        self._context = np.zeros(CONTEXT_SAMPLES, np.int16)

    async def probability(self, window: bytes) -> float:
        """How likely this window is speech. RecognizerDown."""
        samples = np.concatenate((self._context, np.frombuffer(window, "<i2")))
        question = np.zeros((), QUESTION)
        question["state"], question["samples"] = self._state, samples
        told = await self._detector.judge(question)
        self._state, self._context = told["state"], samples[-CONTEXT_SAMPLES:]
        return float(told["probability"])


def _refuse(asked: list[_Asked], error: RecognizerDown) -> None:
    for one in asked:
        if not one.answer.done():
            one.answer.set_exception(RecognizerDown(*error.args))
            one.answer.exception()  # whoever listened may have left: then nobody looks at it
