"""Callers by SIP over UDP, as light as they can be: one socket for all of them."""

import asyncio
import itertools
import re
import socket
import uuid
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, override

from switchyard_phone.adapters.sip.message import Message, address_of, parse, uri_of

from benchmarks.phone.company import ENGLISH_NUMBER
from benchmarks.phone.rtp import Sound, Stream

_AGAIN_SECONDS = 0.5
_TRIES = 7
_REMOTE = re.compile(rb"(?m)^m=audio (\d+) ")
_HOST = re.compile(rb"(?m)^c=IN IP4 (\S+)")
_SDP = """v=0\r
o=bench 1 1 IN IP4 127.0.0.1\r
s=-\r
c=IN IP4 127.0.0.1\r
t=0 0\r
m=audio {port} RTP/AVP 0 101\r
a=rtpmap:0 PCMU/8000\r
a=rtpmap:101 telephone-event/8000\r
a=fmtp:101 0-15\r
a=sendrecv\r
"""


class CallFailed(Exception):
    """A call was not answered, or not ended, in time; or it was refused."""


@dataclass(slots=True)
class SipCall:
    """A call that was answered."""

    id: str
    invited: float
    """When its INVITE was sent, by perf_counter."""
    stream: Stream
    spoke: asyncio.Future[float]
    """When its first sound was heard."""
    routes: list[str] = field(default_factory=list)
    target: str = ""
    local: str = ""
    remote: str = ""


class Callers(asyncio.DatagramProtocol):
    """Everybody who calls one address. `open` it, `close` it."""

    def __init__(self, port: int, sound: Sound) -> None:
        self._peer = ("127.0.0.1", port)
        self._sound = sound
        self._transport: asyncio.DatagramTransport | None = None
        self._port = 0
        self._numbers = itertools.count(1)
        self._answers: dict[tuple[str, str], asyncio.Future[Message]] = {}
        self._live: dict[str, SipCall] = {}

    async def open(self) -> None:
        """Begin to send."""
        loop = asyncio.get_running_loop()
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        opened.bind(("127.0.0.1", 0))
        self._port = opened.getsockname()[1]
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=opened)

    async def close(self) -> None:
        """End all calls."""
        await self.end(*self._live.values())
        if self._transport is not None:
            self._transport.close()

    async def call(
        self, caller: str = "anonymous", dialled: str = ENGLISH_NUMBER, *, speaks: bool = True
    ) -> SipCall:
        """Call, and begin to speak (a tone, or nothing) once it is answered; CallFailed."""
        call_id = f"{uuid.uuid4().hex}@bench"
        uri = f"sip:{dialled}@{self._peer[0]}:{self._peer[1]}"
        invite = self._request("INVITE", call_id, uri)
        local = f"<sip:{caller}@127.0.0.1:{self._port}>;tag={call_id[:12]}"
        invite.set("From", local)
        invite.set("Content-Type", "application/sdp")
        invite.body = _SDP.format(port=self._sound.port).encode()
        invited = perf_counter()
        answer = await self._ask(invite)
        if answer.status != 200:
            raise CallFailed(f"refused with {answer.status}")
        stream = self._sound.add(_media(answer), speaks=speaks)
        call = SipCall(
            id=call_id,
            invited=invited,
            stream=stream,
            spoke=stream.loud(),
            routes=[value for name, value in reversed(answer.headers) if name == "Record-Route"],
            target=uri_of(answer.get("Contact")),
            local=local,
            remote=answer.get("To"),
        )
        self._live[call_id] = call
        self._send(self._within(call, "ACK", invite.get("CSeq").split()[0]), call)
        return call

    async def end(self, *calls: SipCall) -> None:
        """Hang up; CallFailed."""
        await asyncio.gather(*(self._hang_up(call) for call in calls))

    async def _hang_up(self, call: SipCall) -> None:
        self._sound.remove(call.stream)
        if self._live.pop(call.id, None) is not None:
            await self._ask(self._within(call, "BYE", "2"), call)

    @override
    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """A response, or the other side ends a call."""
        message = parse(data)
        if message.is_request:
            self._answer(message, addr)
            return
        waiting = self._answers.get((message.get("Call-ID"), message.method))
        if waiting is not None and message.status >= 200 and not waiting.done():
            waiting.set_result(message)

    def _answer(self, message: Message, source: tuple[str | Any, int]) -> None:
        """Any request of the other side is granted."""
        kept = {"Via", "From", "To", "Call-ID", "CSeq", "Record-Route"}
        headers = [header for header in message.headers if header[0] in kept]
        if message.method == "BYE" and (call := self._live.pop(message.get("Call-ID"), None)):
            self._sound.remove(call.stream)
        if self._transport is not None and message.method != "ACK":
            self._transport.sendto(Message("SIP/2.0 200 OK", headers).encode(), source)

    async def _ask(self, message: Message, call: SipCall | None = None) -> Message:
        """Send until there is an answer."""
        key = (message.get("Call-ID"), message.method)
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._answers[key] = answer
        pause = _AGAIN_SECONDS
        try:
            for _ in range(_TRIES):
                self._send(message, call)
                done, _ = await asyncio.wait((answer,), timeout=pause)
                if done:
                    return answer.result()
                pause *= 2
            raise CallFailed(f"no answer to {message.method}")
        finally:
            del self._answers[key]

    def _send(self, message: Message, call: SipCall | None = None) -> None:
        target = address_of(call.routes[0]) if call is not None and call.routes else self._peer
        if self._transport is not None:
            self._transport.sendto(message.encode(), target)

    def _within(self, call: SipCall, method: str, number: str) -> Message:
        message = self._request(method, call.id, call.target, number)
        message.set("From", call.local)
        message.set("To", call.remote)
        for route in call.routes:
            message.headers.append(("Route", route))
        return message

    def _request(self, method: str, call_id: str, uri: str, number: str = "1") -> Message:
        here = f"127.0.0.1:{self._port}"
        branch = f"z9hG4bK{next(self._numbers)}"
        return Message(
            f"{method} {uri} SIP/2.0",
            [
                ("Via", f"SIP/2.0/UDP {here};branch={branch};rport"),
                ("From", ""),
                ("To", f"<{uri}>"),
                ("Call-ID", call_id),
                ("CSeq", f"{number} {method}"),
                ("Contact", f"<sip:bench@{here}>"),
                ("Max-Forwards", "70"),
            ],
        )


def _media(answer: Message) -> tuple[str, int]:
    port, host = _REMOTE.search(answer.body), _HOST.search(answer.body)
    if port is None or host is None:
        raise CallFailed("answered without sound")
    return host[1].decode(), int(port[1])
