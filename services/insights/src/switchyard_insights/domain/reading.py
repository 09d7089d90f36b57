"""From the raw fields of a log's entry to an event."""

from collections.abc import Mapping

import orjson
from switchyard_history.positions import position_of

from switchyard_insights.domain.events import BadEvent, LoggedEvent


def event_of(entry_id: str, fields: Mapping[bytes, bytes]) -> LoggedEvent:
    """The event in an entry. Raises BadEvent."""
    try:
        data = orjson.loads(fields[b"data"])
        event = LoggedEvent(
            position=position_of(entry_id),
            type=fields[b"type"].decode(),
            subject=fields[b"subject"].decode(),
            time_ms=int(fields[b"time"]),
            data=data,
        )
    except KeyError as error:
        raise BadEvent(f"{error.args[0].decode()} is missing") from error
    except UnicodeDecodeError as error:
        raise BadEvent("type or subject is not UTF-8") from error
    except orjson.JSONDecodeError as error:
        raise BadEvent("data is not JSON") from error
    except ValueError as error:
        raise BadEvent("time is not a whole number") from error
    if not isinstance(data, dict):
        raise BadEvent("data is not a JSON object")
    return event
