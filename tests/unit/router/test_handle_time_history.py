"""Predictions start from the store's counts, and start over when events were missed."""

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest
from switchyard_common.clock import FakeClock
from switchyard_router.adapters.redis.handled import counts_of
from switchyard_router.domain.refusals import store_down
from switchyard_router.service import handle_time_history
from switchyard_router.service.handle_time_history import Counted, HandleTimeHistory
from switchyard_router.service.handle_times import HandleTimes
from switchyard_router.service.predictions import Limits

from tests.fakes.router.core import Meter, board, profile, store_clock, waiting
from tests.fakes.router.models import Models

pytestmark = pytest.mark.unit

ROWS = np.array([0, 1])


class Store:
    """Counts by agent; `down` counts the calls that fail."""

    def __init__(self) -> None:
        self.counts: dict[str, Counted] = {}
        self.down = 0
        self.asked = 0

    async def handled(self, agent_ids: Sequence[str]) -> list[Counted]:
        self.asked += 1
        if self.down:
            self.down -= 1
            raise store_down()
        return [self.counts.get(agent_id, {}) for agent_id in agent_ids]


def parts() -> tuple[HandleTimes, Store, asyncio.Event, HandleTimeHistory]:
    here, (clock, _), store = board(profile("ann"), profile("bob")), store_clock(), Store()
    times = HandleTimes(here, clock, Models(), FakeClock(), Meter(), Limits())
    ready = asyncio.Event()
    return times, store, ready, HandleTimeHistory(here, store, times, ready)


async def settled(store: Store, asked: int) -> None:
    while store.asked < asked:
        await asyncio.sleep(0)
    for _ in range(5):
        await asyncio.sleep(0)


async def test_counts_are_read_once_the_board_is_ready_and_again_after_a_gap() -> None:
    times, store, ready, history = parts()
    store.counts["ann"] = {("q", "VOICE"): (200, 200 * 60_000)}
    store.counts["bob"] = {("q", "VOICE"): (200, 200 * 600_000)}
    task = asyncio.create_task(history.run())
    await asyncio.sleep(0)
    assert store.asked == 0
    ready.set()
    await settled(store, 1)
    ann, bob = times.means([waiting("c")], ROWS).seconds[0]
    assert ann < 100 < 400 < bob
    store.counts["ann"] = store.counts["bob"]
    history.start_over()
    await settled(store, 2)
    ann, bob = times.means([waiting("c")], ROWS).seconds[0]
    assert ann == pytest.approx(bob)
    task.cancel()


async def test_a_store_that_is_down_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handle_time_history, "_RETRY_SECONDS", 0)
    times, store, ready, history = parts()
    store.counts["ann"], store.down = {("q", "VOICE"): (10, 600_000)}, 2
    ready.set()
    task = asyncio.create_task(history.run())
    await settled(store, 3)
    assert times.features.table.observed == 10
    task.cancel()


def test_fields_of_the_store_become_counts_by_type() -> None:
    fields = {b"q|VOICE|n": b"2", b"q|VOICE|ms": b"90000", b"q|CHAT|n": b"1"}
    assert counts_of(fields) == {("q", "VOICE"): (2, 90_000), ("q", "CHAT"): (1, 0)}
