"""How parts of a row become one row, in whatever order they come and however often.

Columns come in groups. Within a group the part with the greatest (or least) rank sets all columns;
a part without rank says nothing about the group. Taking the greatest is associative, commutative
and idempotent, so the merged row depends on the set of parts alone (a join semilattice: Shapiro,
Preguiça, Baquero and Zawirski 2011, "Conflict-free replicated data types", sec. 2.2).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table

from switchyard_history import tables

type Row = dict[str, Any]
"""Values by column; a column that is not there is not said anything about."""
type Part = tuple[Table, Row]
"""What somebody knows about one row of a table."""


@dataclass(frozen=True, slots=True)
class Group:
    """Columns that are set together by the part with the greatest rank, or the least."""

    rank: str
    columns: tuple[str, ...] = ()
    least: bool = False

    @property
    def all(self) -> tuple[str, ...]:
        """The rank and what it decides."""
        return (self.rank, *self.columns)

    def beats(self, rank: Any, other: Any) -> bool:
        """Whether a part with `rank` replaces one with `other`; None: it has none."""
        if rank is None or other is None:
            return rank is not None
        return bool(rank < other if self.least else rank > other)


_LEG_NOW = (
    "origin state reason queue channel language customer_key node priority arm arm_period_ms plan"
    " step preferred_agent needs overtaken attempts sent_to disposition initial_contact"
    " previous_contact related_contact erased"
)
_DECIDED = (
    "time_ms contact agent policy model_version arm degraded propensity predicted_ms waited_ms"
    " step plan_version eligible_count rejected_counts"
)
_TURN = (
    "time_ms intent confidence latency_ms language verification_level outcome flow step sentiment"
    " channel"
)


def _group(rank: str, columns: str = "", *, least: bool = False) -> Group:
    return Group(rank, tuple(columns.split()), least)


GROUPS: Mapping[Table, tuple[Group, ...]] = {
    tables.contact_legs: (
        _group("position", _LEG_NOW),
        _group("first_position", "first_queue", least=True),
        _group("arrived_ms", least=True),
        _group("queued_ms", least=True),
        _group("callback_requested_ms", least=True),
        _group("accepted_position", "ring_ms"),
        _group("served_position", "agent answered_queue"),
        _group("answered_ms", least=True),
        _group("conversation_ms"),
        _group("hold_ms"),
        _group("ended_position", "ended_ms outcome wrap_up_ms"),
    ),
    tables.holds: (_group("until_ms", "held_ms"),),
    tables.offers: (
        _group("first_position", "contact agent queue channel", least=True),
        _group("created_ms", "decision expire_ms", least=True),
        _group("ringing_ms", least=True),
        _group("position", "state reason ended_ms"),
    ),
    tables.decisions: (
        _group("source_rank", _DECIDED),
        _group("kept", "queue seed overtaken offer advice formula weights"),
    ),
    tables.decision_candidates: (
        _group("place", "chosen score terms propensity predicted_ms rejected time_ms", least=True),
    ),
    tables.agent_intervals: (_group("until_ms"), _group("position", "reason")),
    tables.bot_turns: (_group("position", _TURN),),
    tables.bot_conversations: (
        _group("first_ms", least=True),
        _group("hand_over_position", "contact hand_over_reason handed_over_ms"),
        _group("ended_position", "ended_ms outcome turns duration_ms language channel flows"),
    ),
    tables.surveys: (_group("time_ms", "contact agent csat resolved"),),
    tables.readings: (_group("position", "time_ms"),),
    tables.tombstones: (_group("erased_ms"),),
    tables.floors: (_group("before_ms"),),
    tables.imports: (
        _group("imported_ms", "file digest rows_read rows_kept dropped from_ms until_ms"),
    ),
    tables.refused_events: (_group("time_ms", "type problem"),),
}
"""The groups of every table; columns of the key are in none."""


def merged(table: Table, row: Row, part: Row) -> Row:
    """`row` with what `part` knows better; both have the same key."""
    for group in GROUPS[table]:
        if group.beats(part.get(group.rank), row.get(group.rank)):
            row |= {name: part[name] for name in group.all if name in part}
    return row


def merge_all(table: Table, parts: Iterable[Row]) -> list[Row]:
    """One row for each key, in the order of the keys; O(n log n)."""
    names = [column.name for column in table.primary_key]
    rows: dict[tuple[Any, ...], Row] = {}
    for part in parts:
        key = tuple(part[name] for name in names)
        found = rows.get(key)
        if found is None:
            rows[key] = merged(table, {name: part[name] for name in names}, part)
        else:
            merged(table, found, part)
    return [rows[key] for key in sorted(rows)]
