"""Which addresses a process connects to when a setting names a server elsewhere.

A name is resolved once, its addresses are judged, and it is one of these that is connected to: a
name that leads elsewhere the second time (DNS rebinding) gains nothing. An address of this machine
has to be written as such in the setting; a name that turns out to be one is refused.
"""

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

# What clouds tell machines about themselves, credentials included; the others are link-local.
_METADATA = frozenset({ip_address("100.100.100.200"), ip_address("fd00:ec2::254")})


class ForbiddenDestination(OSError):
    """Nothing is connected to there: the text says why, and names no address."""


async def resolved(host: str, port: int) -> Sequence[str]:
    """The addresses to connect to, IPv4 first. ForbiddenDestination if none may be; OSError."""
    written = _address(host)
    if written is not None:
        _refuse_if(is_forbidden(written))
        return (host,)
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    texts = dict.fromkeys(str(where[0]) for *_, where in sorted(found, key=lambda info: info[0]))
    own = host == "localhost" or host.endswith(".localhost")
    allowed = [text for text in texts if _may(text, own=own)]
    _refuse_if(not allowed)
    return allowed


def is_forbidden(address: IPv4Address | IPv6Address) -> bool:
    """Whether no setting may lead there: link-local, clouds' metadata, multicast, nowhere."""
    plain = _unmapped(address)
    return plain.is_link_local or plain.is_multicast or plain.is_unspecified or plain in _METADATA


def _may(text: str, *, own: bool) -> bool:
    address = _address(text)
    if address is None or is_forbidden(address):
        return False
    return own or not _unmapped(address).is_loopback


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None


def _unmapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _refuse_if(forbidden: bool) -> None:
    if forbidden:
        raise ForbiddenDestination(
            "the address leads to this machine, to link-local or to a cloud's metadata; if this "
            "machine is meant, write 127.0.0.1 or localhost"
        )
