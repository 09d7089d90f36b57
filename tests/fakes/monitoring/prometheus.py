"""Debian's Prometheus as a process: it scrapes ports of this machine, with our rules."""

import asyncio
import os
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from math import isnan
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.fakes.ports import free_port

NAMESPACE = "switchyard"
RULES = Path(__file__).resolve().parents[3] / "deploy/prometheus/rules/*.yml"
PATIENCE_SECONDS = 120.0
_POLL_SECONDS = 0.25
_EVERY = "1s"
# What Grafana puts in for what the time range and the choices of a person are.
_CHOICES = {"$__rate_interval": "1m", "$__range": "5m", "$queue": ".*"}


class Prometheus:
    """A running one."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def ask(self, query: str) -> list[float]:
        """Values of a query now but for those that are no number; AssertionError if it is wrong."""
        for variable, value in _CHOICES.items():
            query = query.replace(variable, value)
        answer = await self._client.get("/api/v1/query", params={"query": query})
        found: dict[str, Any] = answer.json()
        assert found["status"] == "success", f"{query}: {found.get('error')}"
        values = [float(sample["value"][1]) for sample in found["data"]["result"]]
        return [value for value in values if not isnan(value)]

    async def without_data(self, queries: Mapping[str, str]) -> set[str]:
        """Names of the queries that find nothing."""
        return {name for name, query in queries.items() if not await self.ask(query)}

    async def get(self, path: str, **parameters: str) -> Any:
        """Data of another question to its API."""
        return (await self._client.get(f"/api/v1/{path}", params=parameters)).json()["data"]

    async def ready(self) -> bool:
        """Whether it answers."""
        try:
            return (await self._client.get("/-/ready")).is_success
        except httpx.TransportError:
            return False


@asynccontextmanager
async def prometheus(folder: Path, targets: Mapping[str, int]) -> AsyncIterator[Prometheus]:
    """Scrapes ports by process for the length of the block; its data is in the folder."""
    port, file = free_port(), _configured(folder, targets)
    with (folder / "prometheus.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            "prometheus",
            f"--config.file={file}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            env={**os.environ, "GOMAXPROCS": "1"},
            stdout=log,
            stderr=log,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
            running = Prometheus(client)
            await _started(running, process, folder / "prometheus.log")
            yield running
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _started(running: Prometheus, process: Process, log: Path) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await running.ready():
            assert process.returncode is None, _end_of(log)
            await asyncio.sleep(_POLL_SECONDS)


def _configured(folder: Path, targets: Mapping[str, int]) -> Path:
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(_config(targets)))
    return file


def _end_of(log: Path) -> str:
    return log.read_text()[-2000:]


def _config(targets: Mapping[str, int]) -> dict[str, Any]:
    return {
        "global": {"scrape_interval": _EVERY, "evaluation_interval": _EVERY},
        "rule_files": [str(RULES)],
        "scrape_configs": [
            {
                "job_name": "switchyard",
                "static_configs": [
                    {"targets": [f"127.0.0.1:{port}"], "labels": _labels(process)}
                    for process, port in targets.items()
                ],
            }
        ],
    }


def _labels(process: str) -> dict[str, str]:
    """As the Prometheus operator labels what it finds by a PodMonitor."""
    pod = f"{process}-0"
    found = {"namespace": NAMESPACE, "pod": pod, "container": "process", "endpoint": "metrics"}
    return {"process": process, **found}
