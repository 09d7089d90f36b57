"""Keeps the board up to date from the router's supervision streams."""

import asyncio
from collections.abc import Awaitable, Callable

import grpc
from google.protobuf.duration_pb2 import Duration
from switchyard.router.v1.supervision_service_pb2 import StreamEventsRequest, WatchQueueStatsRequest
from switchyard.router.v1.supervision_service_pb2_grpc import SupervisionServiceStub

from switchyard_launcher.board import Board
from switchyard_launcher.concurrency import all_of

_INTERVAL_SECONDS = 1
_PAUSE_SECONDS = 2.0


class Feed:
    """Two endless streams into a board; a stream that breaks is opened again."""

    def __init__(self, channel: grpc.aio.Channel, tenant: str, board: Board) -> None:
        self._stub = SupervisionServiceStub(channel)
        self._parent = f"tenants/{tenant}"
        self._board = board
        self._resume_token = ""

    async def run(self) -> None:
        """Runs until it is cancelled."""
        await all_of(map(self._again_and_again, (self._figures, self._events)))

    async def _again_and_again(self, stream: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await stream()
            except grpc.aio.AioRpcError as error:
                self._board.trouble = f"{error.code().name}: {error.details()}"
                if error.code() is grpc.StatusCode.OUT_OF_RANGE:
                    self._resume_token = ""  # too old to go on from there
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _figures(self) -> None:
        interval = Duration(seconds=_INTERVAL_SECONDS)
        request = WatchQueueStatsRequest(parent=self._parent, interval=interval)
        async for stats in self._stub.WatchQueueStats(request):
            self._board.add_figures(stats)
            self._board.trouble = ""

    async def _events(self) -> None:
        request = StreamEventsRequest(parent=self._parent, resume_token=self._resume_token)
        async for item in self._stub.StreamEvents(request):
            self._board.add_event(item.event)
            self._resume_token = item.resume_token
