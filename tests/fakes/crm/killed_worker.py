"""A worker of the outbox as a process of its own, which kills itself at a named step.

`python -m tests.fakes.crm.killed_worker URL PORT STEP`: the store, the CRM on loopback, and where
to die by SIGKILL; an empty step lives until everything is delivered.
"""

import asyncio
import os
import signal
import sys
from datetime import datetime
from enum import StrEnum
from typing import NoReturn, override

from sqlalchemy import Connection, event
from switchyard_common.clock import SystemClock
from switchyard_crm.adapters.sql.outbox import SqlOutbox
from switchyard_crm.service.outbox import Lease, Parcel, Taken

from tests.fakes.crm.outbox import OutboxWorld, drain, outbox_world, vault
from tests.fakes.crm.remembering_crm import RememberingConnector


class Step(StrEnum):
    """Where the worker dies."""

    BEFORE_CLAIM = "before claim"
    WITHIN_CLAIM = "within claim"
    AFTER_CLAIM = "after claim"
    BEFORE_REMOTE_WRITE = "before remote write"
    AFTER_REMOTE_WRITE = "after remote write"
    BEFORE_COMMIT = "before commit"
    WITHIN_COMMIT = "within commit"
    AFTER_COMMIT = "after commit"


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody survives that")


def _die_instead(_: Connection) -> NoReturn:
    die()


class DyingConnector(RememberingConnector):
    """Dies on one side of the write or the other."""

    def __init__(self, port: int, step: str) -> None:
        super().__init__(port)
        self._step = step

    @override
    async def _write(self, path: str, key: str, person: str, content: dict[str, object]) -> str:
        if self._step == Step.BEFORE_REMOTE_WRITE:
            die()
        remote_id = await super()._write(path, key, person, content)
        if self._step == Step.AFTER_REMOTE_WRITE:
            die()
        return remote_id


class DyingOutbox(SqlOutbox):
    """Dies around its transactions; within them: when all is written and nothing committed."""

    def __init__(self, world: OutboxWorld, step: str) -> None:
        super().__init__(world.database, vault())
        self._world = world
        self._step = step

    @override
    async def take(self, lease: Lease, limit: int) -> Taken:
        self._die_at(Step.BEFORE_CLAIM)
        self._die_within(Step.WITHIN_CLAIM)
        taken = await super().take(lease, limit)
        if taken.parcels:
            self._die_at(Step.AFTER_CLAIM)
        return taken

    @override
    async def delivered(self, parcel: Parcel, remote_id: str, now: datetime) -> bool:
        self._die_at(Step.BEFORE_COMMIT)
        self._die_within(Step.WITHIN_COMMIT)
        stored = await super().delivered(parcel, remote_id, now)
        self._die_at(Step.AFTER_COMMIT)
        return stored

    def _die_at(self, step: Step) -> None:
        if self._step == step:
            die()

    def _die_within(self, step: Step) -> None:
        if self._step == step:
            engine = self._world.database._writing.sync_engine
            event.listen(engine, "commit", _die_instead)


async def main(url: str, port: str, step: str) -> None:
    async with outbox_world(url, SystemClock()) as world:
        worker = world.worker(DyingConnector(int(port), step), outbox=DyingOutbox(world, step))
        await drain(worker)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
