"""Records with sealed fields in the place of customers: records, keys, identifiers, belongings.

The old tables are dropped with what they hold: it stood in them readable by everybody, nothing of
this service was released with them, and an import brings it back.
"""

import sqlalchemy as sa
from alembic import op

from switchyard_crm.adapters.sql.migrations.versions import v0001_customers

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Drop the old tables, make the new ones."""
    v0001_customers.downgrade()
    _records()
    _record_keys()
    _identifiers()
    _orders()
    _bills()
    _cases()
    _interactions()


def downgrade() -> None:
    """The other way round, children first."""
    for table in (
        "interactions",
        "cases",
        "bills",
        "orders",
        "identifiers",
        "record_keys",
        "records",
    ):
        op.drop_table(table)
    v0001_customers.upgrade()


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, _TIME, nullable=nullable)


def _sealed(name: str, *, nullable: bool = True) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _keys(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("tenant", *columns, name=f"pk_{table}")


def _of_record(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant", "record_id"],
        ["records.tenant", "records.id"],
        name=f"fk_{table}_records",
        ondelete="CASCADE",
    )


def _records() -> None:
    op.create_table(
        "records",
        _text("tenant", 64),
        _text("id", 64),
        _text("customer_id", 64),
        _text("source", 64),
        _text("source_id", 256),
        _time("observed_time"),
        _time("first_time"),
        _text("language", 35),
        _text("tier", 200),
        _time("since_time", nullable=True),
        _sealed("name"),
        _sealed("birth_date"),
        _sealed("address"),
        _sealed("identifiers"),
        _text("digest", 32),
        _text("identity_digest", 32),
        _flag("relink"),
        _keys("records", "id"),
        sa.UniqueConstraint(
            "tenant", "source", "source_id", name="uq_records_tenant_source_source_id"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_records_tenant_customer_id", "records", ["tenant", "customer_id"])
    todo = sa.column("relink", sa.Boolean()).is_(sa.true())
    op.create_index(
        "ix_records_relink", "records", ["tenant", "id"], sqlite_where=todo, postgresql_where=todo
    )


def _record_keys() -> None:
    op.create_table(
        "record_keys",
        _text("tenant", 64),
        _text("record_id", 64),
        _sealed("wrapped", nullable=False),
        _keys("record_keys", "record_id"),
        _of_record("record_keys"),
        sqlite_with_rowid=False,
    )


def _identifiers() -> None:
    op.create_table(
        "identifiers",
        _text("tenant", 64),
        _text("kind", 16),
        _text("namespace", 64),
        _text("index", 32),
        _text("record_id", 64),
        _text("name_index", 32),
        _keys("identifiers", "kind", "namespace", "index", "record_id"),
        _of_record("identifiers"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_identifiers_tenant_record_id", "identifiers", ["tenant", "record_id"])


def _orders() -> None:
    op.create_table(
        "orders",
        _text("tenant", 64),
        _text("record_id", 64),
        _text("number_index", 32),
        _sealed("number", nullable=False),
        _text("state", 16),
        _time("placed_time"),
        sa.Column("delivery_date", sa.Date()),
        _text("carrier_zh", 200),
        _text("carrier_en", 200),
        _sealed("tracking_number"),
        _sealed("items"),
        _text("currency", 3),
        sa.Column("total_minor_units", sa.BigInteger(), nullable=False),
        _text("source", 64),
        _keys("orders", "record_id", "number_index"),
        _of_record("orders"),
        sa.UniqueConstraint(
            "tenant", "number_index", "source", name="uq_orders_tenant_number_index_source"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_orders_tenant_record_id_placed_time", "orders", ["tenant", "record_id", "placed_time"]
    )


def _bills() -> None:
    op.create_table(
        "bills",
        _text("tenant", 64),
        _text("record_id", 64),
        _text("number", 64),
        _text("state", 16),
        _text("currency", 3),
        sa.Column("amount_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("due_date", sa.Date()),
        _text("period", 7),
        _text("source", 64),
        _keys("bills", "record_id", "number"),
        _of_record("bills"),
        sqlite_with_rowid=False,
    )


def _cases() -> None:
    op.create_table(
        "cases",
        _text("tenant", 64),
        _text("record_id", 64),
        _text("number", 64),
        _text("state", 16),
        _sealed("subject"),
        _text("priority", 16),
        _time("create_time"),
        _time("update_time"),
        _sealed("order_number"),
        _text("source", 64),
        _flag("logged"),
        _keys("cases", "record_id", "number"),
        _of_record("cases"),
        sqlite_with_rowid=False,
    )


def _interactions() -> None:
    op.create_table(
        "interactions",
        _text("tenant", 64),
        _text("record_id", 64),
        _text("id", 64),
        _text("channel", 32),
        _time("time"),
        _sealed("summary"),
        _text("agent", 200),
        _text("disposition", 200),
        _text("contact", 200),
        _text("source", 64),
        _flag("logged"),
        _keys("interactions", "record_id", "id"),
        _of_record("interactions"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_interactions_tenant_record_id_time",
        "interactions",
        ["tenant", "record_id", "time"],
    )
