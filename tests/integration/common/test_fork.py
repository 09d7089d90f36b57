"""gRPC keeps out of it when a process starts a program: its fork handlers can hang for ever."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]

# The handlers say so each time they find gRPC at work, and hang some of the times they do not.
_PROCESS = """
import asyncio
import importlib
import sys

importlib.import_module(sys.argv[1])

import grpc
import uvloop


async def main():
    async with grpc.aio.insecure_channel("127.0.0.1:1") as channel:
        call = channel.unary_unary("/a/b")(b"", wait_for_ready=True)
        await asyncio.sleep(0.05)
        for _ in range(3):
            await (await asyncio.create_subprocess_exec("true")).wait()
        call.cancel()


uvloop.run(main())
"""


def starting_programs() -> Iterator[str]:
    """The main modules of processes that start others."""
    mains = (main for top in ("libs", "services") for main in (ROOT / top).rglob("main.py"))
    for main in mains:
        texts = (file.read_text() for file in main.parent.rglob("*.py"))
        if any("create_subprocess_exec(" in text for text in texts):
            yield f"{main.parent.name}.main"


def test_there_are_some() -> None:
    assert {"switchyard_phone.main", "switchyard_router.main"} <= {*starting_programs()}


@pytest.mark.parametrize("process", sorted(starting_programs()))
def test_no_fork_handler_of_grpc_runs(process: str) -> None:
    ours = {name: it for name, it in os.environ.items() if name != "GRPC_ENABLE_FORK_SUPPORT"}
    ran = subprocess.run(
        [sys.executable, "-c", _PROCESS, process],
        env={**ours, "GRPC_VERBOSITY": "INFO"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    assert "fork" not in ran.stderr
