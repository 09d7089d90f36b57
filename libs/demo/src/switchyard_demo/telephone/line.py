"""A telephone's line: one UDP port for SIP, with the calls on it."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import override

import structlog

from switchyard_demo.telephone.messages import (
    Address,
    Message,
    NotSip,
    address_of,
    answer,
    parse,
    tag_of,
    uri_of,
    with_body,
)
from switchyard_demo.telephone.sound import Sound, sdp

_FIRST_RETRY_SECONDS, _TRIES = 0.5, 7
_RING_SECONDS = 60.0
_REMEMBERED = 200


class NoAnswer(Exception):
    """The other side did not answer a request."""


class Refused(Exception):
    """The call was refused; `status` says how."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class Call:
    """One call: its dialog and its sound. `requests` brings what the other side asks in it."""

    def __init__(self, line: "Line", sound: Sound, call_id: str, local: str, remote: str) -> None:
        self._line = line
        self.sound = sound
        self.id = call_id
        self._local, self._remote = local, remote
        self._target = uri_of(remote)
        self._routes: Sequence[str] = ()
        self._cseq = 0
        self.requests: asyncio.Queue[Message] = asyncio.Queue()
        self.over = asyncio.Event()

    def established(self, remote: str, contact: str, routes: Sequence[str]) -> None:
        """The other side's tag, address and way are known."""
        self._remote, self._routes = remote, routes
        self._target = uri_of(contact) or self._target

    async def request(
        self, method: str, headers: Iterable[tuple[str, str]] = (), body: str = ""
    ) -> Message:
        """Ask something within the call; the final response. NoAnswer."""
        return await self._line.ask(*self.message(method, headers, body))

    def message(
        self, method: str, headers: Iterable[tuple[str, str]] = (), body: str = ""
    ) -> tuple[Message, Address]:
        """A request of this call, and where it goes. An ACK has the number of its INVITE."""
        self._cseq += method != "ACK"
        routes = tuple(("Route", route) for route in self._routes)
        made = Message(
            f"{method} {self._target} SIP/2.0",
            (
                ("Via", self._line.via()),
                *routes,
                ("From", self._local),
                ("To", self._remote),
                ("Call-ID", self.id),
                ("CSeq", f"{self._cseq} {method}"),
                ("Max-Forwards", "70"),
                ("Contact", self._line.contact),
                *headers,
            ),
            body,
        )
        return made, address_of(self._routes[0] if self._routes else self._target)

    def acknowledge(self) -> None:
        """The answer has come."""
        self._line.send(*self.message("ACK"))

    async def hang_up(self) -> None:
        """End it; the other side may have been faster."""
        if not self.over.is_set():
            self.over.set()
            await self.request("BYE")

    async def close(self) -> None:
        """Nothing more is heard of it."""
        self.over.set()
        self._line.forget(self)
        await self.sound.close()


