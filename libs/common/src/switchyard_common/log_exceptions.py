"""Exceptions in logs: of what kind and where, without what they say.

The text of an exception may hold what somebody typed (`ValueError: invalid literal for int(): …`),
and so may the values that a traceback can show. Frames and lines of code hold neither.
"""

import os
import sys
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Protocol, runtime_checkable

import grpc
from structlog.typing import EventDict, WrappedLogger

from switchyard_common.errors import StartError

_SAYS_NOTHING_PERSONAL: tuple[type[BaseException], ...] = (
    StartError,  # about settings and ports
    ImportError,
    NotImplementedError,
    RecursionError,
)
_MOST_FRAMES = 40
_MOST_LINKED = 8
_BECAUSE = "\nThe above exception was the direct cause of the following exception:\n"
_MEANWHILE = "\nDuring handling of the above exception, another exception occurred:\n"


@runtime_checkable
class _HasCode(Protocol):
    def code(self) -> grpc.StatusCode: ...


def exceptions_without_words(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """structlog processor: `exc_info` becomes `exception`, a traceback without messages."""
    error = _raised(event.pop("exc_info", None))
    if error is not None:
        event["exception"] = described(error)
    return event


def described(error: BaseException) -> str:
    """Kind and place of an exception and of those that led to it, the last one last."""
    parts: list[str] = []
    for link, one in reversed(list(_chain(error))):
        parts.append("".join(_lines(one)).rstrip())
        parts.append(link)
    return "\n".join(part for part in parts if part)


def _raised(given: object) -> BaseException | None:
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return next((one for one in given if isinstance(one, BaseException)), None)
    return sys.exception() if given else None


def _chain(error: BaseException) -> Iterator[tuple[str, BaseException]]:
    """The exception and what led to it, each with how it led to the one before."""
    link, current = "", error
    for _ in range(_MOST_LINKED):
        yield link, current
        if current.__cause__ is not None:
            link, current = _BECAUSE, current.__cause__
        elif current.__context__ is not None and not current.__suppress_context__:
            link, current = _MEANWHILE, current.__context__
        else:
            return


def _lines(error: BaseException) -> Iterator[str]:
    if error.__traceback__ is not None:
        yield "Traceback (most recent call last):\n"
        yield from _frames(error.__traceback__)
    yield f"{_kind(error)}{_said(error)}\n"
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions[:_MOST_LINKED]:
            yield from (f"  | {line}" for line in described(inner).splitlines(keepends=True))
            yield "\n"


def _frames(trace: TracebackType) -> list[str]:
    # A negative limit keeps the frames next to the place where it was raised.
    return traceback.format_list(traceback.extract_tb(trace, limit=-_MOST_FRAMES))


def _kind(error: BaseException) -> str:
    kind = type(error)
    prefix = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return prefix + kind.__qualname__


def _said(error: BaseException) -> str:
    if isinstance(error, _SAYS_NOTHING_PERSONAL):
        return f": {error}"
    if isinstance(error, OSError) and error.errno is not None:
        return f": [Errno {error.errno}] {os.strerror(error.errno)}"  # not the file's name
    if isinstance(error, grpc.RpcError) and isinstance(error, _HasCode):
        return f": {error.code().name}"  # not the details, which may repeat what was asked
    return ""
