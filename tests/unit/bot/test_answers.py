"""A message that arrives twice is handled once."""

import asyncio

import pytest
from switchyard_bot.answers import Answer, AnswerBook

pytestmark = pytest.mark.unit

KEY = ("chat-1", "m1")


class Work:
    """Counts how often it is done; waits until it is let go."""

    def __init__(self) -> None:
        self.times = 0
        self.may_end = asyncio.Event()
        self.error: Exception | None = None

    async def __call__(self) -> Answer:
        self.times += 1
        await self.may_end.wait()
        if self.error:
            raise self.error
        return {"messages": [{"text": str(self.times)}]}


async def test_repetition_gets_the_stored_answer() -> None:
    book, work = AnswerBook(10), Work()
    work.may_end.set()
    first = await book.answer_once(KEY, work)
    second = await book.answer_once(KEY, work)
    assert (first[0], work.times) == (second[0], 1)
    assert (first[1], second[1]) == (False, True)


async def test_repetition_during_the_work_waits_for_the_same_answer() -> None:
    book, work = AnswerBook(10), Work()
    first = asyncio.create_task(book.answer_once(KEY, work))
    second = asyncio.create_task(book.answer_once(KEY, work))
    await asyncio.sleep(0)
    work.may_end.set()
    assert (await first)[0] == (await second)[0]
    assert work.times == 1


async def test_same_id_of_another_sender_is_another_message() -> None:
    book, work = AnswerBook(10), Work()
    work.may_end.set()
    await book.answer_once(KEY, work)
    _, repeated = await book.answer_once(("chat-2", "m1"), work)
    assert (repeated, work.times) == (False, 2)


async def test_failure_reaches_who_waits_and_is_forgotten() -> None:
    book, work = AnswerBook(10), Work()
    work.error = RuntimeError("down")
    work.may_end.set()
    first = asyncio.create_task(book.answer_once(KEY, work))
    second = asyncio.create_task(book.answer_once(KEY, work))
    results = await asyncio.gather(first, second, return_exceptions=True)
    assert [type(result) for result in results] == [RuntimeError, RuntimeError]
    work.error = None
    assert (await book.answer_once(KEY, work))[1] is False


async def test_cancelled_work_frees_who_waits() -> None:
    book, work = AnswerBook(10), Work()
    first = asyncio.create_task(book.answer_once(KEY, work))
    second = asyncio.create_task(book.answer_once(KEY, work))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second


async def test_oldest_answers_are_forgotten_first() -> None:
    book, work = AnswerBook(2), Work()
    work.may_end.set()
    for number in range(3):
        await book.answer_once(("chat-1", str(number)), work)
    assert (await book.answer_once(("chat-1", "2"), work))[1] is True
    assert (await book.answer_once(("chat-1", "1"), work))[1] is True
    assert (await book.answer_once(("chat-1", "0"), work))[1] is False
