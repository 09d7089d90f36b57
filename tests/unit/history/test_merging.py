"""Rows that arrive in parts: the same row whatever the order, the doubles and the batches."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_history import tables
from switchyard_history.merging import GROUPS, Row, merge_all
from switchyard_history.positions import entry_of, position_at, position_of

pytestmark = pytest.mark.unit

_RANKS = [group.rank for group in GROUPS[tables.contact_legs]]


def test_every_column_outside_the_key_is_in_exactly_one_group() -> None:
    for table in tables.metadata.sorted_tables:
        stored = sorted(
            column.name
            for column in table.columns
            if not column.primary_key and column.computed is None
        )
        grouped = sorted(name for group in GROUPS[table] for name in group.all)
        assert [name for name in grouped if not table.c[name].primary_key] == stored, table.name


def _part(contact: str, serial: int, ranks: dict[str, int]) -> Row:
    """A part whose values follow from its ranks, as those of an event do from its place."""
    row: Row = {"tenant": "demo", "contact": contact}
    for group in GROUPS[tables.contact_legs]:
        if group.rank in ranks:
            rank = ranks[group.rank]
            row[group.rank] = rank
            row |= {name: f"{name} of {rank}" for name in group.columns}
    return row


_parts = st.lists(
    st.builds(
        _part,
        st.sampled_from(["c1", "c2"]),
        st.integers(),
        st.dictionaries(st.sampled_from(_RANKS), st.integers(0, 5)),
    ),
    max_size=12,
)


@given(parts=_parts, data=st.data())
def test_order_doubles_and_batches_do_not_change_the_rows(parts: list[Row], data: Any) -> None:
    expected = merge_all(tables.contact_legs, parts)
    shuffled = data.draw(st.permutations([*parts, *parts]))
    cut = data.draw(st.integers(0, len(shuffled)))
    first = merge_all(tables.contact_legs, shuffled[:cut])
    second = merge_all(tables.contact_legs, shuffled[cut:])
    assert merge_all(tables.contact_legs, [*second, *first]) == expected


@given(ms=st.integers(0, 2**42), within=st.integers(0, 2**20 - 1))
def test_a_position_names_its_entry_and_sorts_as_the_log(ms: int, within: int) -> None:
    position = position_of(f"{ms}-{within}")
    assert entry_of(position) == f"{ms}-{within}"
    assert position_at(ms) <= position < position_at(ms + 1)
