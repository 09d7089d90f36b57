"""The gateway's event stream, read by somebody who wants to know what happened."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import orjson
from redis.asyncio import Redis

from switchyard_gateway.adapters.redis.codec import RawEntry
from switchyard_gateway.adapters.redis.keys import EVENTS

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Reported:
    """One event as stored; `data` has the field names of switchyard/events/v1/bot.proto."""

    id: str
    type: str
    data: Mapping[str, Any]


async def reported(redis: Redis, since: datetime, until: datetime) -> AsyncIterator[Reported]:
    """Events from `since` to `until` as far as the stream still has them, oldest first.

    Raises what the connection raises; `redis` decodes its answers.
    """
    first, last = str(_milliseconds(since)), str(_milliseconds(until))
    while answer := await redis.xrange(EVENTS, first, last, count=_PAGE):
        page = cast("list[RawEntry]", answer)  # the client decodes, its types do not know
        for event_id, fields in page:
            yield Reported(event_id, fields["type"], orjson.loads(fields["data"]))
        first = f"({page[-1][0]}"


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
