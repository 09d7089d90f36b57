"""Dockerfiles pass their linter, and what they install runs by itself."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.fakes.ports import free_port

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
IMAGES = sorted((ROOT / "deploy/docker").glob("*.Dockerfile"))
BIN = Path(sys.executable).parent


def test_the_linter_finds_nothing() -> None:
    done = subprocess.run([BIN / "hadolint", *IMAGES], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_linter_finds_a_base_without_version(tmp_path: Path) -> None:
    bad = tmp_path / "Dockerfile"
    bad.write_text("FROM python:latest\n")
    done = subprocess.run([BIN / "hadolint", bad], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "DL3007" in done.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the image of the actions holds, from the same lock, by the same script."""
    target = tmp_path_factory.mktemp("image") / "switchyard"
    script = ROOT / "deploy/docker/install.py"
    subprocess.run(
        [sys.executable, script, ROOT / "services/ivr_bot/actions", ROOT / "libs/cli", target],
        env={**os.environ, "UV": str(ROOT / ".tools/bin/uv")},
        check=True,
    )
    return target


@asynccontextmanager
async def started(
    environment: Path, folder: Path, port: int
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The entry point as the image has it: its own interpreter, in a folder with nothing in it."""
    process = await asyncio.create_subprocess_exec(
        environment / "bin/python",
        *("-I", "-m", "switchyard_actions.main"),
        env={"ACTIONS_PORT": str(port), "ACTIONS_METRICS_PORT": "0"},
        cwd=folder,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_the_entry_point_runs_in_an_environment_of_its_own(
    environment: Path, tmp_path: Path
) -> None:
    port = free_port()
    async with started(environment, tmp_path, port) as process, asyncio.timeout(60):
        await answers(f"http://127.0.0.1:{port}/health", process)
        process.terminate()
        assert await process.wait() == 0
    assert is_empty(tmp_path)  # in a pod it could not write there


def is_empty(folder: Path) -> bool:
    return not any(folder.iterdir())


async def answers(url: str, process: asyncio.subprocess.Process) -> None:
    """Waits until the process says that it is well."""
    async with httpx.AsyncClient() as client:
        while process.returncode is None:
            try:
                (await client.get(url)).raise_for_status()
            except httpx.TransportError:
                await asyncio.sleep(0.1)
            else:
                return
    pytest.fail(f"the process ended with exit code {process.returncode}")


def test_the_command_line_runs_there(environment: Path, tmp_path: Path) -> None:
    told = subprocess.run(
        [environment / "bin/switchyard", "--version"], cwd=tmp_path, check=True, capture_output=True
    )
    assert told.stdout


def test_the_environment_holds_no_tools_of_tests(environment: Path) -> None:
    packages = {path.name for path in environment.glob("lib/*/site-packages/*")}
    assert "switchyard_actions" in packages
    assert {"pytest", "mypy", "switchyard_router", "switchyard_launcher"} & packages == set()
