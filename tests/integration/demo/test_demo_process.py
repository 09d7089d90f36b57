"""The demo's processes as `make run` starts them."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from switchyard.router.v1 import agent_service_pb2

from tests.fakes.ports import free_ports
from tests.fakes.router.clients import TENANT, centre
from tests.fakes.router.server import NOBODY, router

pytestmark = pytest.mark.integration


@asynccontextmanager
async def process(what: str, **settings: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """`python -m switchyard_demo.main`; killed if it is still there at the end."""
    started = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "switchyard_demo.main", what),
        env=os.environ | {"DEMO_CONVERSATION_TARGET": NOBODY, **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
            await started.wait()


async def is_listening(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def test_load_and_then_floor_until_it_is_told_to_stop(redis_url: str, tmp_path: Path) -> None:
    (metrics_port,) = free_ports(1)
    async with router(redis_url) as target, centre(target) as clients:
        settings = {
            "DEMO_ROUTER_TARGET": target,
            "DEMO_STATE_DIR": str(tmp_path / "demo"),
            "DEMO_METRICS_PORT": str(metrics_port),
        }
        async with process("load", **settings) as load:
            said, _ = await asyncio.wait_for(load.communicate(), 60)
            assert load.returncode == 0, said.decode()
        names = sorted(path.name for path in (tmp_path / "demo").iterdir())
        assert names == ["customers.jsonl", "examples.json"]
        request = agent_service_pb2.ListAgentsRequest(parent=TENANT)
        assert len((await clients.agents.ListAgents(request)).agents) == 40
        async with process("floor", **settings) as floor:
            async with asyncio.timeout(60):
                while not await is_listening(metrics_port):
                    await asyncio.sleep(0.1)
            await clients.becomes("a1001", "AVAILABLE")
            floor.terminate()
            said, _ = await asyncio.wait_for(floor.communicate(), 60)
            assert floor.returncode == 0, said.decode()
        assert await clients.presence("a1001") == "OFFLINE"


async def test_a_router_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    settings = {"DEMO_ROUTER_TARGET": NOBODY, "DEMO_STATE_DIR": str(tmp_path)}
    async with process("load", **settings) as load:
        said, _ = await asyncio.wait_for(load.communicate(), 60)
        assert load.returncode == 1
        assert "UNAVAILABLE" in said.decode()
