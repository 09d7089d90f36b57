"""The whole stack as a person starts it: all up, measured, reachable; nothing left behind."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import wave
from collections.abc import Callable
from pathlib import Path

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from tests.fakes.launcher.running import Switchyard, running

pytestmark = pytest.mark.e2e

PATIENCE_SECONDS = 120.0

STORES_ONLY = ("company", "training", "rasa", "actions", "gateway", "phone", "floor")
METRICS = (
    "ROUTER_METRICS_PORT",
    "CRM_METRICS_PORT",
    "BOT_METRICS_PORT",
    "ACTIONS_METRICS_PORT",
    "GATEWAY_METRICS_PORT",
    "DEMO_METRICS_PORT",
)
SERVICES = {
    "ROUTER_PORT": "switchyard.router.v1.ContactService",
    "CRM_PORT": "switchyard.crm.v1.CrmService",
    "GATEWAY_GRPC_PORT": "switchyard.conversation.v1.ConversationService",
}


@pytest.mark.parametrize("setting", METRICS)
def test_every_process_shows_its_metrics(switchyard: Switchyard, setting: str) -> None:
    answer = httpx.get(f"http://{switchyard.target(setting)}/metrics", trust_env=False)
    assert answer.status_code == httpx.codes.OK
    assert "switchyard_" in answer.text


def phone_of(switchyard: Switchyard) -> dict[str, object]:
    """What the telephone says of itself, once it takes calls and the router knows it."""
    address = f"http://{switchyard.target('PHONE_PORT')}/readyz"
    deadline = time.monotonic() + PATIENCE_SECONDS
    told: dict[str, object] = {}
    while told.get("router") is not True and time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):  # nobody waited for it to start
            told = httpx.get(address, trust_env=False).json()
        time.sleep(0.2)
    return told


def test_the_telephone_takes_calls_and_is_known_to_the_router(switchyard: Switchyard) -> None:
    assert phone_of(switchyard) == {"ready": True, "line": True, "router": True}


def answered_legs(switchyard: Switchyard) -> int:
    """How many served contacts stand in the history."""
    path = switchyard.state_dir / "history.sqlite"
    if not path.exists():  # nobody waited for it to start
        return 0
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as history:
        wanted = "SELECT count(*) FROM contact_legs WHERE outcome = 'ANSWERED'"
        with contextlib.suppress(sqlite3.OperationalError):  # its tables are being made
            return int(history.execute(wanted).fetchone()[0])
    return 0


def test_contacts_that_were_served_reach_the_history(switchyard: Switchyard) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (served := answered_legs(switchyard)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert served


def test_a_first_call_reaches_an_agent(switchyard: Switchyard, tmp_path: Path) -> None:
    phone_of(switchyard)
    heard = tmp_path / "heard.wav"
    said = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("switchyard")), "softphone"),
            f"sip:2000@127.0.0.1:{switchyard.port('PHONE_SIP_PORT')}",
            *("--record", str(heard), "--seconds", "300", "--agent-seconds", "3", "--lang", "en"),
        ],
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE_SECONDS + 120,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    assert "the agent answered" in said.stdout, said.stdout
    with wave.open(str(heard)) as file:
        assert any(file.readframes(file.getnframes()))


@pytest.mark.parametrize(("setting", "service"), SERVICES.items())
def test_grpc_servers_tell_their_health_and_their_contracts(
    switchyard: Switchyard, setting: str, service: str
) -> None:
    with grpc.insecure_channel(switchyard.target(setting)) as channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        answer = check(health_pb2.HealthCheckRequest(service=service), timeout=60)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
        assert service in ProtoReflectionDescriptorDatabase(channel).get_services()


def test_the_chat_page_is_served(switchyard: Switchyard) -> None:
    answer = httpx.get(f"http://{switchyard.target('GATEWAY_PORT')}/", trust_env=False)
    assert answer.status_code == httpx.codes.OK
    assert answer.headers["content-type"].startswith("text/html")


def test_the_routers_rpcs_are_served_over_http(switchyard: Switchyard) -> None:
    address = f"http://{switchyard.target('ROUTER_HTTP_PORT')}"
    queues = httpx.get(f"{address}/v1/queues", trust_env=False).json()["queues"]
    assert any(queue["name"] == "tenants/demo/queues/billing" for queue in queues)
    assert httpx.get(f"{address}/", trust_env=False).status_code == httpx.codes.OK


def test_the_floor_is_alive_and_the_table_shows_it(switchyard: Switchyard) -> None:
    eventually(lambda: " answered" in switchyard.output.read_text())


def test_every_process_logs_json_with_its_name(switchyard: Switchyard) -> None:
    for name in ("router", "crm_adapter", "gateway", "actions", "rasa", "floor"):
        lines = (switchyard.state_dir / "logs" / f"{name}.log").read_text().splitlines()
        assert lines, name
        for line in lines:
            assert {"event", "level", "timestamp", "service"} <= json.loads(line).keys()


def test_goes_on_with_its_data_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with running(tmp_path, STORES_ONLY) as first:
        pids = first.pids()
        assert first.stop() == 0
    assert not any(map(alive, pids))
    database = first.state_dir / "crm.sqlite"
    age = database.stat().st_ino
    first.start()
    assert first.stop(signal.SIGTERM) == 0
    assert database.stat().st_ino == age


def test_a_killed_router_takes_the_run_down_with_a_reason(tmp_path: Path) -> None:
    with running(tmp_path, STORES_ONLY) as run:
        pids = run.pids()
        victim = next(pid for pid in pids if b"switchyard_router" in command(pid))
        os.kill(victim, signal.SIGKILL)
        assert run.process.wait(60) == 1
    assert "router was ended by SIGKILL" in run.output.read_text()
    assert not any(map(alive, pids))


def test_nothing_is_left_when_the_launcher_itself_is_killed(tmp_path: Path) -> None:
    with running(tmp_path, STORES_ONLY) as run:
        pids = run.pids()
        run.process.kill()
        run.process.wait(60)
        eventually(lambda: not any(map(alive, pids)))


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.2)


def command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False
