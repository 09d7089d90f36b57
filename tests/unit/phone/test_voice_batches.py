"""Windows of many callers go to the voice engine together, each with its own caller's state."""

import asyncio

import numpy as np
import pytest
from switchyard_phone.adapters.speech.engine.voice import ANSWER, QUESTION
from switchyard_phone.adapters.speech.pool import Pool
from switchyard_phone.adapters.speech.silero import SileroDetector
from switchyard_phone.domain.hearing import WINDOW_BYTES, WINDOW_SAMPLES
from switchyard_phone.service.recognition import RecognizerDown

pytestmark = pytest.mark.unit


class Engine(Pool):
    """Answers with the window's last sample, and counts in the state."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.contexts: list[int] = []
        self.down = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def ask(self, question: bytes) -> bytes:
        await self.gate.wait()
        if self.down:
            raise RecognizerDown("died")
        asked = np.frombuffer(question, QUESTION)
        self.batches.append(asked.size)
        self.contexts += [int(samples[0]) for samples in asked["samples"]]
        told = np.zeros(asked.size, ANSWER)
        told["state"] = asked["state"] + 1
        told["probability"] = asked["samples"][:, -1] / 100 + asked["state"][:, 0, 0]
        return told.tobytes()


def window(value: int) -> bytes:
    return value.to_bytes(2, "little") * WINDOW_SAMPLES


def test_a_window_is_what_the_model_takes() -> None:
    assert len(window(1)) == WINDOW_BYTES
    assert QUESTION.itemsize == 4 * 256 + 2 * (32 + 256)


async def test_each_caller_goes_on_where_it_was() -> None:
    engine = Engine()
    detector = SileroDetector(engine)
    first, second = detector.stream(), detector.stream()
    assert await first.probability(window(10)) == pytest.approx(0.1)
    assert await first.probability(window(20)) == pytest.approx(1.2)
    assert await second.probability(window(30)) == pytest.approx(0.3)
    assert engine.contexts == [0, 10, 0]
    await detector.close()


async def test_who_asks_while_the_engine_works_goes_together() -> None:
    engine = Engine()
    detector = SileroDetector(engine)
    engine.gate.clear()
    asking = [
        asyncio.create_task(detector.stream().probability(window(value))) for value in range(5)
    ]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    late = asyncio.create_task(detector.stream().probability(window(9)))
    await asyncio.sleep(0)
    engine.gate.set()
    assert await asyncio.gather(*asking, late) == pytest.approx([0, 0.01, 0.02, 0.03, 0.04, 0.09])
    assert sum(engine.batches) == 6
    assert len(engine.batches) == 2
    await detector.close()


async def test_who_leaves_costs_the_others_nothing() -> None:
    engine = Engine()
    detector = SileroDetector(engine)
    engine.gate.clear()
    leaving, staying = (
        asyncio.create_task(detector.stream().probability(window(value))) for value in (1, 2)
    )
    await asyncio.sleep(0)
    leaving.cancel()
    engine.gate.set()
    assert await staying == pytest.approx(0.02)
    await detector.close()


async def test_a_dead_engine_is_told_to_all_and_the_next_window_may_work() -> None:
    engine = Engine()
    detector = SileroDetector(engine)
    engine.down = True
    results = await asyncio.gather(
        *(detector.stream().probability(window(1)) for _ in range(3)), return_exceptions=True
    )
    assert [type(result) for result in results] == [RecognizerDown] * 3
    engine.down = False
    assert await detector.stream().probability(window(5)) == pytest.approx(0.05)
    await detector.close()


async def test_closing_tells_whoever_waits() -> None:
    engine = Engine()
    detector = SileroDetector(engine)
    engine.gate.clear()
    asking = asyncio.create_task(detector.stream().probability(window(1)))
    await asyncio.sleep(0)
    await detector.close()
    with pytest.raises(RecognizerDown):
        await asking
