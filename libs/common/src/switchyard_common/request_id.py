"""The id that a request keeps through all processes: in gRPC metadata and on each log line."""

import os
from collections.abc import Iterable
from contextvars import ContextVar

from structlog.typing import EventDict, WrappedLogger

_METADATA_KEY = "x-request-id"
_MAX_CHARS = 64
_current: ContextVar[str] = ContextVar("request_id")


def adopt(metadata: Iterable[tuple[str, str | bytes]]) -> None:
    """Make a caller's request id this task's, or a new one if the caller sent none."""
    for key, value in metadata:
        if key == _METADATA_KEY:
            _current.set(str(value)[:_MAX_CHARS])
            return
    _current.set(os.urandom(8).hex())


def outgoing_metadata() -> tuple[tuple[str, str], ...]:
    """Metadata that hands the request id on with an outgoing call; empty outside of a request."""
    request_id = _current.get(None)
    return () if request_id is None else ((_METADATA_KEY, request_id),)


def add_request_id(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """structlog processor: `request_id` on each line that is logged while serving a request."""
    request_id = _current.get(None)
    if request_id is not None:
        event.setdefault("request_id", request_id)
    return event
