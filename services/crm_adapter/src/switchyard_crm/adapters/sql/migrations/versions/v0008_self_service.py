"""What customers do alone: proofs, addresses, arrangements, appointments; what a case is for."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_TABLES = (
    "appointments",
    "arrangements",
    "delivery_addresses",
    "reset_links",
    "codes",
    "pins",
    "attempts",
)


def upgrade() -> None:
    """Make the tables and columns."""
    op.add_column("orders", sa.Column("delivery_address", sa.LargeBinary()))
    kind = sa.Column("kind", sa.String(32), nullable=False, server_default="")
    op.add_column("cases", kind)
    _attempts()
    _pins()
    _codes()
    _reset_links()
    _delivery_addresses()
    _arrangements()
    _appointments()


def downgrade() -> None:
    """Drop them."""
    for table in _TABLES:
        op.drop_table(table)
    op.drop_column("cases", "kind")
    op.drop_column("orders", "delivery_address")


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, _TIME, nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _bytes(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _make(table: str, *parts: sa.Column[object] | sa.schema.SchemaItem) -> None:
    op.create_table(table, _text("tenant", 64), *parts, sqlite_with_rowid=False)


def _keys(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("tenant", *columns, name=f"pk_{table}")


def _of_record(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant", "record_id"],
        ["records.tenant", "records.id"],
        name=f"fk_{table}_records",
        ondelete="CASCADE",
    )


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def _attempts() -> None:
    _make(
        "attempts",
        _text("what_index", 32),
        _number("wrong"),
        _time("locked_until", nullable=True),
        _time("time"),
        _keys("attempts", "what_index"),
    )
    _index("attempts", "time")


def _pins() -> None:
    _make(
        "pins",
        _text("record_id", 64),
        _bytes("pin_digest"),
        _text("told_digest", 32),
        _time("time"),
        _keys("pins", "record_id"),
        _of_record("pins"),
    )


def _codes() -> None:
    _make(
        "codes",
        _text("record_id", 64),
        _text("conversation_index", 32),
        _text("code_digest", 32),
        _time("expire_time"),
        _keys("codes", "record_id", "conversation_index"),
        _of_record("codes"),
    )
    _index("codes", "expire_time")


def _reset_links() -> None:
    _make(
        "reset_links",
        _text("token_digest", 32),
        _text("record_id", 64),
        _time("expire_time"),
        _keys("reset_links", "token_digest"),
        _of_record("reset_links"),
    )
    _index("reset_links", "tenant", "record_id")
    _index("reset_links", "expire_time")


def _delivery_addresses() -> None:
    _make(
        "delivery_addresses",
        _text("record_id", 64),
        _text("number_index", 32),
        _bytes("address"),
        _bytes("replaced", nullable=True),
        _text("case_number", 64),
        _time("time"),
        _keys("delivery_addresses", "record_id", "number_index"),
        _of_record("delivery_addresses"),
    )


def _arrangements() -> None:
    _make(
        "arrangements",
        _text("record_id", 64),
        _text("number", 64),
        _text("bill", 64),
        _number("instalments"),
        _text("currency", 3),
        sa.Column("instalment_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("first_due_date", sa.Date(), nullable=False),
        _text("state", 16),
        _text("case_number", 64),
        _time("time"),
        _keys("arrangements", "record_id", "number"),
        _of_record("arrangements"),
    )


def _appointments() -> None:
    _make(
        "appointments",
        _text("number", 64),
        _text("record_id", 64),
        _text("branch", 64),
        _time("start_time"),
        _number("minutes"),
        _number("seat", nullable=True),
        _bytes("purpose", nullable=True),
        _text("state", 16),
        _time("time"),
        _keys("appointments", "number"),
        _of_record("appointments"),
        sa.UniqueConstraint(
            "tenant",
            "branch",
            "start_time",
            "seat",
            name="uq_appointments_tenant_branch_start_time_seat",
        ),
    )
    _index("appointments", "tenant", "record_id")
