"""Writes to BottleCRM: each carries its key in a last line, and looks for it before it writes.

BottleCRM sets external ids itself and takes none from callers, so the key stands in a text that can
be found again: an interaction's body among the contact's interactions, a ticket's description by
the search over tickets, a change among the ticket's comments. Within this process one key is
written by one call at a time; elsewhere the outbox sees to that.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from switchyard_crm.adapters.connectors.bottlecrm_api import (
    BottleApi,
    Document,
    checked_id,
    document,
    documents,
    moment,
    ticket,
)
from switchyard_crm.adapters.connectors.fields import FieldRule
from switchyard_crm.adapters.connectors.footers import mark, read_marked, searchable
from switchyard_crm.adapters.connectors.mapped import Mapper
from switchyard_crm.adapters.connectors.once import OneAtATime
from switchyard_crm.domain.customer import Case, Interaction
from switchyard_crm.service.connectors import CaseChange, Invalid, NewCase

_MAX_TEXT = 10_000
_MAX_SUBJECT = 64
_MARK_CHARS = 8
_PAGE = 200
_MAX_CASE_PAGES = 5
_OTHER_KIND = "meeting"
_NEW = "New"


class BottleWrites:
    """The three writes of the connector."""

    def __init__(self, api: BottleApi, mapper: Mapper) -> None:
        self._api = api
        self._mapper = mapper
        self._keys = OneAtATime()

    async def interaction(self, key: str, source_id: str, noted: Interaction) -> str:
        """As `Connector.log_interaction`."""
        async with self._keys.holding(key):
            known = await self._interaction_of(key, source_id, noted.time)
            if known:
                return known
            body = {
                "kind": self._kind(noted.channel),
                "direction": "inbound",
                "occurred_at": noted.time.isoformat(),
                "contact": source_id,
                "body": mark(
                    noted.summary,
                    _MAX_TEXT,
                    key,
                    channel=noted.channel,
                    agent=noted.agent,
                    disposition=noted.disposition,
                    contact=noted.contact,
                ),
            }
            answer = await self._api.call("POST", "interactions/", body=body)
            return _id(answer.body)

    async def case(self, key: str, source_id: str, case: NewCase) -> Case:
        """As `Connector.create_case`. The ticket is of the contact and of its company."""
        async with self._keys.holding(key):
            known = await self._case_of(key)
            if known is not None:
                return self._mapper.case(ticket(known))
            found = await self._api.call("GET", f"contacts/{checked_id(source_id)}/")
            contact = document(found.body, "contact_obj")
            row = await self._opened(key, source_id, case, contact.get("account"))
            return self._mapper.case(ticket(row))

    async def change(self, key: str, number: str, change: CaseChange) -> Case:
        """As `Connector.update_case`. The comment that ends a change carries its key."""
        async with self._keys.holding(key):
            shown = await self._shown(number)
            if not _was_changed(key, shown):
                path = f"cases/{checked_id(str(document(shown, 'cases_obj').get('id')))}/"
                if change.state:
                    await self._api.call("PATCH", path, body={"status": self._state(change.state)})
                comment = {
                    "comment": mark(change.comment, _MAX_TEXT, key),
                    # Customers see the others in their portal.
                    "is_internal": not change.public,
                }
                await self._api.call("POST", path, body=comment)
                shown = await self._shown(number)
            activities = documents(shown, "activities")
            return self._mapper.case(ticket(document(shown, "cases_obj"), activities))

    async def _opened(self, key: str, source_id: str, case: NewCase, account: Any) -> Document:
        """A new ticket. BottleCRM refuses a subject that another ticket has, whoever's that is."""
        try:
            return await self._posted(key, source_id, case, account, case.subject)
        except Invalid:
            mark_of_key = hashlib.sha256(key.encode()).hexdigest()[:_MARK_CHARS]
            room = _MAX_SUBJECT - _MARK_CHARS - 1
            subject = f"{case.subject[:room]} {mark_of_key}"
            return await self._posted(key, source_id, case, account, subject)

    async def _posted(
        self, key: str, source_id: str, case: NewCase, account: Any, subject: str
    ) -> Document:
        # What of the subject does not fit stands in the description.
        name = subject[:_MAX_SUBJECT]
        whole = name == case.subject
        text = case.description if whole else f"{case.subject}\n\n{case.description}"
        body = {
            "name": name,
            "status": _NEW,
            "priority": self._priority(case.priority),
            "description": mark(text, _MAX_TEXT, key, order=case.order_number),
            "contacts": [source_id],
            "account": account,
        }
        answer = await self._api.call("POST", "cases/", body=body)
        return document(answer.body, "cases_obj")

    async def _interaction_of(self, key: str, source_id: str, time: datetime) -> str:
        """The id of the interaction that this key made, empty if there is none."""
        offset = 0
        while True:
            asked = {"contact": checked_id(source_id), "limit": _PAGE, "offset": offset}
            answer = await self._api.call("GET", "interactions/", asked)
            rows = documents(answer.body, "interactions")
            for row in rows:
                if read_marked(str(row.get("body") or "")).key == key:
                    return str(row.get("id"))
            # Newest first: the entry has the contact's own time, so that it is not behind that.
            last = moment(rows[-1].get("occurred_at")) if rows else None
            if len(rows) < _PAGE or last is None or last < time - timedelta(seconds=1):
                return ""
            offset += _PAGE

    async def _case_of(self, key: str) -> Document | None:
        """The ticket that this key made; merged and deleted ones count."""
        for page in range(_MAX_CASE_PAGES):
            asked = {
                "search": searchable(key),
                "show_merged": "true",
                "include_deleted": "true",
                "slim": "true",
                "limit": _PAGE,
                "offset": page * _PAGE,
            }
            rows = documents((await self._api.call("GET", "cases/", asked)).body, "cases")
            for row in rows:
                if read_marked(str(row.get("description") or "")).key == key:
                    return row
            if len(rows) < _PAGE:
                return None
        raise Invalid("too many tickets carry a key like this one")

    async def _shown(self, number: str) -> Document:
        """A ticket's page; of a merged one that of the ticket it went into."""
        answer = await self._api.call("GET", f"cases/{checked_id(number)}/")
        if isinstance(answer.body, dict) and "redirect_to" in answer.body:
            target = checked_id(str(answer.body["redirect_to"]))
            answer = await self._api.call("GET", f"cases/{target}/")
        if not isinstance(answer.body, dict):
            raise Invalid("answered something without cases_obj")
        return answer.body

    def _kind(self, channel: str) -> str:
        fields = self._mapper.mapping.interaction
        return (fields.channel.written(channel) if fields else "") or _OTHER_KIND

    def _state(self, state: str) -> str:
        fields = self._mapper.mapping.case
        return _written(fields.state if fields else None, state, "state")

    def _priority(self, priority: str) -> str:
        fields = self._mapper.mapping.case
        return _written(fields.priority if fields else None, priority, "priority")


def _written(rule: FieldRule | None, ours: str, name: str) -> str:
    theirs = rule.written(ours) if rule is not None else ""
    if not theirs:
        raise Invalid(f"the mapping knows no such {name}: case.{name}.values")
    return theirs


def _was_changed(key: str, shown: Document) -> bool:
    comments = documents(shown, "internal_notes") + documents(shown, "comments")
    return any(read_marked(str(row.get("comment") or "")).key == key for row in comments)


def _id(body: object) -> str:
    id_ = body.get("id") if isinstance(body, dict) else None
    if not isinstance(id_, str) or not id_:
        raise Invalid("answered a new entry without its id")
    return id_
