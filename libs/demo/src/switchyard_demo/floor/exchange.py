"""The telephone exchange behind a platform node: callers dial, are joined with agents, hang up."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

import grpc
import structlog
from switchyard.router.v1 import contact_pb2
from switchyard.router.v1 import contact_service_pb2 as pb
from switchyard_common.grpc_errors import reason_of
from switchyard_common.logs import contact_scope
from switchyard_platform.names import Names, id_of
from switchyard_platform.node import EventRefused, PlatformNode

from switchyard_demo.floor.call import CallOutcome, CallScript, Fate, Line, Over
from switchyard_demo.floor.callbacks import Callbacks
from switchyard_demo.floor.playtime import PlayTime

_OVER = frozenset(
    {
        contact_pb2.WRAP_UP,
        contact_pb2.COMPLETED,
        contact_pb2.ABANDONED,
        contact_pb2.CANCELLED,
        contact_pb2.EXPIRED,
    }
)


@dataclass(slots=True)
class _Call:
    """A call under way."""

    script: CallScript
    arrived: float
    line: Line
    contact: str = ""

    @property
    def patient_until(self) -> float:
        return self.arrived + self.script.patience_seconds

    def ended(
        self,
        fate: Fate,
        at: float,
        *,
        connected: float | None = None,
        agent: str = "",
        reason: str = "",
    ) -> CallOutcome:
        return CallOutcome(
            script=self.script,
            fate=fate,
            arrived=self.arrived,
            ended=at,
            contact=self.contact,
            connected=connected,
            agent=agent,
            reason=reason,
        )


class CallWatcher(Protocol):
    """Hears what happens on the lines, at once."""

    def joined(self, call: str, contact: str) -> None:
        """Caller and agent talk; `call` is the platform's own id."""
        ...

    def hangs_up(self, contact: str) -> None:
        """A conversation is over, and the router is about to be told."""
        ...


