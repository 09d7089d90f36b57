"""What changed in Tryton: parties, what belongs to them, and parties that are gone.

A party keeps its own time of change only, so its contacts and addresses are swept as well. A
deleted party leaves a line in `ir.model.log` that no longer tells which one it was: after such a
line all ids are gone through, and the gaps between them are reported as removed.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from switchyard_crm.adapters.connectors.sweeping import (
    Position,
    Row,
    Sweep,
    decode_position,
    encode_position,
)
from switchyard_crm.adapters.connectors.tryton_api import (
    Document,
    Domain,
    TrytonApi,
    moment,
    time_of,
)
from switchyard_crm.service.connectors import Invalid

PARTY = "party.party"
_TICK = timedelta(microseconds=1)
_STREAMS = ("parties", "contacts", "addresses", "deletions")
_GAPS = "gaps"


@dataclass(frozen=True, slots=True)
class Stream:
    """Records of one model in the order of their changes; `party` is the field that names whose."""

    api: TrytonApi
    model: str
    party: str
    field: str = "write_date"
    condition: tuple[Any, ...] = ()

    async def since(self, start: datetime, limit: int) -> Sequence[Row]:
        """Rows that changed at `start` or later, oldest change first."""
        domain = [[self.field, ">=", moment(start)]]
        return await self._rows(domain, ((self.field, "ASC"), ("id", "ASC")), limit)

    async def within(
        self, start: datetime, end: datetime, after_id: str, limit: int
    ) -> Sequence[Row]:
        """Rows that changed from `start` on and before `end`, by id, from after `after_id` on."""
        domain = [
            [self.field, ">=", moment(start)],
            [self.field, "<", moment(end)],
            ["id", ">", _integer(after_id or "0")],
        ]
        return await self._rows(domain, (("id", "ASC"),), limit)

    async def newest(self) -> datetime | None:
        """The time of the last change there is."""
        rows = await self._rows([[self.field, "!=", None]], ((self.field, "DESC"),), 1)
        return rows[0].time if rows else None

    async def _rows(
        self, domain: Domain, order: Sequence[tuple[str, str]], limit: int
    ) -> Sequence[Row]:
        fields = (self.field, self.party) if self.party else (self.field,)
        found = await self.api.search(
            self.model, [*self.condition, *domain], fields, limit=limit, order=order, inactive=True
        )
        return [self._row(document) for document in found]

    def _row(self, document: Document) -> Row:
        time = time_of(document, self.field)
        if time is None:
            raise Invalid("POST: answered a record without the time of its change")
        return Row(time, str(document["id"]), document.get(self.party) if self.party else None)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where each stream is, which is being read, and the last id that the search for gaps saw.

    `gone`: how many lines about deletions were seen in this round.
    """

    positions: tuple[Position, ...]
    reading: str = _STREAMS[0]
    gone: int = 0
    last_id: int = 0

    def encode(self) -> str:
        """As it is stored."""
        positions = [encode_position(position) for position in self.positions]
        return json.dumps([self.reading, self.gone, self.last_id, *positions])

    @classmethod
    def decode(cls, text: str, streams: int) -> "Cursor":
        """What `encode` wrote. Raises Invalid."""
        try:
            reading, gone, last_id, *positions = json.loads(text)
        except (ValueError, TypeError, RecursionError):
            raise Invalid("the cursor of changes cannot be read; start without one") from None
        if reading not in (*_STREAMS, _GAPS) or len(positions) != streams:
            raise Invalid("the cursor of changes cannot be read; start without one")
        decoded = tuple(decode_position(position)[0] for position in positions)
        return cls(decoded, reading, _integer(gone), _integer(last_id))


@dataclass(frozen=True, slots=True)
class TouchedParties:
    """A page: ids of parties that changed, of such that are gone, and where to go on."""

    changed: tuple[int, ...]
    gone: tuple[int, ...]
    cursor: Cursor
    more: bool


