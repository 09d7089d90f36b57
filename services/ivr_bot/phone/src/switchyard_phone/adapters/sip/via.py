"""The way back: Via headers (RFC 3261, 18.2; RFC 3581)."""

import hashlib

from switchyard_phone.adapters.sip.message import DEFAULT_PORT, Message, NotSip, parameters

_COOKIE = "z9hG4bK"
type Address = tuple[str, int]


def note_source(message: Message, source: Address) -> None:
    """Write into a request's top Via where it really came from, for its response."""
    via = message.get("Via")
    known = parameters(via)
    parts = [part for part in via.split(";") if _name(part) not in ("received", "rport")]
    parts.append(f"received={source[0]}")
    if "rport" in known:
        parts.append(f"rport={source[1]}")
    message.set("Via", ";".join(parts))


def add(message: Message, here: Address) -> None:
    """Put this hop on top of a request.

    The branch follows from the one below it, so that what is sent again, and CANCEL and ACK,
    get the same one though nothing is remembered (RFC 3261, 16.11).
    """
    below = message.get("Via")
    branch = parameters(below).get("branch", "")
    if not branch.startswith(_COOKIE):
        branch = f"{message.get('Call-ID')}{message.get('CSeq').split(' ')[0]}{message.uri}"
    digest = hashlib.blake2b(f"{below.split(';')[0]}{branch}".encode(), digest_size=12)
    message.push("Via", f"SIP/2.0/UDP {here[0]}:{here[1]};branch={_COOKIE}{digest.hexdigest()}")


def next_of(message: Message) -> Address:
    """Where a response goes, by its top Via; raises NotSip."""
    via = message.get("Via")
    head, _, _ = via.partition(";")
    known = parameters(via)
    host, port = _sent_by(head)
    given = known.get("rport", "")
    return known.get("received") or host, int(given) if given.isdigit() else port


def is_from(message: Message, here: Address) -> bool:
    """Whether the top Via of a response is this hop's."""
    try:
        return _sent_by(message.get("Via").partition(";")[0]) == here
    except NotSip:
        return False


def _sent_by(head: str) -> Address:
    words = head.split()
    if len(words) != 2:
        raise NotSip
    host, colon, port = words[1].rpartition(":")
    if not colon:
        return words[1], DEFAULT_PORT
    if not port.isdigit():
        raise NotSip
    return host, int(port)


def _name(part: str) -> str:
    return part.partition("=")[0].strip().lower()
