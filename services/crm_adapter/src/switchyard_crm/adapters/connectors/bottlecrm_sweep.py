"""Reads BottleCRM's whole list of contacts, newest first, and keeps what changed.

A page is found by its offset, which shifts while others add and remove contacts. So each page
begins with the last contact of the page before, or with a newer one; where it does not, contacts
were removed, and the sweep goes back until it does.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from switchyard_crm.adapters.connectors.bottlecrm_api import BottleApi, Document, documents, moment
from switchyard_crm.adapters.connectors.bottlecrm_cursor import BEGINNING, Position
from switchyard_crm.service.connectors import Invalid

PAGE_ROWS = 200


class ContactSweep:
    """Pages of one sweep; the position holds all that is kept between them."""

    def __init__(self, api: BottleApi) -> None:
        self._api = api

    async def page(self, at: Position, limit: int) -> tuple[list[Document], Position, bool]:
        """At most `limit` contacts that changed, oldest change first, where to go on, and whether
        that was the end."""
        # Nearly all is wanted of the first sweep, and nearly nothing of the others.
        first = at.since == BEGINNING
        asked = min(limit + 1, PAGE_ROWS) if first else PAGE_ROWS
        rows, at = await self._rows(at, asked)
        wanted: list[Document] = []
        for number, row in enumerate(rows):
            if not _is_wanted(row, at):
                continue
            if len(wanted) == limit:
                return _by_change(wanted), _ended(at, rows[:number]), False
            wanted.append(row)
        return _by_change(wanted), _ended(at, rows), len(rows) < asked

    async def _rows(self, at: Position, asked: int) -> tuple[list[Document], Position]:
        """Rows that go on where the last page ended."""
        offset = max(at.offset - 1, 0)
        while True:
            answer = await self._api.call("GET", "contacts/", {"limit": asked, "offset": offset})
            rows = documents(answer.body, "results")
            if offset == 0 or _goes_on(rows, at):
                return rows, replace(at, offset=offset)
            offset = max(offset - asked + 1, 0)


def _goes_on(rows: Sequence[Document], at: Position) -> bool:
    """Whether nothing lies between the page before and these rows."""
    return bool(rows) and (str(rows[0].get("id")) == at.anchor or _made(rows[0]) > at.made)


def _is_wanted(row: Document, at: Position) -> bool:
    # What is newer than the anchor was read already, or came after this sweep began.
    read = bool(at.anchor) and (str(row.get("id")) == at.anchor or _made(row) > at.made)
    return not read and _touched(row) >= at.since


def _ended(at: Position, read: Sequence[Document]) -> Position:
    if not read:
        return at
    last, offset = read[-1], at.offset + len(read)
    return replace(at, offset=offset, made=_made(last), anchor=str(last.get("id")))


def _by_change(rows: list[Document]) -> list[Document]:
    return sorted(rows, key=_touched)


def _made(row: Document) -> datetime:
    return time_of(row, "created_at")


def _touched(row: Document) -> datetime:
    return time_of(row, "updated_at")


def time_of(row: Document, field: str) -> datetime:
    """A time of a row. Raises Invalid if there is none."""
    time = moment(row.get(field))
    if time is None:
        raise Invalid(f"answered something without {field}")
    return time
