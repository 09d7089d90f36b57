"""The action server as a process: starts, serves, stops."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import orjson
import pytest

from tests.fakes.actions.crm import LAST4, NUMBER, FakeCrm, serving
from tests.fakes.ports import free_port

pytestmark = pytest.mark.integration

START_SECONDS = 60


@asynccontextmanager
async def action_server(**settings: str) -> AsyncIterator[Process]:
    """A server on any free ports; killed at the end if it has not stopped."""
    quiet = {
        "ACTIONS_PORT": "0",
        "ACTIONS_METRICS_PORT": "0",
        "ACTIONS_CRM_TIMEOUT_SECONDS": "60",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "switchyard_actions.main"),
        env={**os.environ, **quiet, **settings},
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def address_of(process: Process) -> str:
    """Where it says it listens."""
    assert process.stdout is not None
    async with asyncio.timeout(START_SECONDS):
        async for line in process.stdout:
            event = orjson.loads(line)
            if event["event"] == "http_listening":
                return f"http://{event['address']}"
    raise AssertionError("it ended without listening")


def call() -> dict[str, object]:
    """A message with everything in it, as Rasa sends it."""
    named = {"order_number": NUMBER, "phone_digits": LAST4}
    message = {
        "text": f"查订单{NUMBER}，尾号{LAST4}",
        "intent": {"name": "order_status", "confidence": 0.97},
        "entities": [{"entity": name, "value": value} for name, value in named.items()],
        "metadata": {"channel": "chat"},
    }
    slots = {"language": "zh", "dialogue": None}
    return {
        "next_action": "action_turn",
        "sender_id": "chat-1",
        "version": "3.6.21",
        "tracker": {
            "sender_id": "chat-1",
            "slots": slots,
            "latest_message": message,
            "events": [],
        },
    }


async def test_serves_from_crm_until_told_to_stop() -> None:
    crm = FakeCrm()
    crm.add(NUMBER, LAST4)
    async with serving(crm) as crm_address, action_server(ACTIONS_CRM_TARGET=crm_address) as server:
        address = await address_of(server)
        async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=60) as client:
            assert (await client.get("/health")).status_code == 200
            answer = (await client.post("/webhook", json=call())).json()
        assert "台灯、手机壳 ×2" in answer["responses"][0]["text"]
        assert [asked.conversation for asked in crm.verifications] == ["chat-1"]
        server.send_signal(signal.SIGTERM)
        output, errors = await asyncio.wait_for(server.communicate(), 60)
    assert server.returncode == 0
    assert not errors
    events = [orjson.loads(line)["event"] for line in output.splitlines()]
    assert events[-1] == "process_stopped"
    assert NUMBER.encode() not in output


async def test_dead_crm_is_an_apology_in_words_and_a_number_in_metrics() -> None:
    port = str(free_port())
    async with action_server(ACTIONS_CRM_TARGET="127.0.0.1:1", ACTIONS_METRICS_PORT=port) as server:
        address = await address_of(server)
        async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=60) as client:
            answer = (await client.post("/webhook", json=call())).json()
            metrics = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
    assert "系统暂时没有响应" in answer["responses"][0]["text"]
    counted = 'switchyard_actions_crm_call_seconds_count{call="verify",outcome="unavailable"} 1.0'
    assert counted in metrics


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"ACTIONS_BIND": "0.0.0.0"}, b"ACTIONS_TLS_CERT"),
        ({"ACTIONS_CRM_TIMEOUT_SECONDS": "0"}, b"ACTIONS_CRM_TIMEOUT_SECONDS"),
    ],
)
async def test_bad_settings_end_the_start_with_a_clear_message(
    settings: dict[str, str], problem: bytes
) -> None:
    async with action_server(**settings) as server:
        _, errors = await asyncio.wait_for(server.communicate(), START_SECONDS)
    assert server.returncode == 2
    assert problem in errors


async def test_busy_port_ends_the_start_with_a_clear_message() -> None:
    async with action_server() as first:
        port = (await address_of(first)).rpartition(":")[2]
        async with action_server(ACTIONS_PORT=port) as second:
            output, _ = await asyncio.wait_for(second.communicate(), START_SECONDS)
    assert second.returncode == 2
    assert b"ACTIONS_PORT" in output


async def test_a_bad_knowledge_base_ends_the_start_with_a_clear_message(tmp_path: Path) -> None:
    async with action_server(ACTIONS_KNOWLEDGE_DIR=str(tmp_path / "nowhere")) as server:
        stdout, stderr = await server.communicate()
    assert server.returncode == 2
    said = (stdout + stderr).decode()
    assert "nowhere: no such folder; mend the file and start again" in said
    assert "Traceback" not in said
