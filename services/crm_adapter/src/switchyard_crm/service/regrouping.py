"""Which customers there are after something was said: the one place that changes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from switchyard_common.clock import Clock
from switchyard_common.ids import IdFactory

from switchyard_crm.domain.clusters import CLUSTER_CAP, Clustering, Obstacle, clusters, obstacle
from switchyard_crm.domain.edges import Bearing, Edge, Reason
from switchyard_crm.domain.link_errors import already_one, kept_apart, no_customer, too_many_records
from switchyard_crm.domain.merging import uniting
from switchyard_crm.domain.names import CustomerId
from switchyard_crm.service.identities import IdentityUnit, Neighbourhood, Suspicion

# The guard would have linked them, and is right nearly always; but something is odd.
_OVER_CAP_PROBABILITY = 0.9


@dataclass(frozen=True, slots=True)
class Union:
    """A person says that two records are of one customer; the fields are the request's, for errors.

    Of a MERGE and a REVIEW, the first record's customer survives. `overrule` takes back what other
    people said against it.
    """

    record_a: CustomerId
    record_b: CustomerId
    reason: Reason
    actor: str
    field_a: str
    field_b: str
    overrule: bool = False


class Regrouping:
    """Adds edges, and sets the customers that follow from them; `cap` as in `clusters`."""

    def __init__(self, ids: IdFactory, clock: Clock, cap: int = CLUSTER_CAP) -> None:
        self._ids = ids
        self._clock = clock
        self._cap = cap

    def edge(
        self,
        pair: tuple[CustomerId, CustomerId],
        bearing: Bearing,
        reason: Reason,
        *,
        actor: str = "",
        evidence: tuple[str, ...] = (),
        answers: str = "",
    ) -> Edge:
        """A new edge, of now."""
        return Edge(self._ids.new(), *pair, bearing, reason, self.now(), actor, evidence, answers)

    def new_id(self) -> str:
        """A new id."""
        return self._ids.new()

    def now(self) -> datetime:
        """The time that is written down."""
        return self._clock.now()

    async def unite(self, unit: IdentityUnit, said: Union) -> Edge:
        """Carry out what a person said; the edge it made.

        Raises CUSTOMER_NOT_FOUND, ALREADY_ONE_CUSTOMER, KEPT_APART, TOO_MANY_RECORDS.
        """
        near = await unit.around((said.record_a, said.record_b))
        pair = (said.record_a, said.record_b)
        edge = self.edge(pair, Bearing.TOGETHER, said.reason, actor=said.actor)
        against = self._against(near, said)
        await self.apply(unit, near, uniting(edge, against, self._ids.new))
        return edge

    async def apply(
        self, unit: IdentityUnit, near: Neighbourhood, added: Sequence[Edge]
    ) -> Clustering:
        """Keep edges between records of `near`, and recompute its customers."""
        await unit.add(added)
        found = clusters(near.members(), [*near.edges, *added], self._cap)
        changed = {
            record: anchor
            for record, anchor in found.anchors.items()
            if near.records[record].customer != anchor
        }
        if changed:
            await unit.assign(changed)
            await unit.settle(near.records, self.now())
        await unit.suspect(_over_cap(found), self.now())
        return found

    def _against(self, near: Neighbourhood, said: Union) -> tuple[Edge, ...]:
        for record, field in ((said.record_a, said.field_a), (said.record_b, said.field_b)):
            if record not in near.records:
                raise no_customer(field)
        stored = Clustering({id_: known.customer for id_, known in near.records.items()}, ())
        pair = (said.record_a, said.record_b)
        if stored.anchors[pair[0]] == stored.anchors[pair[1]]:
            raise already_one(said.field_b)
        found, across = obstacle(stored, near.edges, pair, self._cap)
        if found is Obstacle.TOO_MANY:
            raise too_many_records(said.field_b, self._cap)
        if any(edge.by_person for edge in across) and not said.overrule:
            raise kept_apart(said.field_b)
        return across


def _over_cap(found: Clustering) -> list[Suspicion]:
    return [
        Suspicion(
            refusal.edge.record_a,
            refusal.edge.record_b,
            _OVER_CAP_PROBABILITY,
            (*refusal.edge.evidence, refusal.obstacle.value),
        )
        for refusal in found.refused
        if refusal.obstacle is Obstacle.TOO_MANY
    ]
