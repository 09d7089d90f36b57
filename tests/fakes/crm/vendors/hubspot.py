"""HubSpot's CRM API v3 on loopback: objects, search, batch read, pipelines, deletion for the GDPR.

From developers.hubspot.com/docs: the guides of contacts, tickets, calls, notes, orders,
associations, pipelines and "Search the CRM"; "API usage guidelines" (429 with policyName); "Error
handling".
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from switchyard_common.clock import Clock

from tests.fakes.crm.vendors.hubspot_records import (
    MAX_BODY_CHARS,
    MAX_PAGE,
    MAX_ROWS,
    Account,
    HubspotError,
    Kind,
    Properties,
    Stored,
    not_found,
    not_valid,
    written,
)
from tests.fakes.crm.vendors.serving import Asked, Reply, Vendor

TOKEN = "pat-eu1-00000000-0000-0000-0000-000000000000"
_OBJECTS = r"/crm/v3/objects/(\w+)"
# HubSpot's own types of links, as "Associations" lists them.
_LINKS = {194: ("calls", "contacts"), 202: ("notes", "contacts"), 228: ("notes", "tickets")}
_LINKS[16] = ("tickets", "contacts")
_STAGES = (("1", "New", "OPEN"), ("2", "Waiting on us", "OPEN"), ("4", "Closed", "CLOSED"))


def _kinds() -> list[Kind]:
    contact = (
        "firstname lastname email hs_additional_emails phone mobilephone address city state zip "
        "country date_of_birth lifecyclestage wechat_openid "
        "hs_searchable_calculated_phone_number hs_searchable_calculated_mobile_number"
    )
    ticket = "subject content hs_pipeline hs_pipeline_stage hs_ticket_priority"
    call = "hs_timestamp hs_call_title hs_call_body hs_call_status hs_call_direction"
    order = (
        "hs_order_name hs_external_order_id hs_external_order_status hs_currency_code "
        "hs_total_price hs_external_created_date hs_shipping_tracking_number"
    )
    message = "hs_timestamp hs_communication_body hs_communication_channel_type"
    return [
        Kind(
            "contacts",
            frozenset(contact.split()),
            "lastmodifieddate",
            "createdate",
            frozenset(("email",)),
        ),
        Kind("tickets", frozenset(ticket.split()), made="createdate"),
        Kind("calls", frozenset(call.split())),
        Kind("notes", frozenset(("hs_timestamp", "hs_note_body"))),
        Kind("emails", frozenset(("hs_timestamp", "hs_email_text", "hs_email_subject"))),
        Kind("communications", frozenset(message.split())),
        Kind("orders", frozenset(order.split())),
    ]


class HubspotFake(Vendor):
    """One account with one private app."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.account = Account(clock, _kinds())
        self.searches_per_second: int | None = None
        self._searched: Counter[int] = Counter()
        self._routes: list[tuple[str, str, Callable[..., Any]]] = [
            ("POST", r"/crm/v3/objects/contacts/gdpr-delete", self._purge),
            ("POST", rf"{_OBJECTS}/search", self._search),
            ("POST", rf"{_OBJECTS}/batch/read", self._batch),
            ("GET", _OBJECTS, self._list),
            ("POST", _OBJECTS, self._create),
            ("GET", rf"{_OBJECTS}/([^/]+)", self._read),
            ("PATCH", rf"{_OBJECTS}/([^/]+)", self._patch),
            ("GET", r"/crm/v3/pipelines/tickets", self._pipelines),
        ]

    def answer(self, asked: Asked) -> Reply:
        try:
            if asked.headers.get("authorization") != f"Bearer {TOKEN}":
                text = "Authentication credentials not found."
                raise HubspotError(401, "INVALID_AUTHENTICATION", text)
            return self._routed(asked)
        except HubspotError as error:
            return Reply(error.status, error.body)

    def _routed(self, asked: Asked) -> Reply:
        for method, pattern, handle in self._routes:
            match = re.fullmatch(pattern, asked.path)
            if match is None or method != asked.method:
                continue
            parts = [unquote(part) for part in match.groups()]
            if parts and parts[0] not in self.account.kinds:
                raise HubspotError(400, "VALIDATION_ERROR", "Unable to infer object type")
            answered: Reply = handle(asked, *parts)
            return answered
        return Reply(404, {"status": "error", "message": "resource not found"})

    def _list(self, asked: Asked, name: str) -> Reply:
        limit, start = int(asked.query.get("limit", "10")), int(asked.query.get("after", "0"))
        if limit > 100:
            raise not_valid("limit is over 100")
        archived = asked.query.get("archived") == "true"
        kept = self.account.kinds[name].objects.values()
        found = [one for one in kept if (one.archived_time is not None) == archived]
        shown = [self._shown(name, one, one.properties, ()) for one in found[start : start + limit]]
        return Reply(200, _paged(shown, start + limit, len(found)))

    def _read(self, asked: Asked, name: str, object_id: str) -> Reply:
        by = asked.query.get("idProperty")
        stored = self.account.by(name, by, object_id) if by else self.account.alive(name, object_id)
        shown = self._shown(name, stored, stored.properties, _names(asked.query))
        links = {
            other: {"results": [{"id": one, "type": f"{name}_to_{other}"} for one in found]}
            for other in asked.query.get("associations", "").split(",")
            if other and (found := self.account.linked(name, stored.id, other))
        }
        return Reply(200, {**shown, **({"associations": links} if links else {})})

    def _batch(self, asked: Asked, name: str) -> Reply:
        body = asked.json
        if len(body["inputs"]) > 100:
            raise not_valid("more than 100 inputs")
        kept = self.account.kinds[name].objects
        found = [kept[one["id"]] for one in body["inputs"] if one["id"] in kept]
        names = body.get("properties", ())
        alive = [one for one in found if one.archived_time is None]
        shown = [self._shown(name, one, one.properties, names) for one in alive]
        whole = len(shown) == len(body["inputs"])
        return Reply(200 if whole else 207, {"status": "COMPLETE", "results": shown})

    def _search(self, asked: Asked, name: str) -> Reply:
        self._count_search()
        if len(asked.content.decode()) > MAX_BODY_CHARS:
            raise not_valid("The body is too long")
        body = asked.json
        limit, start = int(body.get("limit", 10)), int(body.get("after", 0))
        if limit > MAX_PAGE or start + limit > MAX_ROWS:
            raise not_valid("limit or after is too large")
        found = self.account.search(name, body)
        names = body.get("properties", ())
        shown = [self._shown(name, one, seen, names) for one, seen in found[start : start + limit]]
        paged = _paged(shown, start + limit, len(found))
        return Reply(200, {**paged, "total": min(len(found), MAX_ROWS)})

    def _count_search(self) -> None:
        second = int(self.clock.now().timestamp())
        self._searched[second] += 1
        if self.searches_per_second and self._searched[second] > self.searches_per_second:
            text = "You have reached your secondly limit."
            raise HubspotError(429, "RATE_LIMITS", text, policyName="SECONDLY")

    def _create(self, asked: Asked, name: str) -> Reply:
        links = [
            (self._target(name, kind["associationTypeId"], str(link["to"]["id"])), link["to"]["id"])
            for link in asked.json.get("associations", ())
            for kind in link["types"]
        ]
        made = self.account.create(name, asked.json["properties"])
        for target, other_id in links:
            self.account.link(name, made.id, target, str(other_id))
        return Reply(201, self._shown(name, made, made.properties, ()))

    def _target(self, name: str, kind: int, other_id: str) -> str:
        source, target = _LINKS.get(kind, ("", ""))
        if source != name:
            raise not_valid(f"{kind} is no link of {name}")
        if other_id not in self.account.kinds[target].objects:
            raise not_valid("One or more associations are not valid")
        return target

    def _patch(self, asked: Asked, name: str, object_id: str) -> Reply:
        stored = self.account.update(name, object_id, asked.json["properties"])
        return Reply(200, self._shown(name, stored, stored.properties, ()))

    def _purge(self, asked: Asked) -> Reply:
        object_id = str(asked.json["objectId"])
        if object_id not in self.account.kinds["contacts"].objects:
            raise not_found()
        self.account.purge(object_id)
        return Reply(204)

    def _pipelines(self, asked: Asked) -> Reply:
        stages = [
            {
                "id": one,
                "label": label,
                "displayOrder": int(one),
                "metadata": {"ticketState": state},
            }
            for one, label, state in _STAGES
        ]
        return Reply(200, {"results": [{"id": "0", "label": "Support", "stages": stages}]})

    def _shown(
        self, name: str, stored: Stored, properties: Properties, names: Any
    ) -> dict[str, Any]:
        kind = self.account.kinds[name]
        always = ("hs_object_id", kind.changed, kind.made)
        wanted = [one for one in (*always, *names) if one in kind.known]
        archived = stored.archived_time
        return {
            "id": stored.id,
            "properties": {one: properties.get(one) for one in wanted},
            "createdAt": stored.properties[kind.made],
            "updatedAt": properties[kind.changed],
            "archived": archived is not None,
            **({"archivedAt": written(archived)} if archived else {}),
        }


def _names(query: Mapping[str, str]) -> list[str]:
    return [name for name in query.get("properties", "").split(",") if name]


def _paged(shown: list[Any], end: int, total: int) -> dict[str, Any]:
    return {"results": shown, **({"paging": {"next": {"after": str(end)}}} if end < total else {})}
