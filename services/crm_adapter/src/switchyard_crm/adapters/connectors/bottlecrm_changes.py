"""What changed in BottleCRM, which has no list of that.

Two sources stand in. The activity log tells what people did to contacts, but shows only its last 50
entries and nothing of imports and background jobs: one request, and one for each contact in it. The
list of contacts tells when each changed, but can be neither filtered nor sorted by that, so that a
sweep reads all of it: one request per 200 contacts. So the log is read every time, and the list
when the log no longer reaches back to the last time, and every `sweep_seconds`.

Removals stand in the log alone: of more than 50 changes between two looks, some removals are only
noticed when somebody asks for the contact.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from switchyard_common.clock import Clock

from switchyard_crm.adapters.connectors.bottlecrm_api import (
    BottleApi,
    Document,
    checked_id,
    document,
    documents,
    person,
)
from switchyard_crm.adapters.connectors.bottlecrm_cursor import Phase, Position
from switchyard_crm.adapters.connectors.bottlecrm_sweep import ContactSweep, time_of
from switchyard_crm.adapters.connectors.http import Answer
from switchyard_crm.adapters.connectors.mapped import Mapper
from switchyard_crm.adapters.connectors.refusals import http_date
from switchyard_crm.domain.records import Profile
from switchyard_crm.service.connectors import Changes, NotFound

_LOG_ENTRIES = 50
# A transaction becomes visible later than the time that it carries.
_LOG_OVERLAP = timedelta(seconds=5)
_SWEEP_OVERLAP = timedelta(seconds=60)
_REMOVED = "DELETE"


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry of the activity log."""

    time: datetime
    id: str
    contact: str
    removed: bool

    @property
    def place(self) -> tuple[datetime, str]:
        return self.time, self.id


class ContactChanges:
    """Reads contacts that changed, a page at a time."""

    def __init__(self, api: BottleApi, mapper: Mapper, clock: Clock, sweep_seconds: float) -> None:
        self._api = api
        self._mapper = mapper
        self._clock = clock
        self._sweep = ContactSweep(api)
        self._between_sweeps = timedelta(seconds=sweep_seconds)

    async def page(self, cursor: str, limit: int) -> Changes:
        """As `Connector.changes`. Raises Invalid for a cursor that is none."""
        at = Position.read(cursor)
        if at.phase is Phase.SWEEP:
            return await self._swept(at, limit)
        answer = await self._log()
        entries, now = _entries(answer), self._time(answer)
        # The log shows no more than its end: what is behind its first entry is unknown.
        torn = len(entries) == _LOG_ENTRIES and entries[0].place > at.told
        if at.phase is Phase.REST and (torn or now - at.swept >= self._between_sweeps):
            return await self._swept(_begun(at, now), limit)
        return await self._told(at, entries, now, limit)

    async def _swept(self, at: Position, limit: int) -> Changes:
        rows, at, whole = await self._sweep.page(at, limit)
        if whole:
            # What changed meanwhile stands in the log.
            at = replace(at, phase=Phase.LOG, swept=at.start)
        profiles = tuple(self._mapper.profile(person(row)) for row in rows)
        return Changes(profiles, (), at.write(), more=True)

    async def _told(
        self, at: Position, entries: Sequence[_Entry], now: datetime, limit: int
    ) -> Changes:
        fresh = [entry for entry in entries if entry.place > at.told]
        page = fresh[:limit]
        gone = {entry.contact for entry in page if entry.removed}
        changed = dict.fromkeys(entry.contact for entry in page if entry.contact not in gone)
        profiles = [profile for id_ in changed if (profile := await self._profile(id_))]
        last = page[-1].place if page else at.told
        if len(fresh) > limit:
            at = replace(at, phase=Phase.LOG, told=last)
            return Changes(tuple(profiles), tuple(gone), at.write(), more=True)
        settled = max(at.told, min(last, (now - _LOG_OVERLAP, "")))
        rested = Position(swept=at.swept, told=settled)
        return Changes(tuple(profiles), tuple(gone), rested.write(), more=False)

    async def _profile(self, id_: str) -> Profile | None:
        try:
            answer = await self._api.call("GET", f"contacts/{checked_id(id_)}/")
        except NotFound:
            return None  # removed since; the log tells that later
        return self._mapper.profile(person(document(answer.body, "contact_obj")))

    async def _log(self) -> Answer:
        asked = {"entity_type": "Contact", "limit": _LOG_ENTRIES}
        return await self._api.call("GET", "activities/", asked)

    def _time(self, answer: Answer) -> datetime:
        return http_date(answer.headers.get("date", "")) or self._clock.now()


def _begun(at: Position, now: datetime) -> Position:
    """A sweep from the beginning of the list on. The first one begins the log, too."""
    never = at.swept == Position().swept
    since = at.swept if never else at.swept - _SWEEP_OVERLAP
    told = (now - _LOG_OVERLAP, "") if never else at.told
    return Position(Phase.SWEEP, at.swept, told, start=now, since=since)


def _entries(answer: Answer) -> list[_Entry]:
    """The end of the log, oldest first."""
    entries = [_entry(row) for row in documents(answer.body, "activities")]
    return sorted(entries, key=lambda entry: entry.place)


def _entry(row: Document) -> _Entry:
    return _Entry(
        time_of(row, "timestamp"),
        str(row.get("id")),
        str(row.get("entity_id")),
        row.get("action") == _REMOVED,
    )
