"""Questions that come together are answered together, and one that cannot be spoils no other."""

import asyncio

import pytest
from switchyard_bot.together import Together

pytestmark = [pytest.mark.unit, pytest.mark.asyncio]


class Worker:
    """Doubles numbers; notes how many it was given at once; cannot double a negative one."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def __call__(self, numbers: list[int]) -> list[int]:
        self.sizes.append(len(numbers))
        if min(numbers) < 0:
            raise ValueError("negative")
        return [2 * number for number in numbers]


async def test_who_is_alone_is_answered_alone() -> None:
    worker = Worker()
    together = Together(worker, most=8)
    assert await together.ask(1) == 2
    assert await together.ask(2) == 4
    assert worker.sizes == [1, 1]


async def test_those_who_come_together_get_their_own_answers_from_one_call() -> None:
    worker = Worker()
    together = Together(worker, most=8)
    assert await asyncio.gather(*(together.ask(number) for number in range(5))) == [0, 2, 4, 6, 8]
    assert worker.sizes == [5]


async def test_no_call_is_larger_than_allowed() -> None:
    worker = Worker()
    together = Together(worker, most=4)
    found = await asyncio.gather(*(together.ask(number) for number in range(10)))
    assert found == [2 * number for number in range(10)]
    assert worker.sizes == [4, 4, 2]


async def test_one_that_cannot_be_answered_spoils_no_other() -> None:
    together = Together(Worker(), most=8)
    found = await asyncio.gather(*map(together.ask, (1, -1, 3)), return_exceptions=True)
    assert (found[0], found[2]) == (2, 6)
    assert isinstance(found[1], ValueError)


async def test_one_that_nobody_waits_for_any_more_is_left_out() -> None:
    worker = Worker()
    together = Together(worker, most=8)
    gone = asyncio.create_task(together.ask(1))
    stays = asyncio.create_task(together.ask(2))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == 4
    assert worker.sizes == [1]
    with pytest.raises(asyncio.CancelledError):
        await gone
