"""Any CRM of a company's own, described by templates; docs/crm-rest.md shows how."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import phonenumbers
from switchyard_common.clock import Clock

from switchyard_crm.adapters.connectors.mapped import Mapper
from switchyard_crm.adapters.connectors.mapping import BadFile, FieldMapping
from switchyard_crm.adapters.connectors.notations import notations
from switchyard_crm.adapters.connectors.registry import ConnectorKind, ConnectorParts
from switchyard_crm.adapters.connectors.rest_api import RestApi
from switchyard_crm.adapters.connectors.rest_changes import RestChanges
from switchyard_crm.adapters.connectors.rest_options import (
    Find,
    FindPhone,
    Listing,
    Operations,
    RestOptions,
)
from switchyard_crm.adapters.connectors.rest_writes import RestWrites
from switchyard_crm.adapters.connectors.together import together
from switchyard_crm.domain.customer import CLOSED, Case, Interaction, Order
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.records import Profile
from switchyard_crm.service.connectors import (
    Capability,
    CaseChange,
    Changes,
    Invalid,
    NewCase,
    NotFound,
    TimelinePage,
    Unsupported,
)

MAX_FOUND = 20
_ASKED = 100  # of things that are sorted and filtered here
_MAX_FIND_PAGES = 5


class RestConnector:
    """One CRM. Its capabilities are the operations that are described."""

    def __init__(
        self, name: str, api: RestApi, mapper: Mapper, clock: Clock, operations: Operations
    ) -> None:
        self._name = name
        self._api = api
        self._mapper = mapper
        self._clock = clock
        self._operations = operations
        self._writes = RestWrites(api, mapper, operations.get_case)
        changes = operations.changes
        self._changes = RestChanges(api, mapper, changes) if changes is not None else None

    @property
    def name(self) -> str:
        """The source's name."""
        return self._name

    @property
    def capabilities(self) -> frozenset[Capability]:
        """The operations that are described."""
        return frozenset(
            capability
            for capability in Capability
            if getattr(self._operations, capability.value) is not None
        )

    async def find(self, identifier: Identifier) -> Sequence[Profile]:
        """People by what is described: phone, e-mail, handle, and by their id where they can be
        read by it."""
        find = _described(self._operations.find)
        if not identifier.value.isprintable():
            return ()  # no number, address or handle has control characters
        if identifier.kind is IdentifierKind.SOURCE_RECORD:
            return await self._by_id(identifier)
        searches = [(how, values) for how, values in _searches(find, identifier)]
        found = await together([self._search(how, values) for how, values in searches])
        profiles = {
            profile.provenance.source_id: profile
            for part in found
            for profile in map(self._mapper.profile, part)
            if identifier in profile.identifiers
        }
        return list(islice(profiles.values(), MAX_FOUND))

    async def get(self, source_id: str) -> Profile:
        """One person."""
        operation = _described(self._operations.get)
        thing = await self._api.thing(operation, {"id": source_id, "limit": 1})
        return self._mapper.profile(thing)

    async def timeline(self, source_id: str, limit: int, cursor: str = "") -> TimelinePage:
        """Interactions as the CRM sorts them, newest first.

        The cursor is how many of a page were told, and the CRM's own token of that page.
        """
        operation = _described(self._operations.timeline)
        told, token = _split(cursor)
        values = {"id": source_id, "limit": limit}
        things, following = await self._api.page(operation, values, token)
        entries = sorted(
            map(self._mapper.interaction, things), key=lambda entry: entry.time, reverse=True
        )
        page = tuple(entries[told : told + limit])
        if told + limit < len(entries):
            return TimelinePage(page, f"{told + limit}:{token}")
        return TimelinePage(page, f"0:{following}" if following else "")

    async def open_cases(self, source_id: str, limit: int) -> Sequence[Case]:
        """Open cases; what the CRM tells of closed ones is left out here."""
        operation = _described(self._operations.open_cases)
        cases = map(self._mapper.case, await self._all(operation, source_id))
        still_open = [case for case in cases if case.state != CLOSED]
        return sorted(still_open, key=lambda case: case.update_time, reverse=True)[:limit]

    async def orders(self, source_id: str, limit: int) -> Sequence[Order]:
        """Orders."""
        operation = _described(self._operations.orders)
        orders = map(self._mapper.order, await self._all(operation, source_id))
        return sorted(orders, key=lambda order: order.placed_time, reverse=True)[:limit]

    async def log_interaction(self, key: str, source_id: str, interaction: Interaction) -> str:
        """Note a contact."""
        operation = _described(self._operations.log_interaction)
        return await self._writes.interaction(operation, key, source_id, interaction)

    async def create_case(self, key: str, source_id: str, case: NewCase) -> Case:
        """Open a case."""
        operation = _described(self._operations.create_case)
        return await self._writes.case(operation, key, source_id, case)

    async def update_case(self, key: str, number: str, change: CaseChange) -> Case:
        """Change a case."""
        operation = _described(self._operations.update_case)
        return await self._writes.change(operation, key, number, change)

    async def changes(self, cursor: str, limit: int) -> Changes:
        """People that changed."""
        changes = _described(self._changes)
        if self._api.skew is None:
            await self.health()  # whose answer tells how late it is there
        return await changes.page(cursor, limit, self._api.now())

    async def erase(self, source_id: str) -> None:
        """Remove a person; one who is gone already is no error."""
        operation = _described(self._operations.erase)
        try:
            await self._api.answer(operation, {"id": source_id, "limit": 1})
        except NotFound:
            return

    async def health(self) -> datetime:
        """The CRM's time."""
        operation = self._operations.health
        answer = await self._api.answer(operation, {})
        told = operation.time.time(answer.body) if operation.time is not None else None
        return told or self._api.now()

    async def close(self) -> None:
        """Give back connections."""
        await self._api.close()

    async def _by_id(self, identifier: Identifier) -> Sequence[Profile]:
        if identifier.namespace != self._name or self._operations.get is None:
            return ()
        try:
            return (await self.get(identifier.value),)
        except NotFound:
            return ()

    async def _search(self, operation: Listing, values: dict[str, Any]) -> list[Any]:
        found: list[Any] = []
        pages = 0
        async for page in self._api.pages(operation, values):
            found += page
            pages += 1
            if pages == _MAX_FIND_PAGES:
                break
        return found

    async def _all(self, operation: Listing, source_id: str) -> list[Any]:
        return await self._search(operation, {"id": source_id, "limit": _ASKED})


