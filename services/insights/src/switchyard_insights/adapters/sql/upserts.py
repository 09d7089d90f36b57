"""`switchyard_history.merging` as SQL: one statement for each table that merges a row into it."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, case, or_
from sqlalchemy.dialects import postgresql, sqlite
from switchyard_common.sql.database import POSTGRESQL
from switchyard_history.merging import GROUPS, Group, Row

type Upsert = sqlite.Insert | postgresql.Insert


@cache
def upsert(table: Table, dialect: str) -> Upsert:
    """INSERT … ON CONFLICT DO UPDATE, in which every group of columns is set by its rank."""
    statement: Any = (postgresql if dialect == POSTGRESQL else sqlite).insert(table)
    changes = {
        name: chosen
        for group in GROUPS[table]
        if not table.c[group.rank].primary_key
        for name, chosen in _chosen(table, group, statement.excluded).items()
    }
    keys = list(table.primary_key.columns)
    merging: Upsert = statement.on_conflict_do_update(index_elements=keys, set_=changes)
    return merging


def _chosen(table: Table, group: Group, given: Any) -> dict[str, ColumnElement[Any]]:
    new, old = given[group.rank], table.c[group.rank]
    better = new < old if group.least else new > old
    wins = and_(new.is_not(None), or_(old.is_(None), better))
    return {name: case((wins, given[name]), else_=table.c[name]) for name in group.all}


def filled(table: Table, rows: Sequence[Row]) -> list[Row]:
    """The rows with every column, so that one statement takes them all."""
    blank = _blank(table)
    return [{**blank, **row} for row in rows]


@cache
def _blank(table: Table) -> Mapping[str, Any]:
    return {
        column.name: None if column.nullable else _EMPTY[column.type.python_type]
        for column in table.columns
        if column.computed is None and not column.primary_key
    }


_EMPTY: Mapping[type, Any] = {str: "", int: 0, bool: False}
