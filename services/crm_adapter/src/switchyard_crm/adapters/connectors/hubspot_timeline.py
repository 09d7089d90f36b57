"""What happened with a contact in HubSpot: calls, notes, e-mails and messages, as one list.

They are read through their links to the contact and not through search, whose index is late and
whose requests are few. HubSpot does not sort links by time, so at most the newest `_MOST` of each
kind are looked at.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from switchyard_crm.adapters.connectors.footers import mark, read_marked
from switchyard_crm.adapters.connectors.hubspot_api import (
    Document,
    HubspotApi,
    linked_ids,
    object_id,
)
from switchyard_crm.adapters.connectors.mapped import Mapper
from switchyard_crm.adapters.connectors.markup import lines_of, paragraphs
from switchyard_crm.domain.customer import Interaction
from switchyard_crm.service.connectors import Invalid, TimelinePage

_MOST = 500
_MAX_TEXT_CHARS = 60_000
_BODIES: Mapping[str, str] = {
    "calls": "hs_call_body",
    "notes": "hs_note_body",
    "emails": "hs_email_text",
    "communications": "hs_communication_body",
}
_CALL_TO_CONTACT, _NOTE_TO_CONTACT, NOTE_TO_TICKET = 194, 202, 228


class HubspotTimeline:
    """Engagements of contacts."""

    def __init__(self, api: HubspotApi, mapper: Mapper, properties: frozenset[str]) -> None:
        """`properties` are those that the mapping reads."""
        self._api = api
        self._mapper = mapper
        self._properties = properties | {"hs_timestamp", *_BODIES.values()}

    async def page(self, contact: str, limit: int, cursor: str) -> TimelinePage:
        """Newest first, from a cursor on."""
        before = _read_cursor(cursor)
        document = await self._api.read("contacts", object_id(contact), (), *_BODIES)
        read: list[Document] = []
        for kind in _BODIES:
            ids = linked_ids(document, kind)[:_MOST]
            found = await self._api.read_all(kind, ids, self._properties) if ids else []
            read += [_engagement(kind, one) for one in found]
        ordered = sorted(((_place(one), one) for one in read), key=_first, reverse=True)
        rest = [one for place, one in ordered if before is None or place < before]
        told = tuple(map(self._mapper.interaction, rest[:limit]))
        return TimelinePage(told, _cursor(rest[limit - 1]) if len(rest) > limit else "")

    async def log(self, key: str, contact: str, interaction: Interaction) -> str:
        """The id of the one call or note with this key."""
        text = mark(
            interaction.summary,
            _MAX_TEXT_CHARS,
            key,
            channel=interaction.channel,
            agent=interaction.agent,
            disposition=interaction.disposition,
            contact=interaction.contact,
        )
        when = interaction.time.isoformat()
        if interaction.channel != "VOICE":
            return await self.note(key, text, when, contact, _NOTE_TO_CONTACT)
        call = {
            "hs_timestamp": when,
            "hs_call_title": "Call",
            "hs_call_body": paragraphs(text),
            "hs_call_status": "COMPLETED",
        }
        return await self._api.create_once("calls", key, call, [(contact, _CALL_TO_CONTACT)])

    async def note(self, key: str, text: str, when: str, linked: str, link: int) -> str:
        """The id of the one note with this key."""
        note = {"hs_timestamp": when, "hs_note_body": paragraphs(text)}
        return await self._api.create_once("notes", key, note, [(linked, link)])


def _engagement(kind: str, document: Document) -> Document:
    """An engagement with its `kind` and `text`, and what ours `told`."""
    body = document["properties"].get(_BODIES[kind]) or ""
    marked = read_marked(lines_of(body))
    return {**document, "kind": kind, "text": marked.text, "told": dict(marked.fields)}


def _place(document: Document) -> tuple[datetime, str, int]:
    try:
        time = datetime.fromisoformat(document["properties"]["hs_timestamp"])
        return time, document["kind"], int(document["id"])
    except (LookupError, TypeError, ValueError):
        raise Invalid("answered an engagement without a readable time") from None


def _first(entry: tuple[tuple[datetime, str, int], Document]) -> tuple[datetime, str, int]:
    return entry[0]


def _cursor(document: Document) -> str:
    time, kind, number = _place(document)
    return json.dumps([time.isoformat(), kind, number])


def _read_cursor(cursor: str) -> tuple[datetime, str, int] | None:
    if not cursor:
        return None
    try:
        time, kind, number = _parts(json.loads(cursor))
        return datetime.fromisoformat(time), str(kind), int(number)
    except (ValueError, TypeError):
        raise Invalid("the cursor of a timeline cannot be read") from None


def _parts(read: Sequence[Any]) -> tuple[Any, Any, Any]:
    time, kind, number = read
    return time, kind, number
