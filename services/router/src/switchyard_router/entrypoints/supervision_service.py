"""SupervisionService: wallboards and event readers."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Protocol

import grpc
from google.protobuf import json_format
from switchyard.events.v1 import event_pb2
from switchyard.router.v1 import queue_pb2, supervision_service_pb2, supervision_service_pb2_grpc
from switchyard_common.errors import DomainError, ErrorKind

from switchyard_router.domain.names import Tenant, bad_field
from switchyard_router.domain.records import StoredEvent
from switchyard_router.entrypoints.config_messages import milliseconds
from switchyard_router.entrypoints.convert import figures_message
from switchyard_router.entrypoints.draining import Drain
from switchyard_router.service.board import Board
from switchyard_router.service.figures import Figures
from switchyard_router.service.projection import Projection
from switchyard_router.service.second_look import second_look

_DEFAULT_INTERVAL_SECONDS = 2.0
_SHORTEST_INTERVAL_SECONDS = 0.5
_BATCH = 500
_WAIT_SECONDS = 1.0
_MOST_READERS = 32
_BODIES = {
    "contact": "contact",
    "offer": "offer",
    "agent": "agent",
    "route": "decided",
    "bot.turn": "bot_turn",
    "bot.handed_over": "bot_hand_over",
    "bot.handed_back": "bot_hand_over",
    "config": "config",
    "survey": "survey",
}

type _Context = grpc.aio.ServicerContext[Any, Any]


class PositionedLog(Protocol):
    """The event log, and whether a place in it still holds."""

    async def newest(self) -> str:
        """Position of the newest entry."""
        ...

    async def read(self, position: str, at_most: int) -> list[StoredEvent]:
        """Events after a position, none if there are none yet."""
        ...

    async def check(self, position: str) -> None:
        """Raise RESUME_TOKEN_EXPIRED if entries after `position` may be gone."""
        ...


class SupervisionServicer(supervision_service_pb2_grpc.SupervisionServiceServicer):
    """Streams figures and events."""

    def __init__(
        self,
        board: Board,
        figures: Figures,
        log: PositionedLog,
        projection: Projection,
        drain: Drain,
        tenant: Tenant,
    ) -> None:
        self._projection = projection
        self._drain = drain
        self._readers = 0
        self._board = board
        self._figures = figures
        self._log = log
        self._tenant = tenant

    async def WatchQueueStats(
        self, request: supervision_service_pb2.WatchQueueStatsRequest, context: _Context
    ) -> AsyncIterator[queue_pb2.QueueStats]:
        """Stream the figures of queues, one message per queue and round."""
        self._tenant.check_parent(request.parent)
        named = [
            self._tenant.parse("queues", name, f"queues[{index}]")
            for index, name in enumerate(request.queues)
        ]
        interval = _DEFAULT_INTERVAL_SECONDS
        if request.HasField("interval"):
            interval = max(_SHORTEST_INTERVAL_SECONDS, milliseconds(request.interval) / 1000)
        while True:
            for figures in await second_look(
                lambda: self._figures.read(named or sorted(self._board.queues)),
                self._projection.catch_up,
            ):
                yield figures_message(figures, self._tenant)
            await self._drain.pause(interval)

    async def StreamEvents(
        self, request: supervision_service_pb2.StreamEventsRequest, context: _Context
    ) -> AsyncIterator[supervision_service_pb2.Event]:
        """Stream the event log, at least once, from a token, from its beginning or from now on."""
        self._tenant.check_parent(request.parent)
        position = await self._start(request.resume_token)
        if self._readers >= _MOST_READERS:
            raise _too_many_readers()
        self._readers += 1
        try:
            async for event in self._events(position, tuple(request.types)):
                yield event
        finally:
            self._readers -= 1

    async def _events(
        self, position: str, wanted: tuple[str, ...]
    ) -> AsyncIterator[supervision_service_pb2.Event]:
        while True:
            self._drain.check()
            more = self._projection.next_batch
            events = await self._log.read(position, _BATCH)
            if not events:
                await _set_within(more, _WAIT_SECONDS)
            for event in events:
                position = event.id
                if not wanted or event.type.startswith(wanted):
                    yield supervision_service_pb2.Event(
                        resume_token=event.id, event=event_message(event, self._tenant)
                    )

    async def _start(self, token: str) -> str:
        if not token:
            return await self._log.newest()
        milliseconds_part, _, number = token.partition("-")
        if not milliseconds_part.isdigit() or not (number or "0").isdigit():
            raise bad_field("resume_token", 'give a token that was received, "0" or nothing')
        if token in ("0", "0-0"):
            return "0-0"
        await self._log.check(token)
        return token


async def _set_within(news: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(news.wait(), seconds)
    except TimeoutError:
        return  # the caller looks anyway: this replica may be behind the log


def _too_many_readers() -> DomainError:
    return DomainError(
        kind=ErrorKind.EXHAUSTED,
        reason="RATE_LIMITED",
        message=f"{_MOST_READERS} event streams are open here; close one, or ask another router",
        retry_after_seconds=5.0,
    )


def event_message(event: StoredEvent, tenant: Tenant) -> event_pb2.Event:
    """A stored event as the contract's message; fields this version does not know are left out."""
    message = event_pb2.Event(
        id=event.id,
        source=f"/{tenant.name}/{event.source}",
        type=event.type,
        subject=event.subject,
        seq=event.seq,
        actor=event.actor,
    )
    message.time.FromMilliseconds(event.time_ms)
    body = _BODIES.get(event.type) or _BODIES.get(event.type.partition(".")[0])
    if body is not None:
        json_format.ParseDict(dict(event.data), getattr(message, body), ignore_unknown_fields=True)
    return message
