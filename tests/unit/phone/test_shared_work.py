"""Work that several wait for is done once, and not for nobody."""

import asyncio

import pytest
from switchyard_phone.service.shared_work import SharedWork

pytestmark = pytest.mark.unit


class Work:
    """Counts how often it was begun; goes on when it is told to."""

    def __init__(self, fails: bool = False) -> None:
        self.begun = 0
        self.ended_early = 0
        self.go_on = asyncio.Event()
        self._fails = fails

    async def do(self) -> str:
        self.begun += 1
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.ended_early += 1
            raise
        if self._fails:
            raise ValueError("it went wrong")
        return "done"


async def waiting(shared: SharedWork[str, str], work: Work, many: int) -> list[asyncio.Task[str]]:
    tasks = [asyncio.create_task(shared.result("words", work.do)) for _ in range(many)]
    while not work.begun:
        await asyncio.sleep(0)
    return tasks


async def test_what_many_wait_for_is_done_once() -> None:
    work = Work()
    tasks = await waiting(SharedWork(), work, 5)
    work.go_on.set()
    assert await asyncio.gather(*tasks) == ["done"] * 5
    assert work.begun == 1


async def test_what_is_done_is_done_anew_when_it_is_asked_for_later() -> None:
    shared: SharedWork[str, str] = SharedWork()
    work = Work()
    work.go_on.set()
    assert await shared.result("words", work.do) == "done"
    assert await shared.result("words", work.do) == "done"
    assert work.begun == 2


async def test_other_words_are_other_work() -> None:
    shared: SharedWork[str, str] = SharedWork()
    work = Work()
    work.go_on.set()
    await asyncio.gather(*(shared.result(key, work.do) for key in ("one", "two")))
    assert work.begun == 2


async def test_everybody_who_waits_is_told_what_went_wrong() -> None:
    work = Work(fails=True)
    tasks = await waiting(SharedWork(), work, 3)
    work.go_on.set()
    told = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in told] == [ValueError] * 3


async def test_it_goes_on_for_those_who_stay() -> None:
    work = Work()
    first, second = await waiting(SharedWork(), work, 2)
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait((first,))
    assert not work.ended_early
    work.go_on.set()
    assert await second == "done"


async def test_it_ends_with_the_last_who_waits() -> None:
    work = Work()
    tasks = await waiting(SharedWork(), work, 2)
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert work.ended_early == 1
