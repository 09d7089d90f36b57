"""One stream of a desktop: questions go up, each gets its result."""

import asyncio
import itertools
from typing import Any

from switchyard.router.v1 import agent_pb2
from switchyard.router.v1 import agent_service_pb2 as pb
from switchyard_platform.uplink import Uplink


class StreamLost(Exception):
    """The stream broke before the result came: the next welcome shows what holds."""


class DesktopSession:
    """Numbers what a desktop says and matches the results. Lives as long as its stream."""

    def __init__(self) -> None:
        self.uplink: Uplink[pb.ClientMessage] = Uplink()
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[pb.Result]] = {}

    def say(self, **body: Any) -> int:
        """Send a message that needs no result; returns its number."""
        seq = next(self._numbers)
        self.uplink.send(pb.ClientMessage(seq=seq, **body))
        return seq

    async def ask(self, **body: Any) -> pb.Result:
        """Send a message and wait for its result. Raises StreamLost."""
        future: asyncio.Future[pb.Result] = asyncio.get_running_loop().create_future()
        seq = self.say(**body)
        self._asked[seq] = future
        try:
            return await future
        finally:
            self._asked.pop(seq, None)

    def presence(
        self, presence: agent_pb2.Presence.ValueType, reason: str
    ) -> pb.SetPresenceRequest:
        """A wish for presence that lets the contact in hand be finished first."""
        return pb.SetPresenceRequest(presence=presence, reason=reason, after_current_contact=True)

    def settle(self, result: pb.Result) -> None:
        """A result arrived."""
        future = self._asked.get(result.in_reply_to)
        if future is not None and not future.done():
            future.set_result(result)

    def end(self) -> None:
        """The stream is over: nobody waits in vain."""
        self.uplink.close()
        for future in self._asked.values():
            if not future.done():
                future.set_exception(StreamLost)
