"""JSON log lines in the shape of the other services, without customers' text.

Rasa logs messages, slots and entities under well-known keys, mostly at debug level; ``redact``
takes them out at every level. Its other lines are sentences, some of which quote what a service
answered: numbers and addresses are taken out of them, and of exceptions only types and places are
told. Unstructured debug lines can still hold words: level debug is for a developer's own machine.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator
from typing import Any

import structlog
from structlog.typing import EventDict, ExcInfo

# Keys under which Rasa 3.6 logs what a customer said or what was made of it.
PERSONAL_KEYS = frozenset(
    {
        "current_entity",
        "current_states",
        "entity",
        "json_message",
        "message",
        "next_entity",
        "old_states",
        "parse_data_entities",
        "parse_data_text",
        "prediction_events",
        "prefilled_slots",
        "rasa_event",
        "rasa_events",
        "response",
        "response_text",
        "slot_candidates",
        "slot_values",
        "states",
        "successes",
        "text",
        "token_text",
        "tracker_latest_message",
        "tracker_states",
        "user_message",
        "user_text",
    }
)
REDACTED = "[redacted]"
_NUMBER = re.compile(r"[\w.+\-]+@[\w\-]+\.[\w.\-]+|\+?\d(?:[ \-]?\d){5,}")
"""E-mail addresses, and runs of digits as long as a customer's numbers; ports are shorter."""
_NOISY = ("apscheduler", "asyncio", "matplotlib", "sanic.access", "urllib3")
_WARNINGS = "py.warnings"


def configure(level: str) -> None:
    """Sends structlog's and the standard library's logs to stdout; call once, from the script."""
    threshold = logging.getLevelName(level.upper())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _name_service,
    ]
    final: list[Any] = [_ERRORS, redact, _to_json]
    structlog.configure(
        processors=[*shared, *final],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name, without_numbers],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(threshold)
    # Rasa's dependencies warn about each other at every start; nobody here can mend that.
    logging.captureWarnings(True)
    logging.getLogger(_WARNINGS).setLevel(logging.ERROR)
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))


def redact(_: object, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """structlog processor: what may be a customer's words becomes ``[redacted]``."""
    return {key: REDACTED if _is_personal(key) else value for key, value in event.items()}


def without_numbers(_: object, __: str, event: EventDict) -> EventDict:
    """structlog processor for lines of others: no number or address of a customer stays in them."""
    return {**event, "event": _NUMBER.sub(REDACTED, str(event.get("event", "")))}


def told_without_words(exc_info: ExcInfo) -> str:
    """An exception, and what led to it: types and places, but no messages, which quote values."""
    parts = []
    for error in _chain(exc_info[1]):
        parts += [*traceback.format_tb(error.__traceback__), f"{type(error).__name__}\n"]
    return "".join(parts).rstrip()


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The exception, then what led to it, each once."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


_ERRORS = structlog.processors.ExceptionRenderer(told_without_words)


def _is_personal(key: str) -> bool:
    return key in PERSONAL_KEYS or key.startswith("pii_")


def _name_service(_: object, __: str, event: dict[str, Any]) -> dict[str, Any]:
    event["service"] = "bot"
    return event


def _to_json(_: object, __: str, event: dict[str, Any]) -> str:
    return json.dumps(event, ensure_ascii=False, default=lambda value: f"<{type(value).__name__}>")
