"""Tying identifiers and records to customers, and untying them for ever."""

import json
from dataclasses import dataclass

from switchyard_crm.domain.edges import Bearing, Reason
from switchyard_crm.domain.errors import InvalidField
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.link_errors import (
    no_customer,
    not_linked,
    of_another,
    only_record,
)
from switchyard_crm.domain.matching.blocked import BLOCKED_BY_DEFAULT, BlockedValues
from switchyard_crm.domain.names import CustomerId
from switchyard_crm.domain.survivors import MANUAL_SOURCE
from switchyard_crm.service.identities import (
    Identities,
    IdentityUnit,
    KnownRecord,
    Neighbourhood,
)
from switchyard_crm.service.regrouping import Regrouping, Union
from switchyard_crm.service.requests import WriteRequest

_FIELD = "identifier"
# What can be tied; orders belong to records, and customers are merged.
_TIED = frozenset(
    (
        IdentifierKind.PHONE,
        IdentifierKind.EMAIL,
        IdentifierKind.HANDLE,
        IdentifierKind.SOURCE_RECORD,
    )
)


@dataclass(frozen=True, slots=True)
class LinkOrder:
    """What is to be tied to or untied from a customer, which any of its records names."""

    customer: CustomerId
    identifier: Identifier
    actor: str


class Link:
    """Ties something to a customer."""

    def __init__(
        self,
        identities: Identities,
        regrouping: Regrouping,
        blocked: BlockedValues = BLOCKED_BY_DEFAULT,
    ) -> None:
        self._identities = identities
        self._regrouping = regrouping
        self._blocked = blocked

    async def run(self, request: WriteRequest, order: LinkOrder) -> bool:
        """True if it was carried out now, False for a repeated request.

        A record of a source joins the customer, if it is alone; any other value is kept beside
        the record that was named, whatever its source says. What is tied already stays so.

        Raises InvalidField, CUSTOMER_NOT_FOUND, RECORD_OF_ANOTHER_CUSTOMER, KEPT_APART,
        TOO_MANY_RECORDS, RequestIdReused, StoreUnavailable, WriteConflict.
        """
        _refuse_what_cannot_be_tied(order.identifier)
        if self._blocked.holds(order.identifier):
            raise InvalidField(f"{_FIELD}.value", "is nobody's: a placeholder or a shared mailbox")
        async with self._identities.changing(request.tenant) as unit:

            async def write() -> str:
                await self._link(unit, order)
                return json.dumps(None)

            return (await unit.once(request, self._regrouping.now(), write)).new

    async def _link(self, unit: IdentityUnit, order: LinkOrder) -> None:
        near = await unit.around((order.customer,))
        if order.customer not in near.records:
            raise no_customer("customer")
        value = order.identifier
        if value.kind is IdentifierKind.SOURCE_RECORD:
            record = await unit.record_in(value.namespace, value.value)
            if record is not None:
                await self._join(unit, order, record)
                return
        tied = await unit.tie(order.customer, value, self._regrouping.now())
        await unit.flag((order.customer,))
        if tied not in near.records:
            said = Union(order.customer, tied, Reason.LINK, order.actor, "customer", _FIELD)
            await self._regrouping.unite(unit, said)

    async def _join(self, unit: IdentityUnit, order: LinkOrder, record: CustomerId) -> None:
        near = await unit.around((order.customer, record))
        customer, its = near.records[order.customer].customer, near.records[record].customer
        if customer == its:
            return
        if len(near.of_customer(its)) > 1:
            raise of_another(_FIELD)
        said = Union(order.customer, record, Reason.LINK, order.actor, "customer", _FIELD)
        await self._regrouping.unite(unit, said)


class Unlink:
    """Unties something from a customer, for ever."""

    def __init__(self, identities: Identities, regrouping: Regrouping) -> None:
        self._identities = identities
        self._regrouping = regrouping

    async def run(self, request: WriteRequest, order: LinkOrder) -> bool:
        """True if it was carried out now, False for a repeated request.

        A record of a source is kept apart from all other records of the customer. Any other value
        is taken from all its records, and does not come back when their sources bring it again;
        links that rested on it are judged anew.

        Raises InvalidField, CUSTOMER_NOT_FOUND, NOT_LINKED, ONLY_RECORD, RequestIdReused,
        StoreUnavailable, WriteConflict.
        """
        _refuse_what_cannot_be_tied(order.identifier)
        async with self._identities.changing(request.tenant) as unit:

            async def write() -> str:
                await self._unlink(unit, order)
                return json.dumps(None)

            return (await unit.once(request, self._regrouping.now(), write)).new

    async def _unlink(self, unit: IdentityUnit, order: LinkOrder) -> None:
        near = await unit.around((order.customer,))
        if order.customer not in near.records:
            raise no_customer("customer")
        own = near.of_customer(near.records[order.customer].customer)
        record = _record(near, own, order.identifier)
        now = self._regrouping.now()
        untied = await unit.untie(own, order.identifier, order.actor, now)
        await unit.flag(untied)
        if record is not None:
            await self._part(unit, near, record, order.actor)
        elif not untied:
            raise not_linked(_FIELD)

    async def _part(
        self, unit: IdentityUnit, near: Neighbourhood, record: CustomerId, actor: str
    ) -> None:
        customer = near.records[record].customer
        others = [
            each for each in near.of_customer(customer) if not _follows(near.records[each], record)
        ]
        if not others:
            raise only_record(_FIELD)
        added = [
            self._regrouping.edge((record, other), Bearing.APART, Reason.UNLINK, actor=actor)
            for other in others
        ]
        await self._regrouping.apply(unit, near, added)


def _refuse_what_cannot_be_tied(identifier: Identifier) -> None:
    if identifier.kind not in _TIED:
        raise InvalidField(
            f"{_FIELD}.kind",
            "must be PHONE, EMAIL, HANDLE or SOURCE_RECORD; an order belongs to its record, and "
            "customers become one by Merge",
        )


def _follows(known: KnownRecord, record: CustomerId) -> bool:
    """Whether it is the record, or holds what people tied to it."""
    return known.member.id == record or (known.source, known.source_id) == (MANUAL_SOURCE, record)


def _record(
    near: Neighbourhood, own: list[CustomerId], identifier: Identifier
) -> CustomerId | None:
    if identifier.kind is not IdentifierKind.SOURCE_RECORD:
        return None
    key = (identifier.namespace, identifier.value)
    return next(
        (id_ for id_ in own if (near.records[id_].source, near.records[id_].source_id) == key),
        None,
    )
