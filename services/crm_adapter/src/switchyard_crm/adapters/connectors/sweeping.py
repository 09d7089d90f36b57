"""Reads all that changed in a CRM, by the time of each record's last change, and loses nothing.

Such a time alone is a bad cursor, for three reasons that every CRM here shares:

- Many records have the same one: an import or a mass update stamps thousands within one tick, so
  that a page ends in the middle of them. A tick that fills a page is therefore read by id.
- It is coarser outside than inside (Odoo answers whole seconds and compares microseconds), so that
  "later than the last one" comes back with the last one for ever. Ticks are what can be told apart
  from outside; a page ends between two of them.
- What was changed before may become visible later: a transaction commits, a search index follows.
  The last `overlap_seconds` are read again on the next sweep. What is read twice is stored once.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from switchyard_crm.service.connectors import Invalid

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Row:
    """A record as the CRM answered it: when it changed last, and its id."""

    time: datetime
    id: str
    document: Any


class ChangeLog(Protocol):
    """What a CRM has to answer, at most `limit` rows of it, in this order."""

    async def since(self, start: datetime, limit: int) -> Sequence[Row]:
        """Rows that changed at `start` or later, oldest change first."""
        ...

    async def within(
        self, start: datetime, end: datetime, after_id: str, limit: int
    ) -> Sequence[Row]:
        """Rows that changed from `start` on and before `end`, by id, from after `after_id` on."""
        ...


@dataclass(frozen=True, slots=True)
class Position:
    """How far a sweep is: changes before `time` are read, of that tick ids up to `after_id`.

    `rest` is set between the pages of one sweep: the latest moment at which the next may begin.
    """

    time: datetime = _BEGINNING
    after_id: str = ""
    rest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Swept:
    """A page of a sweep, where the next one starts, and whether there is more now."""

    rows: tuple[Row, ...]
    position: Position
    more: bool


@dataclass(frozen=True, slots=True)
class Sweep:
    """How one CRM is swept: the ticks of its times, and how much is read again at the end."""

    tick: timedelta
    overlap_seconds: float

    async def page(self, log: ChangeLog, start: Position, limit: int, now: datetime) -> Swept:
        """The next rows from `start` on; `now` is the CRM's time, or no later than it."""
        # What is visible is judged by the moment at which the sweep began: its first pages were
        # read then, however long the others take.
        rest = start.rest or max(start.time, self._floor(now - self._overlap))
        if start.after_id:
            return await self._tick(log, start, rest, limit)
        rows = await log.since(start.time, limit)
        if len(rows) < limit:
            seen = self._floor(rows[-1].time) + self.tick if rows else start.time
            return Swept(tuple(rows), Position(min(seen, rest)), more=False)
        last = self._floor(rows[-1].time)
        whole = tuple(row for row in rows if self._floor(row.time) < last)
        if whole:
            return Swept(whole, Position(last, rest=rest), more=True)
        return await self._tick(log, Position(last), rest, limit)

    async def _tick(self, log: ChangeLog, start: Position, rest: datetime, limit: int) -> Swept:
        end = start.time + self.tick
        rows = await log.within(start.time, end, start.after_id, limit)
        full = len(rows) >= limit
        after = Position(start.time, rows[-1].id, rest) if full else Position(end, rest=rest)
        return Swept(tuple(rows), after, more=True)

    @property
    def _overlap(self) -> timedelta:
        return timedelta(seconds=self.overlap_seconds)

    def _floor(self, time: datetime) -> datetime:
        return time - (time - _BEGINNING) % self.tick


def encode_position(position: Position, **more: str) -> str:
    """A cursor that may be stored for years; `more` holds what else a connector has to keep."""
    rest = position.rest.isoformat() if position.rest else ""
    kept = {"id": position.after_id, "rest": rest, **more}
    return json.dumps(
        {"time": position.time.isoformat(), **{name: text for name, text in kept.items() if text}}
    )


def decode_position(cursor: str) -> tuple[Position, dict[str, str]]:
    """What `encode_position` wrote; the beginning for an empty cursor. Raises Invalid."""
    if not cursor:
        return Position(), {}
    try:
        kept = {str(name): str(text) for name, text in json.loads(cursor).items()}
        time = datetime.fromisoformat(kept.pop("time")).astimezone(UTC)
        rest = kept.pop("rest", "")
        until = datetime.fromisoformat(rest).astimezone(UTC) if rest else None
        return Position(time, kept.pop("id", ""), until), kept
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError):
        raise Invalid("the cursor of changes cannot be read; start again without one") from None
