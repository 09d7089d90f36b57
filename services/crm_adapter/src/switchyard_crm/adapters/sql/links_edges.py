"""Edges and the customers of records, within one transaction."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import batched

from sqlalchemy import bindparam, insert, select, union, update

from switchyard_crm.adapters.sql.links_base import MAX_VALUES, SOME, TENANT, AnyRow, InTenant
from switchyard_crm.adapters.sql.tables.links import edges
from switchyard_crm.adapters.sql.tables.records import records
from switchyard_crm.domain.clusters import Member
from switchyard_crm.domain.edges import Bearing, Edge, Reason, in_force
from switchyard_crm.domain.names import CustomerId, TenantId
from switchyard_crm.service.identities import KnownRecord, Neighbourhood

# How far refused edges are followed: a part that is released may set free the next one. Beyond,
# they stay refused, which is never wrong, until something there is said again.
_HOPS = 3

_KNOWN = (
    records.c.id,
    records.c.customer_id,
    records.c.first_time,
    records.c.source,
    records.c.source_id,
)
_RECORD_IN = select(records.c.id).where(
    records.c.tenant == TENANT,
    records.c.source == bindparam("source"),
    records.c.source_id == bindparam("source_id"),
)
_CUSTOMERS = select(records.c.customer_id).where(records.c.tenant == TENANT, records.c.id.in_(SOME))
_CLUSTERS = select(*_KNOWN).where(records.c.tenant == TENANT, records.c.customer_id.in_(_CUSTOMERS))
_EDGES = union(
    select(edges).where(edges.c.tenant == TENANT, edges.c.record_a.in_(SOME)),
    select(edges).where(edges.c.tenant == TENANT, edges.c.record_b.in_(SOME)),
)
_EDGE = select(edges).where(edges.c.tenant == TENANT, edges.c.id == bindparam("id"))
_ASSIGN = (
    update(records)
    .where(records.c.tenant == bindparam("of_tenant"), records.c.id == bindparam("of_id"))
    .values(customer_id=bindparam("customer"))
)


class SqlEdges(InTenant):
    """The edges of one tenant."""

    async def record_in(self, source: str, source_id: str) -> CustomerId | None:
        """The record of that id in that source; None if there is none."""
        asked = {"tenant": self._tenant, "source": source, "source_id": source_id}
        found = (await self._connection.execute(_RECORD_IN, asked)).scalar_one_or_none()
        return None if found is None else CustomerId(found)

    async def around(self, wanted: Iterable[CustomerId]) -> Neighbourhood:
        """All that changing edges of these records may touch; unknown records are left out."""
        known, said = dict[CustomerId, KnownRecord](), dict[str, Edge]()
        frontier = set(wanted)
        for _ in range(_HOPS):
            found = {each.member.id: each for each in await self._clusters(frontier)}
            new = found.keys() - known.keys()
            known |= found
            said |= {edge.id: edge for edge in await self._edges(new)}
            frontier = set(_reached(said.values())) - known.keys()
            if not frontier:
                break
        among = (edge for edge in said.values() if edge.ends <= known.keys())
        return Neighbourhood(known, tuple(sorted(among, key=lambda edge: (edge.time, edge.id))))

    async def edge(self, edge_id: str) -> Edge | None:
        """An edge."""
        asked = {"tenant": self._tenant, "id": edge_id}
        row = (await self._connection.execute(_EDGE, asked)).one_or_none()
        return None if row is None else _edge(row)

    async def add(self, added: Sequence[Edge]) -> None:
        """Keep edges."""
        if added:
            await self._connection.execute(
                insert(edges), [_values(self._tenant, edge) for edge in added]
            )

    async def assign(self, customers: Mapping[CustomerId, CustomerId]) -> None:
        """Set the customers that records belong to; in one order, so that no two lock crosswise."""
        changed = [
            {"of_tenant": self._tenant, "of_id": record, "customer": customer}
            for record, customer in sorted(customers.items())
        ]
        await self._connection.execute(_ASSIGN, changed)

    async def _clusters(self, wanted: Iterable[CustomerId]) -> list[KnownRecord]:
        found = list[KnownRecord]()
        for some in batched(sorted(wanted), MAX_VALUES):
            asked = {"tenant": self._tenant, "some": some}
            found.extend(map(_known, await self._connection.execute(_CLUSTERS, asked)))
        return found

    async def _edges(self, of: Iterable[CustomerId]) -> list[Edge]:
        found = list[Edge]()
        for some in batched(sorted(of), MAX_VALUES):
            asked = {"tenant": self._tenant, "some": some}
            found.extend(map(_edge, await self._connection.execute(_EDGES, asked)))
        return found


def _reached(said: Iterable[Edge]) -> Iterator[CustomerId]:
    for edge in in_force(said):
        if edge.bearing is Bearing.TOGETHER:
            yield from edge.ends


def _known(row: AnyRow) -> KnownRecord:
    member = Member(CustomerId(row.id), row.first_time)
    return KnownRecord(member, CustomerId(row.customer_id), row.source, row.source_id)


def _values(tenant: TenantId, edge: Edge) -> dict[str, object]:
    return {
        "tenant": tenant,
        "id": edge.id,
        "record_a": edge.record_a,
        "record_b": edge.record_b,
        "bearing": edge.bearing.value,
        "reason": edge.reason.value,
        "evidence": json.dumps(edge.evidence, ensure_ascii=False),
        "actor": edge.actor,
        "time": edge.time,
        "answers": edge.answers or None,
    }


def _edge(row: AnyRow) -> Edge:
    return Edge(
        id=row.id,
        record_a=CustomerId(row.record_a),
        record_b=CustomerId(row.record_b),
        bearing=Bearing(row.bearing),
        reason=Reason(row.reason),
        time=row.time,
        actor=row.actor,
        evidence=tuple(json.loads(row.evidence)),
        answers=row.answers or "",
    )
