"""Suspected duplicates: who suspects, who looks, who decides."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from switchyard_common.clock import Clock

from switchyard_crm.domain.edges import Bearing, Reason, in_force
from switchyard_crm.domain.link_errors import already_decided, no_review
from switchyard_crm.domain.names import TenantId
from switchyard_crm.service.identities import (
    Identities,
    IdentityUnit,
    Neighbourhood,
    Review,
    ReviewState,
    Suspicion,
)
from switchyard_crm.service.regrouping import Regrouping, Union
from switchyard_crm.service.requests import WriteRequest


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """Some reviews, and where to go on; empty on the last page."""

    reviews: tuple[Review, ...]
    next_token: str


@dataclass(frozen=True, slots=True)
class Decided:
    """The id of the merge, if the two are one; empty otherwise."""

    merge_id: str
    new: bool


class ListReview:
    """Reads open reviews, page by page."""

    def __init__(self, identities: Identities) -> None:
        self._identities = identities

    async def run(self, tenant: TenantId, token: str, size: int) -> ReviewPage:
        """At most `size` reviews after `token`, oldest first. Raises StoreUnavailable.

        Reviews that come or go meanwhile shift no page.
        """
        found = await self._identities.open_reviews(tenant, token, size + 1)
        page = tuple(found[:size])
        return ReviewPage(page, page[-1].id if len(found) > size else "")


class DecideReview:
    """Carries out what a person decides."""

    def __init__(self, identities: Identities, regrouping: Regrouping) -> None:
        self._identities = identities
        self._regrouping = regrouping

    async def run(
        self, request: WriteRequest, review_id: str, actor: str, *, same: bool
    ) -> Decided:
        """`same`: their customers become one, that of the first record survives. Otherwise: the
        two records are kept apart, for ever.

        Raises REVIEW_NOT_FOUND, ALREADY_DECIDED, KEPT_APART, TOO_MANY_RECORDS, RequestIdReused,
        StoreUnavailable, WriteConflict.
        """
        async with self._identities.changing(request.tenant) as unit:

            async def write() -> str:
                return json.dumps(await self._decide(unit, review_id, actor, same=same))

            answered = await unit.once(request, self._regrouping.now(), write)
        return Decided(json.loads(answered.answer), answered.new)

    async def _decide(self, unit: IdentityUnit, review_id: str, actor: str, *, same: bool) -> str:
        review = await unit.review(review_id)
        if review is None:
            raise no_review("name")
        if review.state is not ReviewState.OPEN:
            raise already_decided("name")
        state = ReviewState.SAME if same else ReviewState.APART
        await unit.decide(review_id, state, actor, self._regrouping.now())
        pair = (review.suspicion.record_a, review.suspicion.record_b)
        if same:
            said = Union(*pair, Reason.REVIEW, actor, "name", "name")
            return (await self._regrouping.unite(unit, said)).id
        near = await unit.around(pair)
        edge = self._regrouping.edge(pair, Bearing.APART, Reason.REVIEW, actor=actor)
        await self._regrouping.apply(unit, near, [edge])
        return ""


class Suspect:
    """Takes in suspicions from whoever looks for duplicates."""

    def __init__(self, identities: Identities, clock: Clock) -> None:
        self._identities = identities
        self._clock = clock

    async def run(self, tenant: TenantId, suspicions: Sequence[Suspicion]) -> int:
        """Keeps those that nobody had and that nothing has decided; how many.

        Pairs that are one customer already or that somebody keeps apart are dropped, as are pairs
        of which a record is not known. Raises StoreUnavailable, WriteConflict.
        """
        async with self._identities.changing(tenant) as unit:
            ends = {end for each in suspicions for end in (each.record_a, each.record_b)}
            near = await unit.around(ends)
            undecided = [each for each in suspicions if is_undecided(each, near)]
            return await unit.suspect(undecided, self._clock.now())


def is_undecided(suspicion: Suspicion, near: Neighbourhood) -> bool:
    """Whether both records are known, of two customers, and nobody keeps these two apart."""
    first = near.records.get(suspicion.record_a)
    second = near.records.get(suspicion.record_b)
    if first is None or second is None or first.customer == second.customer:
        return False
    pair = {suspicion.record_a, suspicion.record_b}
    return not any(
        edge.bearing is Bearing.APART and edge.ends == pair for edge in in_force(near.edges)
    )
