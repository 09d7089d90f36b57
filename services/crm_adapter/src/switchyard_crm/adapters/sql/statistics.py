"""What SQLite's planner has to know of the tables: a store has one tenant and few sources.

Every key begins with the tenant. Without statistics SQLite takes a search by the tenant alone for a
quick one and walks through all records instead of using the index that fits (seen with 3.40: 30 ms
instead of 0.1 ms at 40,000 records). `ANALYZE` would tell it, but only once the store is full, and
each process anew; so the figures of a full store are put there from the start. PostgreSQL sees to
that by itself.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, Table, text

from switchyard_crm.adapters.sql.schema import metadata

_ROWS = 1_000_000
_ROWS_TO_DO = 1_000  # in an index of what is still to be done
# Columns of which a store has few different values.
_FEW = frozenset(("tenant", "source", "kind", "namespace", "state", "rpc"))
_SAME = 4

# Of a table with one row: only to have the table of figures made.
_MAKE = text("ANALYZE alembic_version")
_FORGET = text("DELETE FROM sqlite_stat1")
_KNOW = text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (:table, :index, :figures)")
_INDEXES = text("SELECT name, origin, partial FROM pragma_index_list(:table)")
_COLUMNS = text("SELECT name FROM pragma_index_info(:index) ORDER BY seqno")


def tell_planner(connection: Connection) -> None:
    """Put the figures in place of those there are; connections that open later go by them."""
    connection.execute(_MAKE)
    connection.execute(_FORGET)
    rows = [row for table in metadata.sorted_tables for row in _figures(connection, table)]
    connection.execute(_KNOW, rows)


def _figures(connection: Connection, table: Table) -> Iterator[dict[str, str]]:
    for name, origin, partial in connection.execute(_INDEXES, {"table": table.name}).all():
        columns = connection.execute(_COLUMNS, {"index": name}).scalars().all()
        # The primary key of a table without row ids is the table itself, and is named so.
        index = table.name if origin == "pk" and not _has_rowid(table) else name
        rows = _ROWS_TO_DO if partial else _ROWS
        figures = _estimates(rows, columns, unique=origin in ("pk", "u"))
        yield {"table": table.name, "index": index, "figures": figures}


def _estimates(rows: int, columns: Sequence[str], *, unique: bool) -> str:
    """All rows, then how many are alike in the first column, the first two, and so on."""
    alike = []
    for count in range(1, len(columns) + 1):
        if columns[:count] == ["tenant"]:
            alike.append(rows)
        elif unique and count == len(columns):
            alike.append(1)
        elif _FEW.issuperset(columns[:count]):
            alike.append(rows // 2)
        else:
            alike.append(_SAME)
    return " ".join(map(str, [rows, *alike]))


def _has_rowid(table: Table) -> bool:
    return bool(table.dialect_options["sqlite"].get("with_rowid", True))
