"""The comparing of records goes on, whatever becomes of the store."""

import asyncio
from collections.abc import Mapping

import pytest
from structlog.testing import capture_logs
from switchyard_crm.domain.errors import StoreUnavailable, WriteConflict
from switchyard_crm.domain.names import TenantId
from switchyard_crm.service.comparing import Comparing, compare_waiting
from switchyard_crm.service.relinking import Relinked

from tests.fakes.crm.people import DEMO
from tests.fakes.crm.store import FakeStore
from tests.fakes.crm.unrelated import UnrelatedIdentities

pytestmark = pytest.mark.unit

HOURS = 10_000.0


class Queue(UnrelatedIdentities):
    """Records that wait, and the comparing of two of them at a time."""

    def __init__(self, *failures: Exception) -> None:
        super().__init__(FakeStore())
        self.left = 0
        self.failures = list(failures)
        self.empty = asyncio.Event()

    async def waiting(self) -> Mapping[TenantId, int]:
        return {DEMO: self.left} if self.left else {}

    async def run(self, tenant: TenantId) -> Relinked:
        if self.failures:
            raise self.failures.pop(0)
        done = min(self.left, 2)
        self.left -= done
        if not self.left:
            self.empty.set()
        return Relinked(compared=done)


class Watch:
    """What was told."""

    def __init__(self) -> None:
        self.compared = 0
        self.backlogs: list[int] = []
        self.reviews: list[int] = []

    def relinked(self, done: Relinked) -> None:
        self.compared += done.compared

    def backlog(self, records: int) -> None:
        self.backlogs.append(records)

    def open_reviews(self, reviews: int) -> None:
        self.reviews.append(reviews)


async def test_compares_batch_by_batch_until_nothing_waits() -> None:
    queue, watch = Queue(), Watch()
    queue.left = 5
    await Comparing(queue, queue, watch, HOURS).look()
    assert (queue.left, watch.compared) == (0, 5)
    assert watch.backlogs == [5, 0]


async def test_starts_at_once_when_woken() -> None:
    queue, watch = Queue(), Watch()
    comparing = Comparing(queue, queue, watch, HOURS)
    running = asyncio.create_task(comparing.run())
    await asyncio.sleep(0)
    queue.left = 3
    comparing.wake()
    await asyncio.wait_for(queue.empty.wait(), 60)
    running.cancel()
    assert watch.compared >= 2


async def test_somebody_elses_change_is_waited_out() -> None:
    queue = Queue(WriteConflict(), WriteConflict())
    queue.left = 1
    assert (await Comparing(queue, queue, Watch(), HOURS).relink(DEMO)).compared == 1


@pytest.mark.parametrize("failure", [StoreUnavailable(), RuntimeError("a bug")])
async def test_a_failure_is_logged_and_tried_again(failure: Exception) -> None:
    queue = Queue(failure)
    queue.left = 1
    with capture_logs() as logs:
        running = asyncio.create_task(Comparing(queue, queue, Watch(), 0.001).run())
        await asyncio.wait_for(queue.empty.wait(), 60)
        running.cancel()
    assert {"records_not_compared", "comparing_crashed"} & {each["event"] for each in logs}


async def test_reviews_are_not_counted_at_every_look() -> None:
    queue, watch = Queue(), Watch()
    comparing = Comparing(queue, queue, watch, HOURS)
    for _ in range(20):
        await comparing.look()
    assert len(watch.reviews) == 1
    comparing.wake()
    await comparing.look()
    assert len(watch.reviews) == 2


async def test_a_command_is_told_how_far_it_is() -> None:
    queue = Queue()
    queue.left = 5
    steps = [step async for step in compare_waiting(queue, queue, DEMO)]
    assert [(step.done.compared, step.waited) for step in steps] == [(2, 5), (2, 5), (1, 5)]
