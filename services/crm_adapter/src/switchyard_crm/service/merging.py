"""Declaring two customers one, and taking it back."""

import json
from dataclasses import dataclass

from switchyard_crm.domain.edges import Bearing, Edge, Reason
from switchyard_crm.domain.errors import InvalidField
from switchyard_crm.domain.link_errors import already_unmerged, no_merge
from switchyard_crm.domain.merging import parting
from switchyard_crm.domain.names import CustomerId
from switchyard_crm.service.identities import Identities, IdentityUnit, Neighbourhood
from switchyard_crm.service.regrouping import Regrouping, Union
from switchyard_crm.service.requests import WriteRequest

_MERGES = frozenset((Reason.MERGE, Reason.REVIEW))


@dataclass(frozen=True, slots=True)
class MergeOrder:
    """Two customers, each by the id of any of its records: the first survives.

    `overrule` says that whoever declared them two people was wrong.
    """

    customer: CustomerId
    other: CustomerId
    actor: str
    overrule: bool = False


@dataclass(frozen=True, slots=True)
class Merged:
    """The id of a merge; `new` is False for a repeated request."""

    merge_id: str
    new: bool


@dataclass(frozen=True, slots=True)
class Unmerged:
    """The two records that were named when they were merged, each of its own customer now."""

    records: tuple[CustomerId, CustomerId]
    new: bool


class Merge:
    """Makes two customers one."""

    def __init__(self, identities: Identities, regrouping: Regrouping) -> None:
        self._identities = identities
        self._regrouping = regrouping

    async def run(self, request: WriteRequest, order: MergeOrder) -> Merged:
        """Their records have one customer from now on, until the merge is taken back.

        Raises InvalidField, CUSTOMER_NOT_FOUND, ALREADY_ONE_CUSTOMER, KEPT_APART,
        TOO_MANY_RECORDS, RequestIdReused, StoreUnavailable, WriteConflict.
        """
        if order.customer == order.other:
            raise InvalidField("other", "is the customer itself; name the one that is to join it")
        said = Union(
            order.customer, order.other, Reason.MERGE, order.actor,
            "customer", "other", order.overrule,
        )  # fmt: skip
        async with self._identities.changing(request.tenant) as unit:

            async def write() -> str:
                return json.dumps((await self._regrouping.unite(unit, said)).id)

            answered = await unit.once(request, self._regrouping.now(), write)
        return Merged(json.loads(answered.answer), answered.new)


class Unmerge:
    """Takes a merge back."""

    def __init__(self, identities: Identities, regrouping: Regrouping) -> None:
        self._identities = identities
        self._regrouping = regrouping

    async def run(self, request: WriteRequest, merge_id: str, actor: str) -> Unmerged:
        """Everything is as it was before, and what came since is with the record it came for.

        Raises MERGE_NOT_FOUND, ALREADY_UNMERGED, RequestIdReused, StoreUnavailable, WriteConflict.
        """
        async with self._identities.changing(request.tenant) as unit:

            async def write() -> str:
                return json.dumps(await self._part(unit, merge_id, actor))

            answered = await unit.once(request, self._regrouping.now(), write)
        first, second = json.loads(answered.answer)
        return Unmerged((CustomerId(first), CustomerId(second)), answered.new)

    async def _part(
        self, unit: IdentityUnit, merge_id: str, actor: str
    ) -> tuple[CustomerId, CustomerId]:
        merge = await unit.edge(merge_id)
        if merge is None or not _is_merge(merge):
            raise no_merge("merge_id")
        pair = (merge.record_a, merge.record_b)
        near = await unit.around(pair)
        if _is_answered(merge, near):
            raise already_unmerged("merge_id")
        unmerge = self._regrouping.edge(
            pair, Bearing.APART, Reason.UNMERGE, actor=actor, answers=merge.id
        )
        added = parting(unmerge, near.edges, self._regrouping.new_id)
        await self._regrouping.apply(unit, near, added)
        return pair


def _is_merge(edge: Edge) -> bool:
    return edge.bearing is Bearing.TOGETHER and edge.reason in _MERGES


def _is_answered(merge: Edge, near: Neighbourhood) -> bool:
    return any(edge.answers == merge.id for edge in near.edges)
