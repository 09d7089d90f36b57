"""The bot as it runs: Rasa with the packed model and the action server, as processes."""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.fakes.deploy.pod import in_a_pod, pods_environment
from tests.fakes.ports import free_port

ROOT = Path(__file__).resolve().parents[3]
BOT = ROOT / "services/ivr_bot/bot"
RASA_PYTHON = ROOT / ".venv-rasa/bin/python"
_TRAIN_SECONDS = 900
_START_SECONDS = 240  # imports alone take 15 s of CPU, and the machine may be busy
_STOP_SECONDS = 60


async def run_with_rasa(*arguments: str, seconds: float) -> str:
    """Runs a script in Rasa's environment to its end; returns what it printed."""
    assert RASA_PYTHON.exists(), "Rasa's environment is missing; run scripts/bootstrap"
    process = await asyncio.create_subprocess_exec(
        str(RASA_PYTHON),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(), seconds)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, errors.decode()[-2000:]
    return output.decode()


async def ensure_model() -> None:
    """Trains the bot unless its model is there already, or BOT_MODEL names one to take."""
    if os.environ.get("BOT_MODEL"):
        return
    await run_with_rasa(str(BOT / "train.py"), seconds=_TRAIN_SECONDS)


@dataclass
class Server:
    """One process that serves HTTP; can be stopped and started again on the same port."""

    argv: tuple[str, ...]
    env: dict[str, str]
    probe: str
    log: Path
    _process: Process | None = field(default=None, init=False)

    async def start(self) -> None:
        """Returns once it answers."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self.argv, env={**os.environ, **self.env}, stdout=log, stderr=log
            )
        async with asyncio.timeout(_START_SECONDS):
            while not await self._answers():
                assert self._process.returncode is None, self.log.read_text()[-2000:]
                await asyncio.sleep(0.1)

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None
        return self._process.pid

    async def stop(self) -> int:
        """Asks it to stop and returns its exit code."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.terminate()
        try:
            return await asyncio.wait_for(self._process.wait(), _STOP_SECONDS)
        except TimeoutError:
            self._process.kill()
            raise

    async def _answers(self) -> bool:
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            try:
                return (await client.get(self.probe)).is_success
            except httpx.TransportError:
                return False


@dataclass
class Bot:
    """A running bot."""

    rasa: Server
    actions: Server
    url: str
    metrics_url: str
    actions_metrics_url: str
    client: httpx.AsyncClient

    def chat(self) -> "Chat":
        """A new conversation."""
        return Chat(self)

    async def metric(self, name: str, **labels: str) -> float:
        """The value of one series; 0 while it does not exist."""
        wanted = {f'{key}="{value}"' for key, value in labels.items()}
        of_actions = name.startswith("switchyard_actions_")
        page = self.actions_metrics_url if of_actions else self.metrics_url
        for line in (await self.client.get(page)).text.splitlines():
            series, _, value = line.rpartition(" ")
            found, _, rest = series.partition("{")
            if found == name and wanted <= set(rest.rstrip("}").split(",")):
                return float(value)
        return 0.0


class Chat:
    """One conversation with the bot."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self.sender = uuid4().hex

    async def post(self, **body: Any) -> dict[str, Any]:
        """One request as the gateway makes it; the whole answer."""
        address = f"{self._bot.url}/webhooks/switchyard/message"
        response = await self._bot.client.post(address, json={"sender": self.sender, **body})
        answer: dict[str, Any] = response.json()
        return answer

    async def say(self, text: str, language: str | None = None) -> str:
        """Everything the bot says to a message, a line each."""
        metadata = {"language": language} if language else {}
        return texts(await self.post(message=text, message_id=uuid4().hex, metadata=metadata))

    async def notice(self, text: str) -> dict[str, Any]:
        """The bot's word to the gateway after a message that hands over."""
        return notice_in(await self.post(message=text, message_id=uuid4().hex))


def notice_in(answer: dict[str, Any]) -> dict[str, Any]:
    """The one notice to the gateway in an answer."""
    (notice,) = [message["custom"] for message in answer["messages"] if "custom" in message]
    found: dict[str, Any] = notice["switchyard"]
    return found


def texts(answer: dict[str, Any]) -> str:
    """The texts of an answer, a line each."""
    return "\n".join(message["text"] for message in answer["messages"] if "text" in message)


@asynccontextmanager
async def running_bot(folder: Path, redis_url: str, crm_target: str) -> AsyncIterator[Bot]:
    """A bot that keeps its conversations in Redis; logs go to the folder, and nothing elsewhere."""
    await ensure_model()
    rasa_port, rasa_metrics, actions_port, actions_metrics = (free_port() for _ in range(4))
    actions = Server(
        argv=in_a_pod(folder, sys.executable, "-m", "switchyard_actions.main"),
        env=pods_environment(folder)
        | {
            "ACTIONS_PORT": str(actions_port),
            "ACTIONS_METRICS_PORT": str(actions_metrics),
            "ACTIONS_CRM_TARGET": crm_target,
            "ACTIONS_CRM_TIMEOUT_SECONDS": "15",
        },
        probe=f"http://127.0.0.1:{actions_port}/health",
        log=folder / "actions.log",
    )
    rasa = Server(
        argv=in_a_pod(folder, RASA_PYTHON, BOT / "serve.py"),
        env=pods_environment(folder)
        | {
            "BOT_PORT": str(rasa_port),
            "BOT_METRICS_PORT": str(rasa_metrics),
            "BOT_REDIS_URL": redis_url,
            "BOT_ACTIONS_URL": f"http://127.0.0.1:{actions_port}/webhook",
        },
        probe=f"http://127.0.0.1:{rasa_port}/",
        log=folder / "rasa.log",
    )
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        try:
            await asyncio.gather(actions.start(), rasa.start())
            yield Bot(
                rasa,
                actions,
                url=f"http://127.0.0.1:{rasa_port}",
                metrics_url=f"http://127.0.0.1:{rasa_metrics}/metrics",
                actions_metrics_url=f"http://127.0.0.1:{actions_metrics}/metrics",
                client=client,
            )
        finally:
            await asyncio.gather(actions.stop(), rasa.stop())