class Line(asyncio.DatagramProtocol):
    """`open` it, `dial` or wait for `incoming`, `close` it."""

    def __init__(self, incoming: Callable[[Message, Address], Awaitable[None]] | None = None):
        self.host, self.port = "", 0
        self._incoming = incoming
        self._calls: dict[str, Call] = {}
        self._asked: dict[str, asyncio.Queue[Message]] = {}
        self._answered: dict[str, Message] = {}
        self._work: set[asyncio.Future[None]] = set()
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self, host: str, port: int = 0) -> None:
        """Listen; raises OSError when the port is taken."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, port))
        self._transport = transport
        self.host, self.port = transport.get_extra_info("sockname")[:2]

    async def close(self) -> None:
        """All calls of it are over."""
        for call in tuple(self._calls.values()):
            await call.close()
        for task in tuple(self._work):
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        if self._transport is not None:
            self._transport.close()

    @property
    def contact(self) -> str:
        """Where it is reached."""
        return f"<sip:{self.host}:{self.port}>"

    def via(self) -> str:
        """The way back for a new request."""
        return f"SIP/2.0/UDP {self.host}:{self.port};branch=z9hG4bK{secrets.token_hex(8)};rport"

    def forget(self, call: Call) -> None:
        """The call is over."""
        self._calls.pop(call.id, None)

    # Calling.

    async def dial(
        self, uri: str, number: str, headers: Iterable[tuple[str, str]], ringing: Callable[[], None]
    ) -> Call:
        """Call; returns once answered. Refused, NoAnswer."""
        sound = Sound()
        await sound.open(self.host)
        caller = f"<sip:{number}@{self.host}>;tag={secrets.token_hex(6)}"
        call = Call(self, sound, f"{secrets.token_hex(12)}@{self.host}", caller, f"<{uri}>")
        self._calls[call.id] = call
        offer = (*headers, ("Content-Type", "application/sdp"))
        invite, there = call.message("INVITE", offer, sdp(self.host, sound.port))
        try:
            final = await self.ask(invite, there, ringing)
            if final.status >= 300:
                self.send(_ack_of(invite, final), there)
                raise Refused(final.status)
        except (Refused, NoAnswer):
            await call.close()
            raise
        routes = final.routes[::-1]
        call.established(final.get("To"), final.get("Contact"), routes)
        call.acknowledge()
        sound.connect(final.body)
        return call

    async def ask(
        self, request: Message, there: Address, ringing: Callable[[], None] | None = None
    ) -> Message:
        """Send until something is heard of it; the final response. NoAnswer."""
        branch = _branch(request)
        heard = self._asked[branch] = asyncio.Queue()
        try:
            response = await self._send_until_heard(request, there, heard)
            async with asyncio.timeout(_RING_SECONDS):
                while response.status < 200:
                    if response.status == 180 and ringing is not None:
                        ringing()
                    response = await heard.get()
        except TimeoutError:
            raise NoAnswer from None
        finally:
            del self._asked[branch]
        return response

    async def _send_until_heard(
        self, request: Message, there: Address, heard: asyncio.Queue[Message]
    ) -> Message:
        for number in range(_TRIES):
            self.send(request, there)
            try:
                async with asyncio.timeout(_FIRST_RETRY_SECONDS * 2**number):
                    return await heard.get()
            except TimeoutError:
                continue
        raise NoAnswer

    # Being called.

    async def take(self, invite: Message) -> Call | None:
        """Answer a call; None when its sound cannot be understood (488)."""
        sound = Sound()
        await sound.open(self.host)
        local = f"{invite.get('To')};tag={secrets.token_hex(6)}"
        call = Call(self, sound, invite.get("Call-ID"), local, invite.get("From"))
        call.established(invite.get("From"), invite.get("Contact"), invite.routes)
        if not sound.connect(invite.body):
            await sound.close()
            self.reply(invite, 488, "Not Acceptable Here", tag_of(local))
            return None
        self._calls[call.id] = call
        self.describe(invite, call, tag_of(local))
        return call

    def describe(self, invite: Message, call: Call, tag: str = "") -> None:
        """200 with the sound's address: to the first INVITE of a call, and to later ones."""
        agreed = with_body(
            answer(invite, 200, "OK", tag),
            "application/sdp",
            sdp(self.host, call.sound.port),
            (("Contact", self.contact),),
        )
        self._reply(invite, agreed)

    def reply(self, request: Message, status: int, reason: str, tag: str = "") -> None:
        """Answer a request without a body."""
        self._reply(request, answer(request, status, reason, tag))

    def _reply(self, request: Message, response: Message) -> None:
        self._answered[_branch(request) + request.method] = response
        while len(self._answered) > _REMEMBERED:
            del self._answered[next(iter(self._answered))]
        self.send(response, self._back(request))

    def _back(self, request: Message) -> Address:
        via = request.get("Via").split(",")[0]
        host, _, port = via.split(";")[0].split()[-1].partition(":")
        known = dict(part.strip().partition("=")[::2] for part in via.split(";")[1:])
        return known.get("received") or host, int(known.get("rport") or port or 5060)

    def send(self, message: Message, there: Address) -> None:
        """One datagram."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(message.encode(), there)

    @override
    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        """A message came; what cannot be read is dropped."""
        try:
            message = parse(data)
        except NotSip:
            return
        if not message.is_request:
            if (asked := self._asked.get(_branch(message))) is not None:
                asked.put_nowait(message)
            return
        self._hear(message, (str(addr[0]), int(addr[1])))

    def _hear(self, request: Message, source: Address) -> None:
        before = self._answered.get(_branch(request) + request.method)
        call = self._calls.get(request.get("Call-ID"))
        if before is not None:
            self.send(before, source)
        elif call is not None and tag_of(request.get("To")):
            self._hear_within(call, request)
        elif request.method == "INVITE" and self._incoming is not None:
            self._keep(asyncio.ensure_future(self._incoming(request, source)))
        elif request.method != "ACK":
            self.reply(request, *_NOT_HERE.get(request.method, (481, "No Such Call")))

    def _hear_within(self, call: Call, request: Message) -> None:
        if request.method == "BYE":
            self.reply(request, 200, "OK")
            call.over.set()
        elif request.method == "INVITE":
            call.sound.connect(request.body)
            self.describe(request, call)
        elif request.method != "ACK":
            call.requests.put_nowait(request)

    def _keep(self, work: asyncio.Future[None]) -> None:
        self._work.add(work)
        work.add_done_callback(self._done)

    def _done(self, work: asyncio.Future[None]) -> None:
        self._work.discard(work)
        if not work.cancelled() and (error := work.exception()) is not None:
            structlog.stdlib.get_logger().error("telephone_failed", exc_info=error)


_NOT_HERE = {"OPTIONS": (200, "OK"), "INVITE": (480, "Temporarily Unavailable")}


def _branch(message: Message) -> str:
    via = message.get("Via").split(",")[0]
    return via.partition("branch=")[2].partition(";")[0]


def _ack_of(invite: Message, refusal: Message) -> Message:
    """A refusal is acknowledged on the way of its INVITE (RFC 3261, 17.1.1.3)."""
    kept = [
        (name, value)
        for name, value in invite.headers
        if name not in ("To", "CSeq", "Content-Type")
    ]
    number = invite.get("CSeq").split(" ")[0]
    own = (("To", refusal.get("To")), ("CSeq", f"{number} ACK"))
    return Message(invite.start.replace("INVITE", "ACK", 1), (*kept, *own))
