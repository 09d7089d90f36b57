"""The live table's feed over real gRPC: it goes on where it was when a stream breaks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
import pytest
from switchyard.events.v1.event_pb2 import Event as StoredEvent
from switchyard.router.v1.queue_pb2 import QueueStats
from switchyard.router.v1.supervision_service_pb2 import (
    Event,
    StreamEventsRequest,
    WatchQueueStatsRequest,
)
from switchyard.router.v1.supervision_service_pb2_grpc import (
    SupervisionServiceServicer,
    add_SupervisionServiceServicer_to_server,
)
from switchyard_common.grpc_channel import open_channel
from switchyard_launcher import feed as feed_module
from switchyard_launcher.board import Board
from switchyard_launcher.feed import Feed

pytestmark = pytest.mark.integration

Context = grpc.aio.ServicerContext[Any, Any]


class Supervision(SupervisionServiceServicer):
    """Three events to a stream, then it breaks with the next of the given codes."""

    def __init__(self, *codes: grpc.StatusCode) -> None:
        self._codes = list(codes)
        self._number = 0
        self.tokens: list[str] = []

    async def WatchQueueStats(
        self, request: WatchQueueStatsRequest, context: Context
    ) -> AsyncIterator[QueueStats]:
        for waiting in range(3):
            yield QueueStats(queue=f"{request.parent}/queues/billing", waiting=waiting)
        await asyncio.Event().wait()

    async def StreamEvents(
        self, request: StreamEventsRequest, context: Context
    ) -> AsyncIterator[Event]:
        self.tokens.append(request.resume_token)
        for _ in range(3):
            self._number += 1
            event = StoredEvent(type="contact.queued", subject=f"c-{self._number}")
            yield Event(resume_token=str(self._number), event=event)
        if self._codes:
            await context.abort(self._codes.pop(0), "broken for the test")
        await asyncio.Event().wait()


async def board_fed_by(service: Supervision, enough: Callable[[Board], bool]) -> Board:
    """What the feed has put on the board once it is enough."""
    server = grpc.aio.server()
    add_SupervisionServiceServicer_to_server(service, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    board = Board()
    try:
        async with asyncio.timeout(60), open_channel(f"127.0.0.1:{port}") as channel:
            feeding = asyncio.create_task(Feed(channel, "demo", board).run())
            while not enough(board):
                assert not feeding.done()
                await asyncio.sleep(0.02)
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)
    finally:
        await server.stop(None)
    return board


@pytest.fixture(autouse=True)
def short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "_PAUSE_SECONDS", 0.05)


async def test_shows_the_newest_figures_of_the_tenant() -> None:
    board = await board_fed_by(
        Supervision(), lambda b: "billing" in b.queues and b.queues["billing"].waiting == 2
    )
    assert board.trouble == ""


async def test_goes_on_after_the_last_event_when_the_stream_breaks() -> None:
    service = Supervision(grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)
    board = await board_fed_by(service, lambda b: b.event_count == 9)
    assert service.tokens == ["", "3", "6"]
    assert [line.subject for line in board.events] == [f"c-{n}" for n in range(1, 10)]


async def test_begins_anew_when_the_last_event_is_no_longer_kept() -> None:
    service = Supervision(grpc.StatusCode.OUT_OF_RANGE)
    await board_fed_by(service, lambda b: b.event_count == 6)
    assert service.tokens == ["", ""]


async def test_says_what_is_wrong_while_a_stream_is_broken() -> None:
    service = Supervision(*[grpc.StatusCode.UNIMPLEMENTED] * 1000)  # it stays broken
    board = await board_fed_by(service, lambda b: bool(b.trouble))
    assert board.trouble == "UNIMPLEMENTED: broken for the test"
