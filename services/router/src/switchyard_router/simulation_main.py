"""Composition root of a simulation's process: reads an order, prints a line after each repetition.

The router starts it (adapters/simulation_process.py), so that its own loop is not held up. It only
reads from the store. Order and answers are JSON.
"""

import asyncio
import json
import os
import sys
from contextlib import aclosing
from dataclasses import asdict
from typing import Any

from switchyard_common.errors import DomainError
from switchyard_common.logs import configure_logging

from switchyard_router.adapters.cel.compiler import CelCompiler
from switchyard_router.adapters.redis.agents import RedisAgents
from switchyard_router.adapters.redis.client import open_writer
from switchyard_router.adapters.redis.config import RedisConfig
from switchyard_router.adapters.redis.history import RedisHistory
from switchyard_router.adapters.redis.keys import Keys
from switchyard_router.adapters.redis.link import Link
from switchyard_router.adapters.redis.scripts import Scripts
from switchyard_router.adapters.simulation_process import order_of, refusal
from switchyard_router.domain.records import ConfigRecord
from switchyard_router.entrypoints.config_messages import ConfigMessages
from switchyard_router.entrypoints.tried_configuration import TriedConfiguration
from switchyard_router.service.simulating.reading import record
from switchyard_router.service.simulating.study import Study
from switchyard_router.service.simulating.values import SimulationOrder
from switchyard_router.service.simulating.wiring import make_floor

_BATCH = 500
_NICENESS = 10
"""Dispatching goes first."""
_PATIENCE_SECONDS = 10.0


def main() -> None:
    """Entry point of the process."""
    os.nice(_NICENESS)
    configure_logging("simulation", "warning", stream=sys.stderr)
    asyncio.run(simulate(json.loads(sys.stdin.readline())))


async def simulate(request: dict[str, Any]) -> None:
    """Carry out an order; refusals are printed as well."""
    keys = Keys(request["tenant"])
    writer = open_writer(request["redis_url"], _PATIENCE_SECONDS, keys.events)
    link = Link(writer, _PATIENCE_SECONDS)
    try:
        study = await _study(link, keys, order_of(request["order"]))
        async with aclosing(study.run()) as steps:
            async for progress in steps:
                _say({"progress": asdict(progress)})
    except DomainError as error:
        _say({"refused": refusal(error)})
    finally:
        await link.aclose()


async def _study(link: Link, keys: Keys, order: SimulationOrder) -> Study:
    scripts = Scripts(link, keys, 1)
    config, agents = RedisConfig(link, keys, scripts), RedisAgents(link, keys, scripts)
    stored = {kind: await _all(config, kind) for kind in ("agent", "queue", "plan")}
    configuration = TriedConfiguration(ConfigMessages(CelCompiler()), stored)
    baseline, candidate = configuration.baseline(), configuration.candidate(order)
    live = await agents.live([agent.id for agent in baseline.agents])
    queues = {queue.id for queue in baseline.queues}
    recording = await record(RedisHistory(link, keys), order, queues, live)
    return Study(make_floor, baseline, candidate, recording, order.replications, order.seed)


async def _all(config: RedisConfig, kind: str) -> list[ConfigRecord]:
    ids = await config.ids(kind)
    records: list[ConfigRecord] = []
    for start in range(0, len(ids), _BATCH):
        records += await config.read(kind, ids[start : start + _BATCH])
    return records


def _say(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
