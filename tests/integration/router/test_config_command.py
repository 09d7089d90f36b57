"""`switchyard config` against a running router: compare, apply, write, delete what is not named."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from switchyard.router.v1 import agent_service_pb2, config_service_pb2
from switchyard_router.entrypoints.cli.gitops.command import app
from typer.testing import CliRunner

from tests.fakes.router.clients import TENANT, Centre, centre
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

EXAMPLE = Path(__file__).parents[3] / "deploy/config"


class Shell:
    """Runs the command beside the router of this test."""

    def __init__(self, target: str, clients: Centre) -> None:
        self._target = target
        self.clients = clients

    async def run(self, *arguments: str | Path, typed: str = "") -> Any:
        words = [*map(str, arguments), "--router", self._target]
        return await asyncio.to_thread(lambda: CliRunner().invoke(app, words, typed))

    async def versions(self) -> dict[str, str]:
        queues = await self.clients.config.ListQueues(
            config_service_pb2.ListQueuesRequest(parent=TENANT)
        )
        plans = await self.clients.config.ListRoutingPlans(
            config_service_pb2.ListRoutingPlansRequest(parent=TENANT)
        )
        agents = await self.clients.agents.ListAgents(
            agent_service_pb2.ListAgentsRequest(parent=TENANT)
        )
        all_of: list[Any] = [*queues.queues, *plans.plans, *agents.agents]
        return {one.name.removeprefix(f"{TENANT}/"): one.etag.split(".")[0] for one in all_of}


@pytest_asyncio.fixture
async def shell(redis_url: str) -> AsyncGenerator[Shell]:
    async with router(redis_url) as target, centre(target) as clients:
        yield Shell(target, clients)


async def test_files_are_compared_applied_and_then_nothing_differs(shell: Shell) -> None:
    compared = await shell.run("diff", EXAMPLE)
    assert compared.exit_code == 2, compared.output
    assert "+ plan service" in compared.output
    assert await shell.versions() == {}, "comparing changes nothing"
    applied = await shell.run("apply", EXAMPLE)
    assert applied.exit_code == 0, applied.output
    assert "made agent 3001" in applied.output
    stored = await shell.versions()
    assert stored.keys() == {
        "queues/service", "queues/night", "routingPlans/service", "agents/3001", "agents/3002"
    }  # fmt: skip
    again = await shell.run("apply", EXAMPLE)
    assert (again.exit_code, again.output) == (0, "nothing differs\n")
    assert await shell.versions() == stored
    assert (await shell.run("diff", EXAMPLE)).exit_code == 0


async def test_what_is_written_is_what_there_is(shell: Shell, tmp_path: Path) -> None:
    await shell.run("apply", EXAMPLE)
    written = await shell.run("export", tmp_path / "out")
    assert written.exit_code == 0
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        "agents.yaml", "plans.yaml", "queues.yaml"
    ]  # fmt: skip
    assert (await shell.run("diff", tmp_path / "out", "--prune")).exit_code == 0
    shown = await shell.run("export")
    assert shown.output.startswith("queues:\n")
    assert "元旦" in shown.output


async def test_what_no_file_names_is_deleted_after_asking(shell: Shell, tmp_path: Path) -> None:
    await shell.run("apply", EXAMPLE)
    rest = tmp_path / "rest.yaml"
    rest.write_text("queues:\n  night:\n    wrap_up: 10s\n    display_name: Night\n")
    refused = await shell.run("apply", rest, "--prune", typed="n\n")
    assert refused.exit_code == 1
    assert "- queue service" in refused.output
    assert len(await shell.versions()) == 5
    done = await shell.run("apply", rest, "--prune", "--yes")
    assert done.exit_code == 0, done.output
    assert (await shell.versions()).keys() == {"queues/night"}


async def test_what_the_router_refuses_is_told_with_file_and_line(
    shell: Shell, tmp_path: Path
) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(
        "queues:\n  a: {routing_plan: p}\nagents:\n  x: {queues: [a], skills: {ok: 3}}\n"
        "plans:\n  p:\n    steps:\n"
        "    - skills: [{skill: ok}, {skill: typo}]\n      expires_after: 1s\n"
        "    - skip_if: contact.foo\n      expires_after: 1s\n"
        "    overflow: {queue: a}\n"
    )
    for command in ("diff", "apply"):
        refused = await shell.run(command, file)
        assert refused.exit_code == 1
        told = refused.stderr.replace(str(file), "bad.yaml").splitlines()
        assert "bad.yaml:8: plan.steps[0].skills[1].skill: no agent has the skill typo" \
            " [UNKNOWN_SKILL]" in told  # fmt: skip
        assert any(line.startswith("bad.yaml:10: plan.steps[1].skip_if: at") for line in told)
        assert any(
            "in a circle: routingPlans/p > queues/a > routingPlans/p" in line for line in told
        )
    assert await shell.versions() == {}


async def test_a_router_that_is_not_there_is_an_error(shell: Shell) -> None:
    result = await asyncio.to_thread(CliRunner().invoke, app, ["export", "--router", "127.0.0.1:1"])
    assert result.exit_code == 1
    assert "cannot be reached" in result.stderr
    assert "make run" in result.stderr
