"""SIP messages as telephones read and write them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

type Address = tuple[str, int]

_URI = re.compile(r"sips?:(?:([^@;?>]*)@)?([^:;?>]+)(?::(\d+))?", re.IGNORECASE)
_COMPACT = {
    "v": "via",
    "f": "from",
    "t": "to",
    "i": "call-id",
    "m": "contact",
    "l": "content-length",
    "c": "content-type",
    "r": "refer-to",
    "k": "supported",
}
_DEFAULT_PORT = 5060


class NotSip(ValueError):
    """This is no SIP message that a telephone understands."""


@dataclass(frozen=True, slots=True)
class Message:
    """A request or a response; header names as they stand on the wire."""

    start: str
    headers: tuple[tuple[str, str], ...]
    body: str = ""

    @property
    def is_request(self) -> bool:
        """Otherwise a response."""
        return not self.start.startswith("SIP/2.0 ")

    @property
    def method(self) -> str:
        """Of the request, or of the one that is answered."""
        return self.start.split(" ")[0] if self.is_request else self.get("CSeq").split(" ")[-1]

    @property
    def uri(self) -> str:
        """Request-URI."""
        return self.start.split(" ")[1]

    @property
    def status(self) -> int:
        """Of a response."""
        return int(self.start[8:11])

    def get(self, name: str) -> str:
        """The first header of this name, or nothing."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> list[str]:
        """All headers of this name."""
        wanted = name.lower()
        return [
            value for key, value in self.headers if _COMPACT.get(key.lower(), key.lower()) == wanted
        ]

    @property
    def routes(self) -> list[str]:
        """Record-Route, one entry for each hop."""
        return re.findall("<[^>]*>", ",".join(self.all("Record-Route")))

    def encode(self) -> bytes:
        """As on the wire."""
        body = self.body.encode()
        lines = [self.start, *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def parse(data: bytes) -> Message:
    """Read a datagram; NotSip."""
    head, blank, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
    start, *lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
    if not blank or "SIP/2.0" not in start:
        raise NotSip
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise NotSip
        if name.strip().lower() not in ("content-length", "l"):
            headers.append((name.strip(), value.strip()))
    message = Message(start, tuple(headers), body)
    if not (message.get("Call-ID") and message.get("CSeq") and message.get("Via")):
        raise NotSip
    return message


def tag_of(value: str) -> str:
    """The tag of From or To."""
    found = re.search(r";\s*tag=([^;\s]+)", value)
    return found[1] if found else ""


def uri_of(value: str) -> str:
    """The URI of a header such as `"A" <sip:a@b>;tag=c`."""
    found = re.search(r"<([^>]*)>", value)
    return found[1] if found else value.partition(";")[0].strip()


def user_of(uri: str) -> str:
    """The part before the @; nothing if there is none."""
    found = _URI.search(uri)
    return (found[1] or "") if found else ""


def address_of(uri: str) -> Address:
    """Host and port; NotSip."""
    found = _URI.search(uri)
    if found is None:
        raise NotSip
    return found[2], int(found[3] or _DEFAULT_PORT)


def headers_in(uri: str) -> list[tuple[str, str]]:
    """Headers that a URI asks to be put into the call to it (RFC 3261, 19.1.1)."""
    _, _, query = uri.partition("?")
    pairs = (part.partition("=") for part in query.split("&") if part)
    return [(unquote(name), unquote(value)) for name, _, value in pairs]


def answer(request: Message, status: int, reason: str, tag: str = "") -> Message:
    """A response without a body; `tag` makes To a dialog's."""
    kept = {"via", "from", "call-id", "cseq", "record-route", "v", "f", "i"}
    headers = [(name, value) for name, value in request.headers if name.lower() in kept]
    to = request.get("To")
    headers.append(("To", f"{to};tag={tag}" if tag and not tag_of(to) else to))
    return Message(f"SIP/2.0 {status} {reason}", tuple(headers))


def with_body(message: Message, kind: str, body: str, more: Iterable[tuple[str, str]]) -> Message:
    """The same with further headers and a body."""
    headers = (*message.headers, *more, ("Content-Type", kind))
    return Message(message.start, headers, body)
