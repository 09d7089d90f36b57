"""Customers who are called back: their telephones ring in turn, they talk and hang up."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from switchyard.router.v1 import contact_pb2
from switchyard.router.v1 import contact_service_pb2 as pb
from switchyard_common.logs import contact_scope
from switchyard_platform.names import id_of
from switchyard_platform.node import EventRefused, PlatformNode

from switchyard_demo.floor.call import Fate, Line, Over
from switchyard_demo.floor.playtime import PlayTime


@dataclass(frozen=True, slots=True)
class Callee:
    """What a customer does who is called back. Times are of the exchange's clock."""

    answers_after_seconds: float
    talk_seconds: float


class Callbacks:
    """Carries out `Command.dial` on a node; `ended` hears how each call ended, and when.

    Every customer answers: demo people keep what they agreed to.
    """

    def __init__(
        self,
        node: PlatformNode,
        time: PlayTime,
        callee: Callable[[], Callee],
        ended: Callable[[Fate], None],
    ) -> None:
        self._node = node
        self._time = time
        self._callee = callee
        self._ended = ended
        self._lines: dict[str, Line] = {}
        self._calls: set[asyncio.Task[None]] = set()
        self._log = structlog.stdlib.get_logger()

    def dial(self, contact: str, dial: pb.Dial) -> None:
        """Call a customer whom an agent has accepted; once, however often it is asked for."""
        if contact not in self._lines:
            self._lines[contact] = Line()
            call = asyncio.create_task(self._call(contact, dial), name=f"callback-{contact}")
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)

    def over(self, contact: contact_pb2.Contact) -> None:
        """The router says that a contact is over, whether or not it is a call back."""
        line = self._lines.get(contact.name)
        if line is not None:
            line.put(Over(contact.reason))

    async def stop(self) -> None:
        """All hang up at once; the router learns of it when the node is gone."""
        calls = tuple(self._calls)
        for call in calls:
            call.cancel()
        if calls:
            await asyncio.wait(calls)

    async def _call(self, contact: str, dial: pb.Dial) -> None:
        self._node.hold(contact)
        fate = Fate.LOST
        try:
            with contact_scope(id_of(contact)):
                fate = await self._ring(contact, dial)
                self._log.info("callback_ended", fate=fate, agent=id_of(dial.agent))
        except EventRefused as error:
            self._log.warning("callback_refused", reason=str(error))
        finally:
            del self._lines[contact]
            self._node.release(contact)
            self._ended(fate)

    async def _ring(self, contact: str, dial: pb.Dial) -> Fate:
        line, callee = self._lines[contact], self._callee()
        answers = self._time.now() + callee.answers_after_seconds
        if await line.next(answers, self._time) is not None:
            return Fate.LOST
        if (await self._node.report(pb.BRIDGED, contact, dial)).stale:
            return Fate.LOST
        until = self._time.now() + callee.talk_seconds
        if await line.next(until, self._time) is None:
            await self._node.report(pb.CALLER_HANGUP, contact)
        return Fate.SERVED
