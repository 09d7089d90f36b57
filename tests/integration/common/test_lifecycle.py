"""Whole processes: what they answer to signals and failures, and with which exit code."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import pytest

pytestmark = pytest.mark.integration

HEADER = """
import asyncio, sys
from switchyard_common.errors import StartError
from switchyard_common.lifecycle import Lifecycle, run
from switchyard_common.logs import configure_logging

configure_logging("test")
say = lambda word: print(word, file=sys.stderr, flush=True)
"""
FOOTER = "\nsys.exit(run(main))\n"

SERVE = """
async def main(lifecycle):
    try:
        say("up")
        await lifecycle.stopped()
    finally:
        say("unwound")
"""
DRAIN_FOREVER = """
async def main(lifecycle):
    say("up")
    await lifecycle.stopped()
    say("draining")
    await asyncio.sleep(60)
"""
TASK_DIES = """
async def work():
    raise RuntimeError("lost the store")

async def main(lifecycle):
    lifecycle.supervise(work(), "dispatcher")
    await lifecycle.stopped()
    say("unwound")
"""
TASK_ENDS_EARLY = TASK_DIES.replace('raise RuntimeError("lost the store")', "return")
TASK_IS_ENDED_IN_ORDER = """
async def work():
    try:
        await asyncio.sleep(60)
    finally:
        say("work ended")

async def main(lifecycle):
    task = lifecycle.supervise(work(), "dispatcher")
    await asyncio.sleep(0)
    await lifecycle.end(task)
    say("store closed")
"""
TASK_IS_LEFT = """
async def work():
    try:
        await asyncio.sleep(60)
    finally:
        say("work ended")

async def main(lifecycle):
    lifecycle.supervise(work(), "dispatcher")
    await asyncio.sleep(0)
    lifecycle.stop("enough")
"""
TASK_DIES_AT_THE_END = TASK_IS_LEFT.replace('say("work ended")', 'raise OSError("disk full")')
MAIN_DIES = """
async def main(lifecycle):
    raise RuntimeError("no model")
"""
CANNOT_START = """
async def main(lifecycle):
    raise StartError("port 7101 is in use; stop what uses it")
"""
CANNOT_START_ALL = """
from switchyard_common.http_server import HttpServer
from switchyard_common.settings import ServiceSettings

async def main(lifecycle):
    async with HttpServer(None, ServiceSettings(port=0, metrics_port=0), lifecycle):
        await asyncio.sleep(0)
        raise StartError("UDP port 5060 is in use")
"""


@contextmanager
def process(main: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", HEADER + main + FOOTER],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def stream(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


def finish(running: subprocess.Popen[str]) -> tuple[int, str, list[dict[str, Any]]]:
    """Exit code, what was said on stderr, and the log lines."""
    output, said = running.communicate(timeout=120)
    return running.returncode, said, [json.loads(line) for line in output.splitlines()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_unwinds_main_and_is_a_clean_end(number: signal.Signals) -> None:
    with process(SERVE) as running:
        assert stream(running.stderr).readline() == "up\n"
        running.send_signal(number)
        code, said, logs = finish(running)
    assert (code, said) == (0, "unwound\n")
    assert [(line["event"], line.get("reason")) for line in logs] == [
        ("process_stopping", number.name),
        ("process_stopped", None),
    ]


def test_a_second_signal_cuts_a_slow_drain_short() -> None:
    with process(DRAIN_FOREVER) as running:
        assert stream(running.stderr).readline() == "up\n"
        running.send_signal(signal.SIGTERM)
        assert stream(running.stderr).readline() == "draining\n"
        running.send_signal(signal.SIGTERM)
        code, _, logs = finish(running)
    assert code == 1
    assert logs[-1]["event"] == "process_cut_short"


def test_a_background_task_that_dies_takes_the_process_down() -> None:
    with process(TASK_DIES) as running:
        code, said, logs = finish(running)
    assert (code, said) == (1, "unwound\n")
    assert (logs[0]["event"], logs[0]["task"]) == ("background_task_died", "dispatcher")
    assert logs[0]["exception"].endswith("in work\nRuntimeError")


def test_a_background_task_that_just_returns_does_too() -> None:
    with process(TASK_ENDS_EARLY) as running:
        code, _, logs = finish(running)
    assert code == 1
    assert (logs[0]["event"], logs[0]["task"]) == ("background_task_ended_early", "dispatcher")


def test_a_background_task_can_be_ended_before_what_it_uses() -> None:
    with process(TASK_IS_ENDED_IN_ORDER) as running:
        code, said, _ = finish(running)
    assert (code, said) == (0, "work ended\nstore closed\n")


def test_what_is_left_running_is_ended_after_main() -> None:
    with process(TASK_IS_LEFT) as running:
        code, said, _ = finish(running)
    assert (code, said) == (0, "work ended\n")


def test_a_failure_while_ending_is_not_lost() -> None:
    with process(TASK_DIES_AT_THE_END) as running:
        code, _, logs = finish(running)
    assert code == 1
    assert "OSError" in next(
        line["exception"] for line in logs if line["event"] == "background_task_died"
    )


def test_a_main_that_dies_is_logged_with_its_traceback() -> None:
    with process(MAIN_DIES) as running:
        code, _, logs = finish(running)
    assert code == 1
    assert logs[-1]["event"] == "process_failed"
    assert logs[-1]["exception"].endswith("in main\nRuntimeError")


def test_a_process_that_cannot_start_says_why_without_a_traceback() -> None:
    with process(CANNOT_START) as running:
        code, said, logs = finish(running)
    assert (code, said) == (2, "")
    assert (logs[0]["event"], logs[0]["problem"]) == (
        "cannot_start",
        "port 7101 is in use; stop what uses it",
    )
    assert "exception" not in logs[0]


def test_what_had_started_ends_without_a_word_when_the_rest_cannot() -> None:
    with process(CANNOT_START_ALL) as running:
        code, _, logs = finish(running)
    assert (code, [line["event"] for line in logs]) == (2, ["http_listening", "cannot_start"])
