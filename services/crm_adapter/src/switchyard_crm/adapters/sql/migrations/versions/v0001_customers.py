"""Customers, what they are known by, and what belongs to them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _customers()
    _identifiers()
    _orders()
    _order_items()
    _bills()
    _cases()
    _interactions()


def downgrade() -> None:
    """Drop the tables, children first."""
    for table in (
        "interactions",
        "cases",
        "bills",
        "order_items",
        "orders",
        "identifiers",
        "customers",
    ):
        op.drop_table(table)


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, _TIME, nullable=nullable)


def _keys(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("tenant", *columns, name=f"pk_{table}")


def _of_customer(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant", "customer_id"],
        ["customers.tenant", "customers.id"],
        name=f"fk_{table}_customers",
        ondelete="CASCADE",
    )


def _customers() -> None:
    op.create_table(
        "customers",
        _text("tenant", 64),
        _text("id", 64),
        _text("display_name", 200),
        _text("language", 35),
        _text("tier", 200),
        sa.Column("birth_date", sa.Date()),
        _text("address", 500),
        _time("since_time", nullable=True),
        _text("source", 64),
        _text("source_id", 256),
        _time("observed_time"),
        _keys("customers", "id"),
        sqlite_with_rowid=False,
    )


def _identifiers() -> None:
    op.create_table(
        "identifiers",
        _text("tenant", 64),
        _text("kind", 16),
        _text("namespace", 64),
        _text("value", 256),
        _text("customer_id", 64),
        _keys("identifiers", "kind", "namespace", "value", "customer_id"),
        _of_customer("identifiers"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_identifiers_tenant_customer_id", "identifiers", ["tenant", "customer_id"])


def _orders() -> None:
    op.create_table(
        "orders",
        _text("tenant", 64),
        _text("number_key", 64),
        _text("customer_id", 64),
        _text("number", 64),
        _text("state", 16),
        _time("placed_time"),
        sa.Column("delivery_date", sa.Date()),
        _text("carrier_zh", 200),
        _text("carrier_en", 200),
        _text("tracking_number", 200),
        _text("currency", 3),
        sa.Column("total_minor_units", sa.BigInteger(), nullable=False),
        _text("source", 64),
        _keys("orders", "number_key"),
        _of_customer("orders"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_orders_tenant_customer_id_placed_time",
        "orders",
        ["tenant", "customer_id", "placed_time"],
    )


def _order_items() -> None:
    op.create_table(
        "order_items",
        _text("tenant", 64),
        _text("number_key", 64),
        sa.Column("position", sa.Integer(), nullable=False),
        _text("name_zh", 200),
        _text("name_en", 200),
        sa.Column("quantity", sa.Integer(), nullable=False),
        _keys("order_items", "number_key", "position"),
        sa.ForeignKeyConstraint(
            ["tenant", "number_key"],
            ["orders.tenant", "orders.number_key"],
            name="fk_order_items_orders",
            ondelete="CASCADE",
        ),
        sqlite_with_rowid=False,
    )


def _bills() -> None:
    op.create_table(
        "bills",
        _text("tenant", 64),
        _text("customer_id", 64),
        _text("number", 64),
        _text("state", 16),
        _text("currency", 3),
        sa.Column("amount_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("due_date", sa.Date()),
        _text("period", 7),
        _text("source", 64),
        _keys("bills", "customer_id", "number"),
        _of_customer("bills"),
        sqlite_with_rowid=False,
    )


def _cases() -> None:
    op.create_table(
        "cases",
        _text("tenant", 64),
        _text("customer_id", 64),
        _text("number", 64),
        _text("state", 16),
        _text("subject", 200),
        _text("priority", 16),
        _time("create_time"),
        _time("update_time"),
        _text("order_number", 200),
        _text("source", 64),
        _keys("cases", "customer_id", "number"),
        _of_customer("cases"),
        sqlite_with_rowid=False,
    )


def _interactions() -> None:
    op.create_table(
        "interactions",
        _text("tenant", 64),
        _text("customer_id", 64),
        _text("id", 64),
        _text("channel", 32),
        _time("time"),
        _text("summary", 500),
        _text("agent", 200),
        _text("disposition", 200),
        _text("contact", 200),
        _text("source", 64),
        sa.Column("request_id", sa.String(128)),
        sa.Column("digest", sa.String(64)),
        _keys("interactions", "customer_id", "id"),
        _of_customer("interactions"),
        sa.UniqueConstraint("tenant", "request_id", name="uq_interactions_tenant_request_id"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_interactions_tenant_customer_id_time",
        "interactions",
        ["tenant", "customer_id", "time"],
    )
