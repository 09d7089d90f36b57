"""A websocket as a chat session sees it: frames in, JSON out, refusals people can read."""

import asyncio
from typing import Protocol

import orjson
import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect
from switchyard_common.errors import DomainError

from switchyard_gateway.domain.errors import bad_field
from switchyard_gateway.entrypoints.http import frames
from switchyard_gateway.entrypoints.http.frames import Frame, Json
from switchyard_gateway.entrypoints.http.limits import Bucket
from switchyard_gateway.entrypoints.http.refusals import refusal

POLICY_VIOLATION = 1008
TRY_AGAIN_LATER = 1013


class SocketCounter(Protocol):
    """Who counts connections and refusals."""

    def socket_opened(self) -> None:
        """A page connected."""
        ...

    def socket_closed(self) -> None:
        """A page disconnected."""
        ...

    def rejected(self, reason: str) -> None:
        """A connection or a frame was refused."""
        ...


class Wire:
    """One accepted websocket. All methods raise WebSocketDisconnect once the page is gone."""

    def __init__(self, socket: WebSocket, flood: Bucket, counter: SocketCounter) -> None:
        self._socket = socket
        self._flood = flood
        self._counter = counter
        self._sending = asyncio.Lock()
        self._log = structlog.stdlib.get_logger()
        self.language = "en"

    async def receive(self) -> Frame:
        """The next frame; INVALID (BAD_FRAME) for what is none. Who sends too fast is cut off."""
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1006))
        if not self._flood.take():
            await self.close(POLICY_VIOLATION, "flood")
            raise WebSocketDisconnect(POLICY_VIOLATION)
        text = message.get("text")
        if text is None:
            raise bad_field("frame", "must be text", "BAD_FRAME")
        return frames.parse(text)

    async def send(self, frame: Json) -> None:
        """Send a frame; several tasks may."""
        async with self._sending:
            await self._socket.send_text(orjson.dumps(frame).decode())

    async def refuse(self, error: DomainError, message_id: str = "") -> None:
        """Tell the customer what could not be done, and why."""
        self._counter.rejected(error.reason.lower())
        await self.send(refusal(error, self.language, message_id))

    async def close(self, code: int, reason: str) -> None:
        """End the connection."""
        self._counter.rejected(reason)
        self._log.info("websocket_closed_by_us", reason=reason)
        await self._socket.close(code, reason)
