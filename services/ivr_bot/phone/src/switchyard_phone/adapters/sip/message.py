"""SIP messages (RFC 3261) as far as a door must read and change them."""

import re
from dataclasses import dataclass

_COMPACT = {
    "b": "Referred-By",
    "c": "Content-Type",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
}
_LISTS = frozenset({"via", "route", "record-route"})
_ITEMS = re.compile(r'(?:"(?:\\.|[^"\\])*"|<[^>]*>|[^,"<])+')
_PARAMETER = re.compile(r';\s*([^\s;=,"]+)(?:\s*=\s*("(?:\\.|[^"\\])*"|[^;,\s]*))?')
_URI = re.compile(r"<([^>]*)>")
_PARTS = re.compile(
    r"(?:sips?|tel):(?:(?P<user>[^@?>]*)@)?(?P<host>\[[^\]]+\]|[^:;?>@]*)(?::(?P<port>\d+))?",
    re.IGNORECASE,
)
_VIA = re.compile(r"SIP\s*/\s*2\.0\s*/\s*\w+\s+[^\s;:]+(?::\d{1,5})?\s*(?:;|$)")
_CSEQ = re.compile(r"\d{1,10}\s+(\w+)")
_LARGEST = 65_535
DEFAULT_PORT = 5060


class NotSip(ValueError):
    """These bytes are no SIP message."""


@dataclass(slots=True)
class Message:
    """A request or a response. Header names are as on the wire; looked up in any case."""

    start: str
    headers: list[tuple[str, str]]
    body: bytes = b""

    @property
    def is_request(self) -> bool:
        """Otherwise it is a response."""
        return not self.start.startswith("SIP/2.0 ")

    @property
    def method(self) -> str:
        """Of a request, or of the request that a response answers."""
        if self.is_request:
            return self.start.split(" ", 1)[0]
        return self.get("CSeq").rpartition(" ")[2]

    @property
    def uri(self) -> str:
        """Request-URI."""
        return self.start.split(" ")[1]

    @property
    def status(self) -> int:
        """Of a response."""
        return int(self.start[8:11])

    def get(self, name: str) -> str:
        """The first header of this name; empty when there is none."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")

    def set(self, name: str, value: str) -> None:
        """Replace the first header of this name, or add one."""
        at = self._find(name)
        if at is None:
            self.headers.append((name, value))
        else:
            self.headers[at] = (self.headers[at][0], value)

    def push(self, name: str, value: str) -> None:
        """Add a header before all others of its name."""
        at = self._find(name)
        self.headers.insert(0 if at is None else at, (name, value))

    def pop(self, name: str) -> str:
        """Take the first header of this name away; empty when there is none."""
        at = self._find(name)
        return "" if at is None else self.headers.pop(at)[1]

    def tag(self, name: str) -> str:
        """The tag of From or To."""
        value = self.get(name)
        return parameters(value.rpartition(">")[2] if ">" in value else value).get("tag", "")

    def encode(self) -> bytes:
        """As on the wire, with the right Content-Length."""
        self.set("Content-Length", str(len(self.body)))
        lines = [self.start, *(f"{name}: {value}" for name, value in self.headers), "", ""]
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + self.body

    def _find(self, name: str) -> int | None:
        wanted = name.lower()
        return next((i for i, (key, _) in enumerate(self.headers) if key.lower() == wanted), None)


def parse(data: bytes) -> Message:
    """Read a datagram; raises NotSip."""
    head, blank, body = data.partition(b"\r\n\r\n")
    if not blank or len(data) > _LARGEST:
        raise NotSip
    text = re.sub(r"\r\n[ \t]+", " ", head.decode("utf-8", "surrogateescape").lstrip("\r\n"))
    start, *lines = text.split("\r\n")
    message = Message(start, [header for line in lines for header in _headers(line)])
    _check(message)
    length = message.get("Content-Length")
    message.body = body[: int(length)] if length.isascii() and length.isdigit() else body
    return message


def parameters(value: str) -> dict[str, str]:
    """`;name=value` parameters, names in lower case."""
    return {name.lower(): text.strip('"') for name, text in _PARAMETER.findall(value)}


def uri_of(value: str) -> str:
    """The URI of a name-addr such as `"A" <sip:a@b>;tag=c`."""
    found = _URI.search(value)
    return found[1] if found else value.partition(";")[0].strip()


def user_of(value: str) -> str:
    """The user or number of a URI or name-addr, without parameters; empty when there is none."""
    uri = uri_of(value)
    if uri.lower().startswith("tel:"):
        return uri[4:].partition(";")[0]
    parts = _PARTS.match(uri)
    return re.split("[:;]", parts["user"] or "")[0] if parts else ""


def address_of(uri: str) -> tuple[str, int]:
    """Host and port that a URI leads to; raises NotSip."""
    parts = _PARTS.match(uri_of(uri))
    if parts is None or not parts["host"]:
        raise NotSip
    host = parameters(uri).get("maddr") or parts["host"].strip("[]")
    return host, int(parts["port"] or DEFAULT_PORT)


def _headers(line: str) -> list[tuple[str, str]]:
    name, colon, value = line.partition(":")
    name, value = name.strip(), value.strip()
    if not colon or not name:
        raise NotSip
    name = _COMPACT.get(name.lower(), name)
    if name.lower() not in _LISTS:
        return [(name, value)]
    return [(name, item.strip()) for item in _ITEMS.findall(value)]


def _check(message: Message) -> None:
    start = message.start.split(" ")
    if message.is_request:
        right = len(start) == 3 and start[2] == "SIP/2.0"
    else:
        right = len(start) >= 2 and re.fullmatch("[1-6][0-9][0-9]", start[1]) is not None
    cseq = _CSEQ.fullmatch(message.get("CSeq"))
    if not right or cseq is None or not _VIA.match(message.get("Via")):
        raise NotSip
    if not all(message.get(name) for name in ("Call-ID", "From", "To")):
        raise NotSip
    if message.is_request and message.method != cseq[1]:
        raise NotSip
