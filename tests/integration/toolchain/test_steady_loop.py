"""The event loop of these tests in a process that stands still for a moment."""

import asyncio
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.fakes.steady_loop import SteadyLoop

pytestmark = pytest.mark.integration

STILL_SECONDS = 3.0
WAKE = "import os, sys, time; time.sleep(float(sys.argv[1])); os.kill(int(sys.argv[2]), 18)"


def stand_still() -> None:
    """This process stops, and another one lets it go on."""
    waker = [sys.executable, "-c", WAKE, str(STILL_SECONDS), str(os.getpid())]
    with subprocess.Popen(waker):
        os.kill(os.getpid(), signal.SIGSTOP)


async def test_tests_run_on_a_steady_loop() -> None:
    assert isinstance(asyncio.get_running_loop(), SteadyLoop)


async def test_a_standstill_uses_up_nobodys_time() -> None:
    began = time.monotonic()
    async with asyncio.timeout(STILL_SECONDS / 2):
        await asyncio.to_thread(stand_still)  # the loop waits in its selector meanwhile
        stand_still()  # and here it is in the middle of its work
        await asyncio.sleep(0.01)
    assert time.monotonic() - began >= 2 * STILL_SECONDS


async def test_who_answers_too_late_without_one_is_given_up() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await asyncio.sleep(60)


async def test_a_sleep_is_never_shorter_than_it_should_be() -> None:
    began = time.monotonic()
    await asyncio.sleep(0.5)
    assert time.monotonic() - began >= 0.5
