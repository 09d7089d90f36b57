"""Structured logs: JSON lines with personal data taken out.

Personal data (numbers, names, transcripts, keyed digits, CRM fields) is logged only under keys
that start with `pii_`, and those are redacted unless the operator asks otherwise. Of exceptions
the kind and the place are logged, not what they say.
"""

import dataclasses
import hashlib
import hmac
import logging
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from switchyard_common.log_exceptions import exceptions_without_words
from switchyard_common.request_id import add_request_id

PII_PREFIX = "pii_"
REDACTED = "[redacted]"
_PSEUDONYM_CHARS = 16
# Request paths may carry personal data; uvicorn.error tells the address of who opens a websocket.
_QUIET_LOGGERS = ("uvicorn.access", "uvicorn.error", "asyncio")


def configure_logging(
    service: str, level: str = "info", stream: TextIO | None = None, reveal_pii: bool = False
) -> None:
    """Send structlog's and the standard library's logs to `stream` (default stdout) as JSON lines.

    `level` is a standard level name; `reveal_pii` shows values under `pii_` keys and what
    exceptions say, and is for a developer's own machine only. Call once, from `main`.
    """
    output = stream if stream is not None else sys.stdout
    threshold = logging.getLevelNamesMapping()[level.upper()]
    shared = _shared_processors(service)
    final: list[Processor] = [structlog.processors.format_exc_info]
    if not reveal_pii:
        final = [exceptions_without_words, redact_pii]
    final.append(structlog.processors.JSONRenderer(serializer=_to_json))
    structlog.configure(
        processors=[*shared, *final],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(file=output),
        # Cached loggers follow no later call; a process makes one, tests make many.
        cache_logger_on_first_use=stream is None,
    )
    _route_standard_library(output, threshold, shared, final)


def _shared_processors(service: str) -> list[Processor]:
    def name_service(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return [
        structlog.contextvars.merge_contextvars,
        add_request_id,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_service,
    ]


def _route_standard_library(
    output: TextIO, threshold: int, shared: list[Processor], final: list[Processor]
) -> None:
    handler = logging.StreamHandler(output)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name, _first_line_of_asyncio],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(threshold)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name in _QUIET_LOGGERS:
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))


def _first_line_of_asyncio(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """asyncio shows the task that failed in further lines, and in it what the exception says."""
    if event.get("logger") == "asyncio":
        event["event"] = str(event["event"]).partition("\n")[0]
    return event


def redact_pii(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """structlog processor: values under `pii_` keys become `[redacted]`, however deep they lie."""
    return {key: _redacted(key, value) for key, value in event.items()}


def _redacted(key: object, value: object) -> object:
    if isinstance(key, str) and key.startswith(PII_PREFIX):
        return REDACTED
    if isinstance(value, str | int | float | None):
        return value
    if isinstance(value, Mapping):
        return {inner: _redacted(inner, item) for inner, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(None, item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {f.name: _redacted(f.name, getattr(value, f.name)) for f in fields}
    return value


def _to_json(event: MutableMapping[str, Any], **_: object) -> str:
    options = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z
    return orjson.dumps(event, default=_plain, option=options).decode()


def _plain(value: object) -> str:
    """What JSON has no form for: its type only, since its text could hold personal data."""
    return str(value) if isinstance(value, Path) else f"<{type(value).__qualname__}>"


def bind_contact(contact_id: str) -> None:
    """Put `contact` on every line that this task, and tasks it starts from now on, will log."""
    structlog.contextvars.bind_contextvars(contact=contact_id)


@contextmanager
def contact_scope(contact_id: str) -> Iterator[None]:
    """`bind_contact` for the length of a block; for a task that serves many contacts."""
    with structlog.contextvars.bound_contextvars(contact=contact_id):
        yield


def pseudonym(key: bytes, value: str) -> str:
    """16 hex digits that stand for a personal value: the same for the same key and value.

    HMAC-SHA256, cut; without the key it can be neither reversed nor tried out. ValueError if the
    key is empty.
    """
    if not key:
        raise ValueError("a pseudonym needs a secret key: an unkeyed hash of a number is guessed")
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:_PSEUDONYM_CHARS]
