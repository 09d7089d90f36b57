"""What streams are made of: outboxes, pages, draining, etags."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_common.errors import DomainError
from switchyard_router.domain.refusals import store_down
from switchyard_router.entrypoints.convert import agent_etag, agent_versions_of, etag, version_of
from switchyard_router.entrypoints.draining import Drain
from switchyard_router.entrypoints.outbox import Outbox
from switchyard_router.entrypoints.paging import page

from tests.fakes.router.core import Meter

pytestmark = pytest.mark.unit


def outbox(most: int = 3) -> tuple[Outbox[int], Meter]:
    meter = Meter()
    return Outbox("test", most, meter), meter


async def test_messages_come_in_order_and_the_end_after_them() -> None:
    box, _ = outbox()
    for number in (1, 2, 3):
        box.put(number)
    box.close()
    box.put(4)
    assert [message async for ready in box.drain() for message in ready] == [1, 2, 3]


async def test_a_stream_ends_with_the_error_it_was_closed_with() -> None:
    box, _ = outbox()
    box.put(1)
    box.close(store_down())
    with pytest.raises(DomainError) as caught:
        [message async for ready in box.drain() for message in ready]
    assert caught.value.reason == "STATE_STORE_DOWN"


async def test_an_overfull_stream_is_cut_even_while_it_waits_for_its_client() -> None:
    box, meter = outbox(most=3)

    async def serve() -> None:
        with box.serving():
            async for _ in box.drain():
                await asyncio.Event().wait()  # the client reads nothing

    task = asyncio.create_task(serve())
    await asyncio.sleep(0)
    for number in range(6):
        box.put(number)
        await asyncio.sleep(0)
    with pytest.raises(DomainError) as caught:
        await asyncio.wait_for(task, 60)
    assert caught.value.reason == "SLOW_CONSUMER"
    assert task.cancelling() == 0
    assert meter.told == [("slow_consumer", "test")]


async def test_what_can_wait_waits_until_the_client_reads() -> None:
    box, meter = outbox(most=100)
    writer = box.run(_put_all(box, 300))
    got = []
    async for ready in box.drain():
        got += ready
        if len(got) == 300:
            box.close()
    await asyncio.wait_for(writer, 60)
    assert got == list(range(300))
    assert meter.told == []


async def _put_all(box: Outbox[int], number: int) -> None:
    for message in range(number):
        await box.put_when_read(message)


async def test_a_part_that_fails_ends_the_stream_without_telling_why() -> None:
    async def broken() -> None:
        raise ValueError("secret")

    box, _ = outbox()
    task = box.run(broken())
    await asyncio.wait((task,))
    with pytest.raises(DomainError) as caught:
        [message async for ready in box.drain() for message in ready]
    assert (caught.value.reason, "secret" in caught.value.message) == ("INTERNAL", False)


async def test_who_waits_hears_of_the_drain_at_once() -> None:
    drain = Drain()
    drain.check()
    await drain.pause(0)
    waiting = asyncio.create_task(drain.pause(60))
    await asyncio.sleep(0)
    drain.begin()
    with pytest.raises(DomainError, match="another one"):
        await asyncio.wait_for(waiting, 60)
    with pytest.raises(DomainError, match="another one"):
        drain.check()


@given(st.lists(st.text("abc", min_size=1), unique=True), st.integers(1, 5))
def test_pages_give_everything_once(ids: list[str], size: int) -> None:
    ordered, got, token = sorted(ids), [], ""
    for _ in range(len(ids) + 1):
        chosen, token = page(ordered, size, token)
        got += chosen
        if not token:
            break
    assert got == ordered


@pytest.mark.parametrize("size", [-1, 1001])
def test_a_bad_page_size_is_refused(size: int) -> None:
    with pytest.raises(DomainError, match="page_size"):
        page([], size, "")


def test_etags_go_there_and_back() -> None:
    assert version_of(etag(7)) == "7"
    assert agent_versions_of(agent_etag(3, 17), "etag") == ("3", "17")
    assert (version_of(""), agent_versions_of("", "etag")) == ("", ("", ""))


@pytest.mark.parametrize("tag", ["7", "v", "vx", "v1.", "v.1", "W/1", "v1.2.3"])
def test_a_foreign_etag_is_refused(tag: str) -> None:
    with pytest.raises(DomainError, match="etag"):
        agent_versions_of(tag, "etag")
    with pytest.raises(DomainError, match="etag"):
        version_of(tag)