class ChangeReader:
    """Goes through all streams, one after the other, again and again."""

    def __init__(self, api: TrytonApi, overlap_seconds: float, deletions: bool) -> None:
        """`deletions`: also look for deleted parties, which takes an administrator's key."""
        self._api = api
        self._overlap = timedelta(seconds=overlap_seconds)
        self._sweep = Sweep(_TICK, overlap_seconds)
        log = Stream(
            api,
            "ir.model.log",
            "",
            "create_date",
            (["event", "=", "delete"], ["resource", "like", f"{PARTY},%"]),
        )
        streams = (
            Stream(api, PARTY, "id"),
            Stream(api, "party.contact_mechanism", "party"),
            Stream(api, "party.address", "party"),
            *((log,) if deletions else ()),
        )
        self._streams = dict(zip(_STREAMS, streams, strict=False))

    async def page(self, text: str, limit: int) -> TouchedParties:
        """The next parties that something happened to, at most `limit`. Raises ConnectorError."""
        cursor = await self._start() if not text else Cursor.decode(text, len(self._streams))
        while cursor.reading != _GAPS:
            page = await self._swept(cursor, limit)
            if page.changed or not page.more or page.cursor.reading == cursor.reading:
                return page
            cursor = page.cursor
        return await self._gaps(cursor, limit)

    async def _start(self) -> Cursor:
        """All parties from the beginning; what belongs to them only from now on.

        By the database's own clock, which may differ from the server's.
        """
        positions = [Position()]
        for stream in list(self._streams.values())[1:]:
            newest = await stream.newest()
            positions.append(Position(newest - self._overlap) if newest else Position())
        return Cursor(tuple(positions))

    async def _swept(self, cursor: Cursor, limit: int) -> TouchedParties:
        names = list(self._streams)
        place = names.index(cursor.reading)
        stream = self._streams[cursor.reading]
        start = cursor.positions[place]
        # Only the first page of a sweep needs the time.
        now = start.rest or await self._api.time()
        swept = await self._sweep.page(stream, start, limit, now)
        positions = list(cursor.positions)
        positions[place] = swept.position
        gone = cursor.gone + (len(swept.rows) if cursor.reading == _STREAMS[-1] else 0)
        after = replace(cursor, positions=tuple(positions), gone=gone)
        touched = tuple(dict.fromkeys(row.document for row in swept.rows if row.document))
        if swept.more:
            return TouchedParties(touched, (), after, more=True)
        if place + 1 < len(names):
            return TouchedParties(touched, (), replace(after, reading=names[place + 1]), more=True)
        reading = _GAPS if gone else names[0]
        ended = replace(after, reading=reading, last_id=0)
        return TouchedParties(touched, (), ended, more=gone > 0)

    async def _gaps(self, cursor: Cursor, limit: int) -> TouchedParties:
        rows = await self._api.search(
            PARTY,
            [["id", ">", cursor.last_id]],
            ("id",),
            limit=limit,
            order=(("id", "ASC"),),
            inactive=True,
        )
        known = {row["id"]: None for row in rows}
        last = max(known, default=cursor.last_id)
        full = len(known) == limit
        # The newest may be gone as well, as many as lines about deletions were seen.
        end = last if full else last + cursor.gone
        missing = (one for one in range(cursor.last_id + 1, end + 1) if one not in known)
        gone = tuple(islice(missing, limit))
        more = next(missing, None) is not None
        if more or full:
            beyond = sum(one > last for one in gone)
            after = replace(cursor, last_id=gone[-1] if more else last, gone=cursor.gone - beyond)
            return TouchedParties((), gone, after, more=True)
        first = next(iter(self._streams))
        ended = replace(cursor, reading=first, gone=0, last_id=0)
        return TouchedParties((), gone, ended, more=False)


def _integer(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        raise Invalid("the cursor of changes cannot be read; start without one") from None
