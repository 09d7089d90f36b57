"""A fence round the stack's socket: the kernel drops what the door did not send.

A classic BPF program on the socket itself (Linux, socket(7), SO_ATTACH_FILTER); it needs no rights.
"""

import ctypes
import os
import socket
import struct
from contextlib import suppress
from ipaddress import IPv4Address
from pathlib import Path

from switchyard_common.errors import StartError

from switchyard_phone.adapters.sip.via import Address

_SO_ATTACH_FILTER = 26
_LOAD_WORD, _LOAD_HALF, _EQUAL, _RETURN = 0x20, 0x28, 0x15, 0x06
_NETWORK_HEADER = 0xFFF0_0000  # SKF_NET_OFF: offsets count from the IP header
_SOURCE_ADDRESS = 12
_SOURCE_PORT = 0  # without that offset, they count from the UDP header
_ALL, _NOTHING = 0xFFFF_FFFF, 0


def let_in_only(source: Address, at: Address) -> None:
    """Let this process's UDP socket at one address hear one other alone. Raises StartError."""
    with _socket_at(at) as guarded:
        program = _program(source)
        code = ctypes.create_string_buffer(program)
        head = struct.pack("HP", len(program) // 8, ctypes.addressof(code))
        guarded.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, head)


def _program(source: Address) -> bytes:
    """(code, jump if equal, jump if not, operand) of each step."""
    steps = (
        (_LOAD_WORD, 0, 0, _NETWORK_HEADER + _SOURCE_ADDRESS),
        (_EQUAL, 0, 3, int(IPv4Address(source[0]))),
        (_LOAD_HALF, 0, 0, _SOURCE_PORT),
        (_EQUAL, 0, 1, source[1]),
        (_RETURN, 0, 0, _ALL),
        (_RETURN, 0, 0, _NOTHING),
    )
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def _socket_at(address: Address) -> socket.socket:
    """A second handle on the socket that the stack has opened here."""
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # closed meanwhile, or no socket
            found = _handle_on(int(entry.name))
            if found.type == socket.SOCK_DGRAM and found.getsockname() == address:
                return found
            found.close()
    raise StartError("the SIP stack does not listen where it was told to; nothing is let in")


def _handle_on(number: int) -> socket.socket:
    """A second handle on an open file; OSError if it is no socket, and nothing stays open."""
    copy = os.dup(number)
    try:
        return socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        raise