def _described[T](operation: T | None) -> T:
    if operation is None:
        raise Unsupported("the connector's file does not describe this operation")
    return operation


def _searches(find: Find, identifier: Identifier) -> list[tuple[Listing, dict[str, Any]]]:
    """The calls that look for an identifier, none for kinds that are not described."""
    value = identifier.value
    if identifier.kind is IdentifierKind.PHONE and find.phone is not None:
        return [(find.phone, values) for values in _phone_values(find.phone, value)]
    if identifier.kind is IdentifierKind.EMAIL and find.email is not None:
        return [(find.email, {"email": value, "limit": _ASKED})]
    if identifier.kind is IdentifierKind.HANDLE and find.handle is not None:
        handle = {"namespace": identifier.namespace, "value": value, "limit": _ASKED}
        return [(find.handle, handle)]
    return []


def _phone_values(operation: FindPhone, e164: str) -> list[dict[str, Any]]:
    national = phonenumbers.national_significant_number(phonenumbers.parse(e164))
    written = notations(e164) if operation.notations else (e164,)
    rest = {"national": national, "digits": e164.removeprefix("+"), "limit": _ASKED}
    return [{"phone": text, **rest} for text in written]


def _split(cursor: str) -> tuple[int, str]:
    """How many of a page were told, and its token. Raises Invalid."""
    told, colon, token = (cursor or "0:").partition(":")
    if not colon or not (told.isascii() and told.isdigit()) or len(told) > 6:
        raise Invalid("the cursor of the timeline cannot be read; start without one")
    return int(told), token


def _build(parts: ConnectorParts) -> RestConnector:
    options: RestOptions = parts.options
    missing = sorted(options.auth.secrets - set(parts.secrets))
    if missing:
        raise BadFile(f"connector {parts.name}: credentials: missing: {', '.join(missing)}")
    _check_mapping(parts.name, options.operations, parts.mapper.mapping)
    api = RestApi(parts.http, parts.clock, options.auth, options.envelope, parts.secrets)
    return RestConnector(parts.name, api, parts.mapper, parts.clock, options.operations)


def _check_mapping(name: str, operations: Operations, mapping: FieldMapping) -> None:
    """Refuse operations whose answers the mapping cannot read."""
    needs = {
        "timeline": ("interaction", mapping.interaction),
        "open_cases": ("case", mapping.case),
        "create_case": ("case", mapping.case),
        "update_case": ("case", mapping.case),
        "orders": ("order", mapping.order),
        "changes": ("profile.observed", mapping.profile.observed),
    }
    for operation, (section, given) in needs.items():
        if getattr(operations, operation) is not None and given is None:
            place = f"connector {name}: options.operations.{operation}"
            raise BadFile(f"{place}: the mapping has no {section}, by which its answers are read")
    update = operations.update_case
    if update is not None and update.lookup is not None and operations.get_case is None:
        place = f"connector {name}: options.operations.update_case.lookup"
        raise BadFile(f"{place}: needs get_case, since it finds the change and not the case")


KIND = ConnectorKind(build=_build, mapping=None, optional_secrets=None, options=RestOptions)
