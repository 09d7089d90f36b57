"""Dockerfiles pass their linter, and what they install runs by itself."""

import asyncio
import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.fakes.deploy.pod import in_a_pod, pods_environment
from tests.fakes.ports import free_port

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
IMAGES = sorted((ROOT / "deploy/docker").glob("*.Dockerfile"))
IMAGE = {path.stem: path for path in IMAGES}
# The bot's is Rasa's own lock, whose environment takes minutes.
RUN = sorted(IMAGE.keys() - {"bot"})
TEXTS = ROOT / "services/ivr_bot/actions/src/switchyard_actions/texts"
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


def of(image: Path, instruction: str) -> str:
    """What follows an instruction that a Dockerfile has once."""
    (found,) = re.findall(rf"^{instruction}(.*)$", image.read_text(), re.MULTILINE)
    return str(found)


def installed(image: Path, target: Path) -> Path:
    """The environment that an image holds, from the same lock, by the same script."""
    members = of(image, "RUN python deploy/docker/install.py ").split()[:-1]
    subprocess.run(
        [sys.executable, ROOT / "deploy/docker/install.py", *(ROOT / it for it in members), target],
        env={**os.environ, "UV": str(ROOT / ".tools/bin/uv")},
        check=True,
    )
    return target


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That of the router, which has the most in it."""
    return installed(IMAGE["router"], tmp_path_factory.mktemp("image") / "switchyard")


@asynccontextmanager
async def started(
    environment: Path, image: Path, folder: Path, settings: dict[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The entry point as the image has it: its own interpreter, and one folder to write to."""
    python, *arguments = json.loads(of(image, "ENTRYPOINT "))
    process = await asyncio.create_subprocess_exec(
        *in_a_pod(folder, environment / "bin" / python, "-I", *arguments),
        env=settings | pods_environment(folder) | {"PATH": os.environ["PATH"]},
        cwd="/",
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def settings_of(name: str, redis_url: str, folder: Path) -> dict[str, str]:
    """What a process must be told to run alone: its stores, and no port that others have."""
    database = f"sqlite+aiosqlite:///{folder / 'books.sqlite'}"
    prefix = {"crm_adapter": "CRM"}.get(name, name.upper())
    ports = dict.fromkeys(("PORT", "HTTP_PORT", "GRPC_PORT", "SIP_PORT"), "0")
    own = {
        "router": {"REDIS_URL": redis_url, "PSEUDONYM_KEY": "k" * 32},
        "gateway": {"REDIS_URL": redis_url},
        "insights": {"REDIS_URL": redis_url, "DATABASE_URL": database},
        "crm_adapter": {
            "DATABASE_URL": database,
            "MASTER_KEY": base64.b64encode(bytes(32)).decode(),
        },
        "phone": {"REDIS_URL": redis_url, "TEXTS": str(TEXTS), "PROMPTS": str(folder)},
    }
    return {f"{prefix}_{key}": value for key, value in (ports | own.get(name, {})).items()}


@pytest.mark.parametrize("name", RUN)
async def test_the_entry_point_runs_in_an_environment_of_its_own(
    name: str, redis_url: str, tmp_path: Path
) -> None:
    environment = installed(IMAGE[name], tmp_path / "switchyard")
    port, work = free_port(), tmp_path / "work"
    work.mkdir()
    settings = settings_of(name, redis_url, work)
    (metrics,) = {f"{key.partition('_')[0]}_METRICS_PORT" for key in settings}
    running = started(environment, IMAGE[name], work, settings | {metrics: str(port)})
    async with running as process, asyncio.timeout(60):
        await answers(f"http://127.0.0.1:{port}/metrics", process)
        process.terminate()
        assert await process.wait() == 0


async def answers(url: str, process: asyncio.subprocess.Process) -> None:
    """Waits until the process answers."""
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
    assert {"switchyard_router", "lightgbm"} <= packages
    assert {"pytest", "mypy", "switchyard_actions", "switchyard_launcher"} & packages == set()
