"""What a log can be imported to, out of the definition of the tables."""

from sqlalchemy import BigInteger, Column, Integer, String, Table
from switchyard_history import tables

from switchyard_insights.domain.importing.mapping import Kind, Target, Targets

_TABLES = (tables.contact_legs, tables.agent_intervals, tables.offers, tables.surveys)
_SET_BY_IMPORT = frozenset({"tenant"})
# A contact that came at no time is of no use to anybody.
_NEEDED = frozenset({"contact_legs.arrived_ms"})


def import_targets() -> dict[str, Targets]:
    """Columns that a mapping may fill, by table."""
    return {
        table.name: {
            column.name: _target(table, column)
            for column in table.columns
            if column.name not in _SET_BY_IMPORT
            and column.computed is None
            and isinstance(column.type, String | Integer | BigInteger)
        }
        for table in _TABLES
    }


def _target(table: Table, column: Column[object]) -> Target:
    required = column.primary_key or f"{table.name}.{column.name}" in _NEEDED
    if isinstance(column.type, String):
        return Target(Kind.TEXT, required, column.type.length or 0)
    return Target(Kind.INTEGER, required)
