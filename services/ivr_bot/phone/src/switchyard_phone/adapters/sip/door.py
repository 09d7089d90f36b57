"""The door before the SIP stack: who may call, how many, and what may be asked at all.

The stack has no list of peers, refuses with 486 only, accepts every REFER and does not tell
where a call comes from or which number was dialled. So it hears this process alone, which is a
stateless proxy (RFC 3261, 16.11) between it and the world, over UDP. Both sides put the door
into their routes, so that all requests of a call pass it.
"""

import asyncio
import re
import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import override

import structlog

from switchyard_phone.adapters.sip import answers, via
from switchyard_phone.adapters.sip.facts import facts_of
from switchyard_phone.adapters.sip.message import (
    Message,
    NotSip,
    address_of,
    parse,
)
from switchyard_phone.adapters.sip.via import Address
from switchyard_phone.domain.admission import Admission, Verdict
from switchyard_phone.domain.calls import CallFacts, CallId

_REMEMBERED = 1000
_SILENT = frozenset({"ACK", "CANCEL"})
_STARTS = frozenset({"INVITE", "OPTIONS", "ACK", "CANCEL"})
_WITHIN = frozenset({"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "UPDATE", "NOTIFY"})
_CONNECTION = re.compile(rb"(?m)^((?:c|o)=.*IN IP4 )(\S+)")
_STATUS_OF = {Verdict.BUSY: 486, Verdict.TOO_FAST: 503, Verdict.DRAINING: 503}


class DoorMeter:
    """Counts what the door sees; the process's metrics extend it."""

    def refused(self, why: str) -> None:
        """A request was refused: unlisted, busy, too_fast, draining, refer, method or not_sip."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the door stands."""

    outside: Address
    """Towards the world."""
    told: Address
    """The same, as the world is told it."""
    inside: Address
    """Towards the stack."""
    stack: Address
    """The stack itself, which hears the door's inside alone."""


class Door:
    """Passes SIP messages on between the world and the stack. `connect` gives it its sockets."""

    def __init__(
        self,
        here: Addresses,
        may_call: Callable[[str], bool],
        admission: Admission,
        meter: DoorMeter,
    ) -> None:
        self._here = here
        self._may_call = may_call
        self._admission = admission
        self._meter = meter
        self._arrived: OrderedDict[CallId, CallFacts] = OrderedDict()
        self._refusals: OrderedDict[str, int] = OrderedDict()
        self._stamps: OrderedDict[str, Mapping[str, str]] = OrderedDict()
        self._strangers: OrderedDict[str, None] = OrderedDict()
        self._outside: asyncio.DatagramTransport | None = None
        self._inside: asyncio.DatagramTransport | None = None
        self._own = {here.outside, here.told, here.inside}
        self._resolving: set[asyncio.Task[None]] = set()
        self._log = structlog.stdlib.get_logger()

    def connect(
        self, outside: asyncio.DatagramTransport, inside: asyncio.DatagramTransport
    ) -> None:
        """Begin to send by these sockets."""
        self._outside, self._inside = outside, inside

    def facts(self, call: CallId) -> CallFacts | None:
        """What is known of a call that was let in; asked for once."""
        return self._arrived.pop(call, None)

    def refuse_with(self, call: CallId, status: int) -> None:
        """The stack's refusal of this call leaves with another status."""
        _remember(self._refusals, call, status)

    def stamp(self, call: CallId, headers: Mapping[str, str]) -> None:
        """The REFER of this call leaves with these headers as well."""
        _remember(self._stamps, call, headers)

    async def close(self) -> None:
        """Send nothing more."""
        for transport in (self._outside, self._inside):
            if transport is not None:
                transport.close()
        for task in tuple(self._resolving):
            task.cancel()
        await asyncio.gather(*self._resolving, return_exceptions=True)

    # -- from the world ------------------------------------------------------------------------

    def from_outside(self, data: bytes, source: Address) -> None:
        """A datagram from the world."""
        message = self._read(data)
        if message is None:
            return
        if not message.is_request:
            self._response_inwards(message)
            return
        via.note_source(message, source)
        if not self._may_call(source[0]):
            self._refuse(message, 403, "unlisted")
            self._tell_of_stranger(source[0])
            return
        status, why = self._judge(message, source)
        if status:
            self._refuse(message, status, why)
        elif not answers.is_answered_here(message):
            self._request_inwards(message)

    def _tell_of_stranger(self, host: str) -> None:
        if host not in self._strangers:
            self._log.warning("sip_peer_not_listed", peer=host)
        _remember(self._strangers, host, None)

    def _judge(self, message: Message, source: Address) -> tuple[int, str]:
        """The status that a request is answered with here, and why; 0 to pass it on."""
        method = message.method
        begins = not message.tag("To")
        if method == "REFER":
            return 603, "refer"
        if method not in (_STARTS if begins else _WITHIN):
            return 405, "method"
        if not begins:
            return 0, ""
        if method == "OPTIONS":
            return (503, "draining") if self._admission.draining else (200, "")
        return self._admit(message, source) if method == "INVITE" else (0, "")

    def _admit(self, message: Message, source: Address) -> tuple[int, str]:
        call = CallId(message.get("Call-ID"))
        verdict = self._admission.admit(call, time.monotonic())
        if verdict is not Verdict.IN:
            return _STATUS_OF[verdict], verdict.value
        _remember(self._arrived, call, facts_of(message, source))
        return 0, ""

    def _request_inwards(self, message: Message) -> None:
        if not self._hop(message):
            return
        self._drop_own_routes(message)
        if message.method == "INVITE" and not message.tag("To"):
            message.push("Record-Route", _route(self._here.told))
            message.push("Record-Route", _route(self._here.inside))
        via.add(message, self._here.inside)
        self._send_inside(message)

    def _response_inwards(self, message: Message) -> None:
        if via.is_from(message, self._here.told):
            message.pop("Via")
            self._send_inside(message)

    # -- from the stack ------------------------------------------------------------------------

    def from_inside(self, data: bytes, source: Address) -> None:
        """A datagram from the stack; what anybody else sends is dropped."""
        if source != self._here.stack:
            return
        message = self._read(data)
        if message is None:
            return
        self._tell_own_address(message)
        if message.is_request:
            self._request_outwards(message)
        elif via.is_from(message, self._here.inside):
            message.pop("Via")
            self._note_outcome(message)
            self._send_outside(message, via.next_of(message))

    def _request_outwards(self, message: Message) -> None:
        via.note_source(message, self._here.stack)
        self._drop_own_routes(message)
        if message.method == "INVITE" and not message.tag("To"):
            message.push("Record-Route", _route(self._here.inside))
            message.push("Record-Route", _route(self._here.told))
        if message.method == "REFER":
            self._complete_refer(message)
        via.add(message, self._here.told)
        self._send_outside(message, address_of(message.get("Route") or message.uri))

    def _complete_refer(self, message: Message) -> None:
        target = message.get("Refer-To")
        if not target.startswith("<"):
            message.set("Refer-To", f"<{target}>")  # its ? and ; are the URI's (RFC 3261, 20)
        for name, value in self._stamps.get(message.get("Call-ID"), {}).items():
            message.set(name, value)

    def _note_outcome(self, message: Message) -> None:
        if message.method != "INVITE" or message.status < 300:
            return
        call = message.get("Call-ID")
        if call in self._refusals:
            status = self._refusals[call]
            message.start = f"SIP/2.0 {status} {answers.reason(status)}"
        self._arrived.pop(CallId(call), None)
        self._admission.refused(CallId(call))

    def _tell_own_address(self, message: Message) -> None:
        """The world knows the door's address only; the stack's is of no use to it."""
        stack, door = (f"{host}:{port}" for host, port in (self._here.stack, self._here.told))
        if stack in message.get("Contact"):
            message.set("Contact", message.get("Contact").replace(stack, door))
        if message.body and message.get("Content-Type").lower().startswith("application/sdp"):
            own, told = self._here.stack[0].encode(), self._here.told[0].encode()
            message.body = _CONNECTION.sub(
                lambda line: line[1] + (told if line[2] == own else line[2]), message.body
            )

    # -- both ways -----------------------------------------------------------------------------

    def _read(self, data: bytes) -> Message | None:
        if not data.strip(b"\r\n\0 "):
            return None  # a keep-alive
        try:
            return parse(data)
        except NotSip:
            self._meter.refused("not_sip")
            return None

    def _hop(self, message: Message) -> bool:
        hops = message.get("Max-Forwards") or "70"
        if not hops.isdigit() or int(hops) < 1:
            self._refuse(message, 483, "method")
            return False
        message.set("Max-Forwards", str(int(hops) - 1))
        return True

    def _drop_own_routes(self, message: Message) -> None:
        while (route := message.get("Route")) and address_of(route) in self._own:
            message.pop("Route")

    def _refuse(self, message: Message, status: int, why: str) -> None:
        if message.method in _SILENT:
            return  # belongs to a request that was answered and counted already
        if why:
            self._meter.refused(why)
        response = answers.answer(message, status)
        self._send_outside(response, via.next_of(response))

    def _send_inside(self, message: Message) -> None:
        if self._inside is not None:
            self._inside.sendto(message.encode(), self._here.stack)

    def _send_outside(self, message: Message, target: Address) -> None:
        if self._outside is None or self._outside.is_closing():
            return
        if _is_number(target[0]):
            self._outside.sendto(message.encode(), target)
            return
        task = asyncio.create_task(self._resolve_and_send(message, target))
        self._resolving.add(task)
        task.add_done_callback(self._resolving.discard)

    async def _resolve_and_send(self, message: Message, target: Address) -> None:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(*target, family=socket.AF_INET)
        except OSError as error:
            self._log.warning("sip_host_not_found", host=target[0], problem=type(error).__name__)
            return
        if self._outside is not None and not self._outside.is_closing():
            self._outside.sendto(message.encode(), found[0][4][:2])


class Side(asyncio.DatagramProtocol):
    """One socket of the door: hands datagrams on, and outlives what is wrong with one of them."""

    def __init__(self, receive: Callable[[bytes, Address], None]) -> None:
        self._receive = receive

    @override
    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        """A datagram arrived."""
        try:
            self._receive(data, (str(addr[0]), int(addr[1])))
        except NotSip:
            structlog.stdlib.get_logger().warning("sip_message_dropped", peer=addr[0])


def _route(address: Address) -> str:
    return f"<sip:{address[0]}:{address[1]};lr>"


def _is_number(host: str) -> bool:
    try:
        IPv4Address(host)
    except ValueError:
        return False
    return True


def _remember[K, V](kept: OrderedDict[K, V], key: K, value: V) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > _REMEMBERED:
        kept.popitem(last=False)
