"""Objects of one HubSpot account, and its search index, which follows them late.

From developers.hubspot.com/docs: "Search the CRM" (operators, limits, tokens and wildcards, phone
numbers as area code and local number, the index follows writes after moments, archived objects are
left out), "Properties" (unique values), "Understanding the CRM" (ids, dates of changes).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import phonenumbers
from switchyard_common.clock import Clock

KEY_PROPERTY = "switchyard_key"
MAX_BODY_CHARS = 3000
MAX_PAGE, MAX_ROWS = 200, 10_000
_MAX_GROUPS, _MAX_FILTERS, _MAX_ALL_FILTERS = 5, 6, 18
_NUMBERS = frozenset(("hs_object_id",))
_TIMES = frozenset(("lastmodifieddate", "hs_lastmodifieddate", "createdate", "hs_createdate"))
_CALCULATED = {
    "hs_searchable_calculated_phone_number": "phone",
    "hs_searchable_calculated_mobile_number": "mobilephone",
}

type Properties = dict[str, str | None]


class HubspotError(Exception):
    """An error as the API answers it."""

    def __init__(self, status: int, category: str, message: str, **more: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {
            "status": "error",
            "message": message,
            "correlationId": "a43683b0-5717-4ceb-80b4-104d02915d8c",
            "category": category,
            **more,
        }


def not_valid(message: str) -> HubspotError:
    return HubspotError(400, "VALIDATION_ERROR", message)


def not_found() -> HubspotError:
    return HubspotError(404, "OBJECT_NOT_FOUND", "Object not found.")


@dataclass
class Stored:
    """An object and its earlier versions, which the index still shows."""

    id: str
    properties: Properties
    versions: list[tuple[datetime, Properties]] = field(default_factory=list)
    archived_time: datetime | None = None


@dataclass
class Kind:
    """A type of objects. `changed` and `made` are the names of its dates."""

    name: str
    properties: frozenset[str]
    changed: str = "hs_lastmodifieddate"
    made: str = "hs_createdate"
    unique: frozenset[str] = frozenset((KEY_PROPERTY,))
    objects: dict[str, Stored] = field(default_factory=dict)

    @property
    def known(self) -> frozenset[str]:
        system = {"hs_object_id", self.changed, self.made}
        return self.properties | self.unique | system


class Account:
    """All objects, their links and the search index."""

    def __init__(self, clock: Clock, kinds: Sequence[Kind]) -> None:
        self.clock = clock
        self.kinds = {kind.name: kind for kind in kinds}
        self.links: set[tuple[str, str, str, str]] = set()
        self.lag = timedelta()
        self._next = 1001

    def create(self, name: str, given: Mapping[str, Any]) -> Stored:
        kind = self.kinds[name]
        values = self._checked(kind, given)
        made = Stored(str(self._next), dict.fromkeys(kind.known))
        self._next += 1
        made.properties |= {"hs_object_id": made.id, kind.made: self._now()}
        kind.objects[made.id] = made
        self._write(kind, made, values)
        return made

    def update(self, name: str, object_id: str, given: Mapping[str, Any]) -> Stored:
        kind = self.kinds[name]
        stored = self.alive(name, object_id)
        self._write(kind, stored, self._checked(kind, given, stored.id))
        return stored

    def alive(self, name: str, object_id: str) -> Stored:
        stored = self.kinds[name].objects.get(object_id)
        if stored is None or stored.archived_time is not None:
            raise not_found()
        return stored

    def by(self, name: str, property_name: str, value: str) -> Stored:
        if property_name not in self.kinds[name].unique:
            raise not_valid(f"{property_name} is not a unique property")
        for stored in self.kinds[name].objects.values():
            held = stored.properties[property_name]
            if held == value and stored.archived_time is None:
                return stored
        raise not_found()

    def archive(self, name: str, object_id: str) -> None:
        self.alive(name, object_id).archived_time = self.clock.now()

    def link(self, name: str, object_id: str, other: str, other_id: str) -> None:
        self.links |= {(name, object_id, other, other_id), (other, other_id, name, object_id)}

    def linked(self, name: str, object_id: str, other: str) -> list[str]:
        found = [link[3] for link in self.links if link[:3] == (name, object_id, other)]
        kept = self.kinds[other].objects
        return [one for one in found if one in kept and kept[one].archived_time is None]

    def purge(self, object_id: str) -> None:
        """Delete a contact for the GDPR, with what is linked to nobody else."""
        self.alive("contacts", object_id)
        for other in ("calls", "notes", "emails", "communications"):
            for linked in self.linked("contacts", object_id, other):
                del self.kinds[other].objects[linked]
        del self.kinds["contacts"].objects[object_id]

    def search(self, name: str, asked: Mapping[str, Any]) -> list[tuple[Stored, Properties]]:
        kind = self.kinds[name]
        groups = _groups(asked, kind)
        seen = self.clock.now() - self.lag
        indexed = [
            (stored, version)
            for stored in kind.objects.values()
            if stored.archived_time is None and (version := _version(stored, seen)) is not None
        ]
        found = [
            (stored, version)
            for stored, version in indexed
            if not groups or any(all(_fits(version, one) for one in group) for group in groups)
        ]
        for sort in asked.get("sorts", ()):
            by = sort["propertyName"]
            found.sort(
                key=lambda entry: _sortable(by, entry[1]),
                reverse=sort.get("direction") == "DESCENDING",
            )
        return found

    def _checked(self, kind: Kind, given: Mapping[str, Any], own: str = "") -> Properties:
        values: Properties = {}
        for name, value in given.items():
            if name not in kind.properties | kind.unique or name in _CALCULATED:
                raise not_valid(f"Property {name!r} does not exist or is read only")
            values[name] = None if value in (None, "") else str(value)
        if values.get("email"):
            values["email"] = str(values["email"]).lower()
        for name in kind.unique & values.keys():
            taken = [one for one in kind.objects.values() if one.properties[name] == values[name]]
            if any(one.id != own and values[name] for one in taken):
                if name == "email":
                    raise HubspotError(
                        409, "CONFLICT", f"Contact already exists. ID: {taken[0].id}"
                    )
                raise not_valid('[{"isValid":false,"error":"CONFLICTING_UNIQUE_VALUE"}]')
        return values

    def _write(self, kind: Kind, stored: Stored, values: Properties) -> None:
        properties = {**stored.properties, **values, kind.changed: self._now()}
        for calculated, typed in _CALCULATED.items():
            if calculated in kind.properties:
                properties[calculated] = _searchable(properties[typed])
        stored.properties = properties
        stored.versions = [*stored.versions[-20:], (self.clock.now(), dict(properties))]

    def _now(self) -> str:
        return written(self.clock.now())


def written(time: datetime) -> str:
    """A time as the API answers it."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03}Z"


