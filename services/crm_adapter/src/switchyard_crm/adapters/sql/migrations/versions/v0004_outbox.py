"""Writes on their way to the CRMs, and what was asked under which request id."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _requests()
    _deliveries()
    _dispatches()
    _lanes()
    _copies()
    _case_numbers()
    _case_entries()


def downgrade() -> None:
    """Drop the tables, children first."""
    for table in (
        "case_entries",
        "case_numbers",
        "copies",
        "lanes",
        "dispatches",
        "deliveries",
        "requests",
    ):
        op.drop_table(table)


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, _TIME, nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _position() -> sa.Column[int]:
    rising = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("position", rising, nullable=False, autoincrement=True)


def _keys(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("tenant", *columns, name=f"pk_{table}")


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def _requests() -> None:
    op.create_table(
        "requests",
        _text("tenant", 64),
        _text("id", 128),
        _text("rpc", 32),
        _text("digest", 64),
        _text("answer", 2000),
        _time("time"),
        _keys("requests", "id"),
        sqlite_with_rowid=False,
    )
    _index("requests", "time")


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        _text("tenant", 64),
        _text("id", 64),
        _text("record_id", 64),
        _text("kind", 16),
        _time("time"),
        _keys("deliveries", "id"),
        sqlite_with_rowid=False,
    )
    _index("deliveries", "time")
    _index("deliveries", "tenant", "record_id")


def _dispatches() -> None:
    op.create_table(
        "dispatches",
        _position(),
        _text("tenant", 64),
        _text("delivery_id", 64),
        _text("source", 64),
        _text("record_id", 64),
        _text("kind", 16),
        _text("case_number", 256),
        _text("state", 16),
        _number("attempts"),
        _number("faults"),
        _text("last_error", 300),
        _text("remote_id", 256),
        sa.Column("payload", sa.LargeBinary()),
        _time("put_time"),
        _time("end_time", nullable=True),
        sa.PrimaryKeyConstraint("position", name="pk_dispatches"),
        sa.ForeignKeyConstraint(
            ["tenant", "delivery_id"],
            ["deliveries.tenant", "deliveries.id"],
            name="fk_dispatches_deliveries",
            ondelete="CASCADE",
        ),
        sqlite_autoincrement=True,
    )
    _index("dispatches", "tenant", "delivery_id")
    _index("dispatches", "tenant", "source", "record_id", "state", "position")
    _index("dispatches", "tenant", "record_id")
    _index("dispatches", "state", "source", "put_time")


def _lanes() -> None:
    op.create_table(
        "lanes",
        _text("tenant", 64),
        _text("source", 64),
        _text("record_id", 64),
        _time("due_time"),
        _text("holder", 32),
        _keys("lanes", "source", "record_id"),
        sqlite_with_rowid=False,
    )
    _index("lanes", "tenant", "source", "due_time")


def _copies() -> None:
    op.create_table(
        "copies",
        _text("tenant", 64),
        _text("source", 64),
        _text("kind", 16),
        _text("remote_id", 256),
        _text("record_id", 64),
        _text("local_id", 64),
        _time("time"),
        _keys("copies", "source", "kind", "remote_id"),
        sqlite_with_rowid=False,
    )
    _index("copies", "tenant", "record_id")
    _index("copies", "tenant", "local_id")


def _case_numbers() -> None:
    op.create_table(
        "case_numbers",
        _text("tenant", 64),
        _text("number", 64),
        _text("record_id", 64),
        _keys("case_numbers", "number"),
        sqlite_with_rowid=False,
    )
    _index("case_numbers", "tenant", "record_id")


def _case_entries() -> None:
    op.create_table(
        "case_entries",
        _position(),
        _text("tenant", 64),
        _text("record_id", 64),
        _text("number", 64),
        _time("time"),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_case_entries"),
        sqlite_autoincrement=True,
    )
    _index("case_entries", "tenant", "record_id", "number")
