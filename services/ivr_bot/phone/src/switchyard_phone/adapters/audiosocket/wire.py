"""AudioSocket's messages: kind (1 byte), length (2 bytes, big-endian), payload.

As Asterisk's res_audiosocket speaks it: 16-bit linear, 8 kHz, one channel, little-endian.
"""

import asyncio
from enum import IntEnum

_HEAD_BYTES = 3


class Kind(IntEnum):
    """What a message is."""

    HANGUP = 0x00
    UUID = 0x01
    DIGIT = 0x03
    SOUND = 0x10
    ERROR = 0xFF


def encode(kind: Kind, payload: bytes = b"") -> bytes:
    """A message as on the wire."""
    return bytes((kind,)) + len(payload).to_bytes(2) + payload


async def read(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The next message; kinds of newer versions are left to the caller.

    Raises asyncio.IncompleteReadError at the end of the stream, OSError when it breaks.
    """
    head = await reader.readexactly(_HEAD_BYTES)
    return head[0], await reader.readexactly(int.from_bytes(head[1:]))
