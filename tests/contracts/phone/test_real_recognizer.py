"""The contract of a recogniser on Whisper and silero, with a person's voice."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from switchyard_phone.service.recognition import Recognizer
from switchyard_phone.service.speech_meter import SpeechMeter

from tests.contracts.phone.recognizer_contract import RecognizerContract, World
from tests.fakes.phone.engines import real_recognizer
from tests.fakes.phone.voices import person

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

_PATIENCE_SECONDS = 60.0


class Counted(SpeechMeter):
    """How many engines can work."""

    def __init__(self) -> None:
        self.engines: dict[str, int] = {}

    def ready(self, engine: str, processes: int) -> None:
        self.engines[engine] = processes


def engine_pids() -> list[int]:
    """The engines that this process has started."""
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    return [
        int(pid)
        for pid in children
        if b"start.py\0text" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engines() -> AsyncIterator[tuple[Recognizer, Counted]]:
    """Started once: loading the model takes seconds."""
    counted = Counted()
    async with real_recognizer(counted) as recognizer:
        yield recognizer, counted


class TestWhisper(RecognizerContract):
    """What the telephone uses."""

    @pytest.fixture
    def world(self, engines: tuple[Recognizer, Counted]) -> World:
        recognizer, counted = engines

        async def until_ready(processes: int) -> None:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while counted.engines["text"] != processes:
                    await asyncio.sleep(0.02)

        async def break_down() -> None:
            for pid in engine_pids():
                os.kill(pid, signal.SIGKILL)
            await until_ready(0)

        async def recover() -> None:
            await until_ready(1)

        return World(recognizer, person("agent-pass"), "password", break_down, recover)
