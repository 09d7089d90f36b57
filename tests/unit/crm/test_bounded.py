"""A time limit holds whatever the work does when it is cancelled."""

import asyncio

import pytest
from switchyard_crm.service.bounded import Bounded

pytestmark = pytest.mark.unit


async def test_gives_the_result() -> None:
    async def work() -> str:
        return "done"

    assert await Bounded().run(work(), 1.0) == "done"


async def test_passes_errors_on() -> None:
    async def work() -> None:
        raise LookupError("broken")

    with pytest.raises(LookupError, match="broken"):
        await Bounded().run(work(), 1.0)


async def test_does_not_wait_for_work_that_resists_cancelling() -> None:
    release, cancelled = asyncio.Event(), asyncio.Event()

    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            await release.wait()
            raise

    bounded = Bounded()
    with pytest.raises(TimeoutError):
        await bounded.run(stubborn(), 0.0)
    await cancelled.wait()
    closing = asyncio.create_task(bounded.close())
    await asyncio.sleep(0)
    assert not closing.done()
    release.set()
    await closing


async def test_cancels_the_work_with_the_caller() -> None:
    started, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    bounded = Bounded()
    caller = asyncio.create_task(bounded.run(work(), 60.0))
    await started.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await ended.wait()


async def test_a_late_failure_is_nobodys_surprise() -> None:
    async def fails_late() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise LookupError("too late to tell") from None

    bounded = Bounded()
    with pytest.raises(TimeoutError):
        await bounded.run(fails_late(), 0.0)
    await bounded.close()
