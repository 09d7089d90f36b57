"""What changed in a CRM that can tell people by when they changed, oldest change first."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from switchyard_crm.adapters.connectors.mapped import Mapper
from switchyard_crm.adapters.connectors.rest_api import RestApi
from switchyard_crm.adapters.connectors.rest_options import ChangesSince
from switchyard_crm.adapters.connectors.sweeping import (
    Row,
    Sweep,
    decode_position,
    encode_position,
)
from switchyard_crm.service.connectors import Changes, Invalid

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class PeopleSince:
    """The CRM's list of changes, as a sweep reads it."""

    def __init__(self, api: RestApi, mapper: Mapper, operation: ChangesSince) -> None:
        self._api = api
        self._mapper = mapper
        self._operation = operation
        self._tick = timedelta(seconds=operation.tick_seconds)

    async def since(self, start: datetime, limit: int) -> Sequence[Row]:
        """As `ChangeLog.since`."""
        rows: list[Row] = []
        async for page in self._api.pages(self._operation, self._asked(start, limit)):
            rows += [row for row in self._rows(page) if row.time >= start]
            if len(rows) >= limit:
                break
        _check_order(rows)
        return rows[:limit]

    async def within(
        self, start: datetime, end: datetime, after_id: str, limit: int
    ) -> Sequence[Row]:
        """As `ChangeLog.within`: reads the tick from its start, since few page by id."""
        rows: list[Row] = []
        async for page in self._api.pages(self._operation, self._asked(start, limit)):
            read = self._rows(page)
            rows += [row for row in read if start <= row.time < end and row.id > after_id]
            if any(row.time >= end for row in read):
                break
        return sorted(rows, key=lambda row: row.id)[:limit]

    def is_removed(self, row: Row) -> bool:
        """Whether the record was removed."""
        rule = self._operation.removed
        return rule is not None and rule.text(row.document) not in ("", "0", "false")

    def _asked(self, start: datetime, limit: int) -> Mapping[str, Any]:
        # A tick earlier, for CRMs that leave out what changed at that very moment.
        since = max(start - self._tick, _BEGINNING)
        milliseconds = (since - _BEGINNING) // timedelta(milliseconds=1)
        return {
            "since": since.isoformat().replace("+00:00", "Z"),
            "since_unix": milliseconds // 1000,
            "since_unix_ms": milliseconds,
            "limit": limit,
        }

    def _rows(self, page: Sequence[Any]) -> list[Row]:
        return [self._row(document) for document in page]

    def _row(self, document: Any) -> Row:
        fields = self._mapper.mapping.profile
        time = fields.observed.time(document) if fields.observed else None
        id_ = fields.source_id.text(document)
        if time is None or not id_:
            raise Invalid("answered a change without a readable profile.observed or source_id")
        return Row(time, id_, document)


class RestChanges:
    """Reads changes a page at a time."""

    def __init__(self, api: RestApi, mapper: Mapper, operation: ChangesSince) -> None:
        self._api = api
        self._mapper = mapper
        self._log = PeopleSince(api, mapper, operation)
        self._sweep = Sweep(timedelta(seconds=operation.tick_seconds), operation.overlap_seconds)

    async def page(self, cursor: str, limit: int, now: datetime) -> Changes:
        """As `Connector.changes`; `now` is the CRM's time. Raises Invalid for a bad cursor."""
        position, _ = decode_position(cursor)
        swept = await self._sweep.page(self._log, position, limit, now)
        removed = [row for row in swept.rows if self._log.is_removed(row)]
        gone = {row.id for row in removed}
        profiles = (self._mapper.profile(row.document) for row in swept.rows if row.id not in gone)
        return Changes(tuple(profiles), tuple(gone), encode_position(swept.position), swept.more)


def _check_order(rows: Sequence[Row]) -> None:
    times = [row.time for row in rows]
    if times != sorted(times):
        raise Invalid("answered changes that are not sorted by profile.observed, oldest first")