class Exchange:
    """Plays call scripts on a node, and is the node's listener.

    `rings` reports that agents' telephones ring; where agents accept at once that says nothing.
    `callbacks` calls customers back; without it nobody is reached.
    """

    def __init__(
        self,
        node: PlatformNode,
        names: Names,
        time: PlayTime,
        *,
        rings: bool = True,
        watcher: CallWatcher | None = None,
        callbacks: Callbacks | None = None,
    ) -> None:
        self._node = node
        self._names = names
        self._time = time
        self._rings = rings
        self._watcher = watcher
        self._callbacks = callbacks
        self._calls: dict[str, _Call] = {}
        self._log = structlog.stdlib.get_logger()

    async def dial(self, script: CallScript) -> CallOutcome:
        """One call from its beginning to its end."""
        call = _Call(script, self._time.now(), Line())
        self._calls[script.external_id] = call
        try:
            with self._time.standing():
                created = await self._node.create(self._contact(script))
            call.contact = created.name
            with contact_scope(id_of(created.name)):
                return await self._wait(call)
        except grpc.aio.AioRpcError as error:
            reason = reason_of(error) or error.code().name
            self._log.warning("call_refused", reason=reason)
            return call.ended(Fate.REFUSED, self._time.now(), reason=reason)
        except EventRefused as error:
            return call.ended(Fate.LOST, self._time.now(), reason=str(error))
        finally:
            del self._calls[script.external_id]
            self._node.release(call.contact)

    async def hang_up_all(self, most_seconds: float) -> None:
        """Every caller hangs up, and `dial` ends; waits as long for the router to hear of it."""
        heard = [
            self._node.report(pb.CALLER_HANGUP, call.contact)
            for call in self._calls.values()
            if call.contact
        ]
        for call in self._calls.values():
            call.line.put(Over("EXCHANGE_CLOSED"))
        if heard:
            await asyncio.wait(heard, timeout=most_seconds)

    def on_contact(self, contact: contact_pb2.Contact, command: pb.Command | None) -> None:
        """The node hears of a contact."""
        call = self._calls.get(contact.external_id)
        if command is not None:
            self._do(contact, command, call)
        elif contact.state in _OVER:
            if call is not None:
                call.line.put(Over(contact.reason))
            if self._callbacks is not None:
                self._callbacks.over(contact)

    def on_unknown(self, contact: str) -> None:
        """The router does not know a contact that the node holds."""
        for call in self._calls.values():
            if call.contact == contact:
                call.line.put(Over("UNKNOWN_TO_ROUTER"))

    def _do(self, contact: contact_pb2.Contact, command: pb.Command, call: _Call | None) -> None:
        operation = command.WhichOneof("op")
        if operation == "dial":
            self._call_back(contact.name, command.dial)
        elif operation in ("ring", "bridge") and call is None:
            # A caller of a node that has been restarted: that leg is gone.
            self._tell(pb.CALLER_HANGUP, contact.name, None)
        elif call is not None and operation == "ring":
            call.line.put(command.ring)
        elif call is not None and operation == "bridge":
            call.line.put(command.bridge)
        elif call is not None and operation == "hangup":
            call.line.put(Over(command.hangup.cause))

    def _call_back(self, contact: str, dial: pb.Dial) -> None:
        if self._callbacks is None:
            self._tell(pb.BRIDGE_FAILED, contact, dial)
        else:
            self._callbacks.dial(contact, dial)

    async def _wait(self, call: _Call) -> CallOutcome:
        """Until joined with an agent, or no longer willing."""
        while True:
            signal = await call.line.next(call.patient_until, self._time)
            match signal:
                case None:
                    gave_up = self._time.now()
                    await self._report(pb.CALLER_HANGUP, call)
                    return call.ended(Fate.ABANDONED, gave_up)
                case Over(reason):
                    return call.ended(Fate.LOST, self._time.now(), reason=reason)
                case pb.Ring() if self._rings:
                    self._tell(pb.RINGING, call.contact, signal)
                case pb.Bridge():
                    joined = self._time.now()
                    answer = await self._report(pb.BRIDGED, call, signal)
                    if not answer.stale:
                        if self._watcher is not None:
                            self._watcher.joined(call.script.external_id, call.contact)
                        return await self._talk(call, signal, joined)

    async def _talk(self, call: _Call, bridge: pb.Bridge, joined: float) -> CallOutcome:
        """Until one of the two hangs up."""
        until = joined + call.script.talk_seconds
        while True:
            signal = await call.line.next(until, self._time)
            if signal is None or isinstance(signal, Over):
                break
        hung_up = self._time.now()
        if self._watcher is not None:
            self._watcher.hangs_up(call.contact)
        if signal is None:
            await self._hang_up(call, bridge)
        return call.ended(Fate.SERVED, hung_up, connected=joined, agent=bridge.agent)

    async def _hang_up(self, call: _Call, bridge: pb.Bridge) -> None:
        if call.script.agent_hangs_up:
            await self._report(pb.AGENT_HANGUP, call, bridge)
        else:
            await self._report(pb.CALLER_HANGUP, call)

    async def _report(
        self, kind: pb.CallEventType.ValueType, call: _Call, leg: pb.Bridge | None = None
    ) -> pb.ReportCallEventResponse:
        with self._time.standing():
            return await self._node.report(kind, call.contact, leg)

    def _tell(
        self, kind: pb.CallEventType.ValueType, contact: str, leg: pb.Ring | pb.Dial | None
    ) -> None:
        """Report what nobody waits for; the node logs a refusal."""
        self._node.report(kind, contact, leg).add_done_callback(_look_at)

    def _contact(self, script: CallScript) -> contact_pb2.Contact:
        return contact_pb2.Contact(
            external_id=script.external_id,
            channel=contact_pb2.VOICE,
            queue=self._names.of("queues", script.queue),
            caller=script.caller,
            language=script.language,
        )


def _look_at(answer: asyncio.Future[pb.ReportCallEventResponse]) -> None:
    if not answer.cancelled():
        answer.exception()
