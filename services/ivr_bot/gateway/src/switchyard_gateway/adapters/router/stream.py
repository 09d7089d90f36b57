"""The way up of one attached stream."""

import asyncio
from collections.abc import AsyncIterator

from switchyard.router.v1 import contact_service_pb2 as pb
from switchyard_common.clock import Clock

_HEARTBEAT_SECONDS = 5.0
_SHORTEST_HEARTBEAT_SECONDS = 0.2


class Stream:
    """Numbered messages in their order, and a heartbeat whenever it is time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._queue: asyncio.Queue[pb.PbxMessage | None] = asyncio.Queue()
        self._heartbeat_seconds = _HEARTBEAT_SECONDS
        self._unanswered: dict[int, int] = {}
        self.welcomed = False
        self.seen = ""

    def send(self, message: pb.PbxMessage) -> None:
        """Send it after those before it."""
        self._queue.put_nowait(message)

    def welcome(self, heartbeat_seconds: float) -> None:
        """The router has answered, and says how often it wants a heartbeat (0: as it is)."""
        self.welcomed = True
        if heartbeat_seconds > 0:
            self._heartbeat_seconds = max(heartbeat_seconds, _SHORTEST_HEARTBEAT_SECONDS)
        self.send(self._heartbeat())  # from now on in the new rhythm

    def close(self) -> None:
        """Send no more."""
        self._queue.put_nowait(None)

    def sent_as(self, number: int) -> int | None:
        """The source_seq of the event that was sent with this number."""
        return self._unanswered.get(number)

    def answered(self, sequence: int) -> None:
        """Forget the event with this source_seq."""
        for number in [n for n, waiting in self._unanswered.items() if waiting == sequence]:
            del self._unanswered[number]

    async def outgoing(self) -> AsyncIterator[pb.PbxMessage]:
        """What goes up, as gRPC wants it."""
        number = 0
        due = self._clock.monotonic() + self._heartbeat_seconds
        while (message := await self._next(due)) is not None:
            number += 1
            message.seq = number
            if message.WhichOneof("body") == "event":
                self._unanswered[number] = message.event.source_seq
            if message.WhichOneof("body") == "heartbeat":
                due = self._clock.monotonic() + self._heartbeat_seconds
            yield message

    async def _next(self, due: float) -> pb.PbxMessage | None:
        """The next message; a heartbeat, after what was seen, when it is due."""
        try:
            async with asyncio.timeout(max(0.0, due - self._clock.monotonic())):
                return await self._queue.get()
        except TimeoutError:
            if self.seen:
                self.send(pb.PbxMessage(ack=pb.Ack(resume_token=self.seen)))
                self.seen = ""
            return self._heartbeat()

    def _heartbeat(self) -> pb.PbxMessage:
        client_ms = int(self._clock.now().timestamp() * 1000)
        return pb.PbxMessage(heartbeat=pb.Heartbeat(client_ms=client_ms))