def _version(stored: Stored, seen: datetime) -> Properties | None:
    known = [properties for time, properties in stored.versions if time <= seen]
    return known[-1] if known else None


def _searchable(typed: str | None) -> str | None:
    """Area code and local number, of texts that HubSpot understands; digits of any other."""
    if not typed or (not typed.isascii() and not re.search(r"[0-9]", typed)):
        return None
    try:
        number = phonenumbers.parse(typed, None)
    except phonenumbers.NumberParseException:
        return re.sub(r"[^0-9]", "", typed).lstrip("0") or None
    return phonenumbers.national_significant_number(number)


def _groups(asked: Mapping[str, Any], kind: Kind) -> list[list[Mapping[str, Any]]]:
    groups = [group["filters"] for group in asked.get("filterGroups", ())]
    if len(groups) > _MAX_GROUPS or sum(map(len, groups)) > _MAX_ALL_FILTERS:
        raise not_valid("too many filter groups")
    if any(len(group) > _MAX_FILTERS for group in groups) or len(asked.get("sorts", ())) > 1:
        raise not_valid("too many filters or sorts")
    for name in [one["propertyName"] for group in groups for one in group]:
        if name not in kind.known:
            raise not_valid(f"Property {name!r} does not exist")
    return groups


def _sortable(name: str, properties: Properties) -> tuple[bool, Any]:
    value = properties.get(name)
    return (value is not None, _comparable(name, value) if value is not None else 0)


def _comparable(name: str, value: str) -> Any:
    if name in _NUMBERS:
        return int(value)
    if name in _TIMES:
        if value.isdecimal():
            return datetime.fromtimestamp(int(value) / 1000, UTC)
        return datetime.fromisoformat(value)
    return value.casefold()


def _fits(properties: Properties, asked: Mapping[str, Any]) -> bool:
    name, operator = asked["propertyName"], asked["operator"]
    held = properties.get(name)
    if held is None:
        return False
    if operator == "IN":
        return _in(held, asked["values"])
    if operator == "CONTAINS_TOKEN":
        return _has_token(held, asked["value"])
    left, right = _comparable(name, held), _comparable(name, asked["value"])
    compared = {
        "EQ": left == right,
        "GT": left > right,
        "GTE": left >= right,
        "LT": left < right,
        "LTE": left <= right,
    }
    if operator not in compared:
        raise not_valid(f"unknown operator {operator!r}")
    return bool(compared[operator])


def _in(held: str, values: Sequence[str]) -> bool:
    if any(value != value.lower() for value in values):
        raise not_valid("values of IN have to be in lower case")
    return held.lower() in values


def _has_token(held: str, token: str) -> bool:
    pattern = re.compile(".*".join(map(re.escape, token.casefold().split("*"))), re.S)
    return any(pattern.fullmatch(one) for one in re.split(r"[\s;,]+", held.casefold()))
