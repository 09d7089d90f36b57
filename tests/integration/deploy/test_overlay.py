"""Overlays on one machine: every process by its manifest, and a customer goes through."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from deploy.k8s.checks.__main__ import OVERLAYS
from tests.fakes.bot.stack import ensure_model
from tests.fakes.deploy.pod import unshared

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

SECONDS = 400


@pytest_asyncio.fixture(
    scope="module", loop_scope="module", params=OVERLAYS, ids=lambda path: path.name
)
async def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    await ensure_model()
    folder = tmp_path_factory.mktemp("cluster")
    process = await asyncio.create_subprocess_exec(
        *unshared(
            *("--net", sys.executable, "-m", "tests.fakes.deploy.cluster", request.param, folder)
        ),
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await asyncio.wait_for(process.communicate(), SECONDS)
    assert process.returncode == 0, errors.decode()[-8000:]
    return json.loads(output.decode().splitlines()[-1])


async def test_every_pod_becomes_ready_by_its_own_probes(told: Any) -> None:
    print(f"seconds until ready: {told['ready']}")
    assert {pod.rpartition("-")[0] for pod in told["ready"]} == {
        *("actions", "bot", "bot-balancer", "crm-adapter", "gateway", "insights"),
        *("phone", "router", "redis", "conversations"),
    }


async def test_every_process_shows_its_figures_where_prometheus_looks(told: Any) -> None:
    assert told["unmeasured"] == []


async def test_an_operator_configures_it_and_the_nightly_check_finds_that_entered(
    told: Any,
) -> None:
    assert "made queue general" in told["configured"]
    code, said = told["audit"]
    assert code == 0
    entries = {each["chain"]: each["entries"] for each in json.loads(said)}
    assert len(entries) == len([pod for pod in told["ready"] if pod.startswith(("router", "crm"))])
    assert sum(count for chain, count in entries.items() if chain.startswith("router")) > 0


async def test_a_customer_is_answered_by_the_bot_and_then_waits_for_a_person(told: Any) -> None:
    assert any(each.startswith("BOT: ") for each in told["said"])
    assert told["state"] == "WAITING_FOR_AGENT"
    assert told["contact"].startswith("tenants/demo/contacts/")


async def test_a_customer_is_served_after_one_pod_of_each_kind_has_died(told: Any) -> None:
    """In `dev` there is one of each, and nothing dies."""
    several = {pod[:-2] for pod in told["ready"] if pod.endswith("-1")}
    assert {pod[:-2] for pod in told["lost"]} == several
    assert told["served_without"]["state"] == "WAITING_FOR_AGENT"
    assert any(each.startswith("BOT: ") for each in told["served_without"]["said"])
