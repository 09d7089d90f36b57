"""How long HTTP servers wait for a request, and how many connections they hold.

uvicorn waits for ever for the rest of a request: some thousand clients that send a byte now and
then (Slowloris, R. Hansen, 2009) would take all of a process's descriptors.
"""

import asyncio
from typing import Any, override

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

_COMING = (h11.IDLE, h11.SEND_BODY)


class PatientProtocol(H11Protocol):
    """Ends a connection that is one too many, or whose request is not whole in time.

    The head of a request has `head_seconds` from its first byte (the first one from the beginning
    of the connection), its body has `body_seconds`: 5 MiB at 0.35 Mbit/s. Answers and websockets
    take as long as they like.
    """

    head_seconds = 10.0
    body_seconds = 120.0
    most_connections = 2_000
    _deadline: asyncio.TimerHandle | None = None
    _awaited: Any = None

    @override
    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if len(self.connections) > self.most_connections:
            transport.abort()
            return
        self._wait_for(h11.IDLE)

    @override
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # A websocket's request is never over for h11: another protocol has the connection by now.
        handed_on = self.transport.get_protocol() is not self
        self._wait_for(h11.SWITCHED_PROTOCOL if handed_on else self.conn.their_state)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_for(h11.CLOSED)
        super().connection_lost(exc)

    def _wait_for(self, state: Any) -> None:
        """The deadline of what is coming now; the same thing coming on has no new one."""
        if state is self._awaited:
            return
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        self._awaited = state if state in _COMING else None
        if self._awaited is not None:
            seconds = self.head_seconds if state is h11.IDLE else self.body_seconds
            self._deadline = self.loop.call_later(seconds, self.transport.abort)
