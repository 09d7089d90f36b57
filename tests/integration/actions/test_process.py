"""The action server as a process: starts, serves, stops."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import orjson
import pytest

from tests.fakes.actions.crm import FakeCrm, serving
from tests.fakes.actions.orders import LAST4, NUMBER
from tests.fakes.bot.stack import free_port

pytestmark = pytest.mark.integration

START_SECONDS = 60


@asynccontextmanager
async def action_server(**settings: str) -> AsyncIterator[Process]:
    """A server on any free ports; killed at the end if it has not stopped."""
    quiet = {"ACTIONS_PORT": "0", "ACTIONS_METRICS_PORT": "0"}
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
    slots = {"language": "zh", "order_number": NUMBER, "phone_last4": LAST4}
    message = {"event": "user", "parse_data": {"intent": {"name": "give_details"}}}
    events = [message] + [
        {"event": "slot", "name": name, "value": slots[name]}
        for name in ("order_number", "phone_last4")
    ]
    return {
        "next_action": "validate_order_status_form",
        "sender_id": "chat-1",
        "version": "3.6.21",
        "tracker": {"sender_id": "chat-1", "slots": slots, "events": events},
    }


async def test_serves_from_crm_until_told_to_stop() -> None:
    crm = FakeCrm()
    crm.add(NUMBER, LAST4)
    async with serving(crm) as crm_address, action_server(ACTIONS_CRM_TARGET=crm_address) as server:
        address = await address_of(server)
        async with httpx.AsyncClient(base_url=address, trust_env=False) as client:
            assert (await client.get("/health")).status_code == 200
            answer = (await client.post("/webhook", json=call())).json()
        assert "台灯、手机壳 ×2" in answer["responses"][0]["text"]
        server.send_signal(signal.SIGTERM)
        output, errors = await asyncio.wait_for(server.communicate(), 30)
    assert server.returncode == 0
    assert not errors
    events = [orjson.loads(line)["event"] for line in output.splitlines()]
    assert events[-1] == "process_stopped"
    assert NUMBER.encode() not in output


async def test_dead_crm_is_an_apology_in_words_and_a_number_in_metrics() -> None:
    port = str(free_port())
    async with action_server(ACTIONS_CRM_TARGET="127.0.0.1:1", ACTIONS_METRICS_PORT=port) as server:
        address = await address_of(server)
        async with httpx.AsyncClient(base_url=address, trust_env=False) as client:
            answer = (await client.post("/webhook", json=call())).json()
            metrics = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
    assert answer["responses"][0]["response"] == "utter_orders_unavailable"
    counted = 'switchyard_actions_order_lookup_seconds_count{outcome="unavailable"} 1.0'
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
