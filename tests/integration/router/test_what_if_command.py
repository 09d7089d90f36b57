"""`switchyard whatif` with whole plans, against a running router and the log it has written."""

import asyncio
import json
from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import typer
from switchyard_router.what_if_command import whatif
from typer.testing import CliRunner

from tests.fakes.router.clients import Centre, centre
from tests.fakes.router.served import some_calls
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

IN_VAIN = """
plans:
  p:
    steps:
      - {skills: [{skill: gold, min_level: 7}], expires_after: 5s}
      - {}
"""


class Shell:
    """Runs the command beside the router of this test."""

    def __init__(self, target: str, clients: Centre, folder: Path) -> None:
        self._target = target
        self._plan = folder / "plan.yaml"
        self.clients = clients
        self._app = typer.Typer()
        self._app.command()(whatif)

    async def run(self, plan: str, *arguments: str | Path) -> Any:
        self._plan.write_text(plan, encoding="utf-8")
        words = [str(self._plan), *map(str, arguments), "--router", self._target]
        return await asyncio.to_thread(lambda: CliRunner().invoke(self._app, words))


@pytest_asyncio.fixture
async def shell(redis_url: str, tmp_path: Path) -> AsyncGenerator[Shell]:
    async with router(redis_url) as target, centre(target) as clients:
        yield Shell(target, clients, tmp_path)


def today() -> list[str]:
    """A day that began about twelve hours ago, by a clock where it is noon."""
    now = datetime.now(UTC)
    ahead = 12 - now.hour
    date = (now + timedelta(hours=ahead)).date()
    return ["--day", date.isoformat(), "--time-zone", f"Etc/GMT{-ahead:+d}"]


async def test_a_plan_from_a_file_is_tried_on_a_stored_day(shell: Shell, tmp_path: Path) -> None:
    await some_calls(shell.clients)
    await shell.clients.plan("p", shell.clients.step())
    await shell.clients.queue(routing_plan="p")
    page = tmp_path / "page.html"
    done = await shell.run(IN_VAIN, "--json", *today(), "--replications", "2", "--html", page)
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert int(found["contacts_total"]) == 6
    waits = {kpi["kpi"]: kpi for kpi in found["kpis"]}["average_speed_of_answer_seconds"]
    assert waits["baseline"] < 1 < 5 <= waits["candidate"], "nobody has gold at level 7"
    assert waits["ci_low"] > 4
    written = page.read_text(encoding="utf-8")
    assert "mean wait of the answered, s" in written
    assert "已接平均等待（秒）" in written
    assert "<svg" in written


async def test_what_the_router_would_refuse_is_told_by_file_and_line(shell: Shell) -> None:
    await some_calls(shell.clients, 1)
    wrong = "plans:\n  p:\n    steps:\n      - {skip_if: 'nonsense ('}\n"
    done = await shell.run(wrong, *today())
    assert done.exit_code == 1
    assert "plan.yaml:4: plan.steps[0].skip_if" in done.stderr


async def test_a_day_that_is_not_stored_is_told(shell: Shell) -> None:
    await shell.clients.queue()
    done = await shell.run("plans:\n  p:\n    steps: [{}]\n", "--day", "2020-01-01")
    assert done.exit_code == 1
    assert "EMPTY_RANGE" in done.stderr


async def test_plans_that_the_router_has_are_not_tried(shell: Shell) -> None:
    await shell.clients.plan("p", shell.clients.step())
    done = await shell.run("plans:\n  p:\n    steps: [{}]\n", *today())
    assert done.exit_code == 1
    assert "nothing to try" in done.stderr


async def test_queues_and_agents_are_tried_as_plans_are(shell: Shell) -> None:
    """A plan that asks for gold at level 7, and an agent who is given it."""
    await some_calls(shell.clients)
    await shell.clients.plan("p", shell.clients.step())
    await shell.clients.queue(routing_plan="p")
    able = (
        "agents: {ann: {endpoint: 'sip:ann@127.0.0.1', queues: [billing], skills: {gold: 8},"
        " channel_capacity: {VOICE: 1}}}"
    )
    done = await shell.run(f"{IN_VAIN}{able}", "--json", *today(), "--replications", "2")
    assert done.exit_code == 0, done.output
    waits = {kpi["kpi"]: kpi for kpi in json.loads(done.stdout)["kpis"]}
    assert waits["average_speed_of_answer_seconds"]["candidate"] < 1


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("queues: {billing: {rona_limit: 9}}", "plan.yaml:1: queue.rona_limit: a simulation"),
        ("agents: {zoe: {queues: [billing]}}", "plan.yaml:1: agent.name: is no agent"),
        ("queues: {billing: {wrap_up: 5 parsecs}}", "plan.yaml:1"),
    ],
)
async def test_what_a_replay_cannot_know_is_refused_by_file_and_line(
    shell: Shell, section: str, told: str
) -> None:
    await some_calls(shell.clients, 1)
    done = await shell.run(section, *today())
    assert done.exit_code == 1
    assert told in done.stderr


async def test_several_days_are_played_in_one_go(shell: Shell) -> None:
    await some_calls(shell.clients, 2)
    await shell.clients.plan("p", shell.clients.step())
    await shell.clients.queue(routing_plan="p")
    last, zone = today()[1], today()[2:]
    first = (date.fromisoformat(last) - timedelta(days=6)).isoformat()
    done = await shell.run(
        IN_VAIN, "--json", "--from", first, "--to", last, *zone, "--replications", "2"
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["days"], found["interval"]) == (1, "repetitions")
    assert len(found["assumptions"]) == len(found["assumptions_zh"])
