"""gRPC keeps out of it when a process starts a program: its fork handlers can hang for ever."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.integration

_STARTS_PROGRAMS = ["switchyard_phone.main", "switchyard_router.main", "switchyard_demo.main"]

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


@pytest.mark.parametrize("process", _STARTS_PROGRAMS)
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
