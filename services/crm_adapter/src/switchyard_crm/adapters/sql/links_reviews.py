"""Suspected duplicates, within one transaction."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import batched
from typing import Any

from sqlalchemy import Select, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from switchyard_crm.adapters.sql.links_base import MAX_VALUES, AnyRow, InTenant
from switchyard_crm.adapters.sql.tables.links import reviews
from switchyard_crm.adapters.sql.tables.records import records
from switchyard_crm.domain.names import CustomerId
from switchyard_crm.service.identities import Review, ReviewState, Suspicion

_first, _second = records.alias("first_record"), records.alias("second_record")


def with_customers() -> Select[*tuple[Any, ...]]:
    """Reviews, with the customers that the two records belong to now.

    A review of a record that is gone is not there.
    """
    return (
        select(
            reviews,
            _first.c.customer_id.label("customer_a"),
            _second.c.customer_id.label("customer_b"),
        )
        .join(_first, (_first.c.tenant == reviews.c.tenant) & (_first.c.id == reviews.c.record_a))
        .join(
            _second, (_second.c.tenant == reviews.c.tenant) & (_second.c.id == reviews.c.record_b)
        )
    )


_REVIEW = with_customers().where(
    reviews.c.tenant == bindparam("tenant"), reviews.c.id == bindparam("id")
)
_OPEN_OF = with_customers().where(
    reviews.c.tenant == bindparam("tenant"),
    reviews.c.state == ReviewState.OPEN.value,
    reviews.c.record_a.in_(bindparam("some", expanding=True)),
    _first.c.customer_id == _second.c.customer_id,
)
_DECIDE = (
    update(reviews)
    .where(reviews.c.tenant == bindparam("of_tenant"), reviews.c.id == bindparam("of_id"))
    .values(state=bindparam("new_state"), actor=bindparam("by"), decide_time=bindparam("at"))
)


class SqlReviews(InTenant):
    """The reviews of one tenant."""

    async def suspect(self, suspicions: Sequence[Suspicion], time: datetime) -> int:
        """Keep those whose pair was never suspected before; how many."""
        put = _put(self._connection.dialect.name)
        kept = 0
        for some in batched(_in_order(suspicions), MAX_VALUES):
            values = [self._review(each, time) for each in some]
            kept += len((await self._connection.execute(put, values)).all())
        return kept

    async def settle(self, of: Iterable[CustomerId], time: datetime) -> None:
        """Close open reviews between two of these records that belong to one customer."""
        for some in batched(sorted(of), MAX_VALUES):
            asked = {"tenant": self._tenant, "some": some}
            for row in (await self._connection.execute(_OPEN_OF, asked)).all():
                await self.decide(row.id, ReviewState.SETTLED, "", time)

    async def review(self, review_id: str) -> Review | None:
        """A review."""
        asked = {"tenant": self._tenant, "id": review_id}
        row = (await self._connection.execute(_REVIEW, asked)).one_or_none()
        return None if row is None else review_of(row)

    async def decide(self, review_id: str, state: ReviewState, actor: str, time: datetime) -> None:
        """Close a review."""
        changed = {"new_state": state.value, "by": actor, "at": time}
        await self._connection.execute(
            _DECIDE, {"of_tenant": self._tenant, "of_id": review_id, **changed}
        )

    def _review(self, suspicion: Suspicion, time: datetime) -> dict[str, object]:
        return {
            "tenant": self._tenant,
            "id": self._ids.new(),
            "record_a": suspicion.record_a,
            "record_b": suspicion.record_b,
            "probability": suspicion.probability,
            "evidence": json.dumps(suspicion.evidence, ensure_ascii=False),
            "create_time": time,
            "state": ReviewState.OPEN.value,
            "actor": "",
            "decide_time": None,
        }


def review_of(row: AnyRow) -> Review:
    """A review from its row."""
    return Review(
        id=row.id,
        suspicion=Suspicion(
            CustomerId(row.record_a),
            CustomerId(row.record_b),
            row.probability,
            tuple(json.loads(row.evidence)),
        ),
        customers=(CustomerId(row.customer_a), CustomerId(row.customer_b)),
        create_time=row.create_time,
        state=ReviewState(row.state),
    )


def _in_order(suspicions: Sequence[Suspicion]) -> list[Suspicion]:
    """Each pair once, the smaller id first."""
    pairs = dict[tuple[CustomerId, CustomerId], Suspicion]()
    for each in suspicions:
        first, second = sorted((each.record_a, each.record_b))
        ordered = replace(each, record_a=first, record_b=second)
        pairs.setdefault((first, second), ordered)
    return list(pairs.values())


def _put(dialect: str) -> ReturningInsert[str]:
    """Insert unless the pair is there; both databases write it alike, in words of their own."""
    put = postgresql.insert(reviews) if dialect == "postgresql" else sqlite.insert(reviews)
    return put.on_conflict_do_nothing().returning(reviews.c.id)
