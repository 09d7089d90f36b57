"""What the telephone and an engine's process say to each other: messages on two pipes.

A message is its length in bytes (32 bit, little-endian) and its content. The engine's first one is
empty once it can work, else it says why it cannot. Then each question gets one answer, in order.
"""

import struct
import sys
from collections.abc import Callable
from typing import BinaryIO

HEAD = struct.Struct("<I")
MOST_BYTES = 8 * 1024 * 1024
"""Longer messages are refused: something else speaks."""


class BadMessage(ValueError):
    """Not what an engine says."""


def packed(content: bytes) -> bytes:
    """A message. BadMessage if it is too long."""
    if len(content) > MOST_BYTES:
        raise BadMessage("message too long")
    return HEAD.pack(len(content)) + content


def size_of(head: bytes) -> int:
    """How long the content is that follows. BadMessage."""
    (size,) = HEAD.unpack(head)
    if size > MOST_BYTES:
        raise BadMessage("message too long")
    return int(size)


def read(source: BinaryIO) -> bytes | None:
    """The next message; None at the end, even in the middle of a message. BadMessage."""
    head = source.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    size = size_of(head)
    content = source.read(size)
    return content if len(content) == size else None


def serve(load: Callable[[], Callable[[bytes], bytes]]) -> None:
    """The engine's side: load the model, then answer until the telephone closes the pipe.

    Whatever libraries print goes to stderr: it must not get between the messages.
    """
    answers = sys.stdout.buffer
    sys.stdout = sys.stderr
    try:
        answer = load()
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        _say(answers, f"{type(error).__name__}: {error}".encode())
        return
    _say(answers, b"")
    while (question := read(sys.stdin.buffer)) is not None:
        _say(answers, answer(question))


def _say(target: BinaryIO, content: bytes) -> None:
    target.write(packed(content))
    target.flush()
