"""Tables of the store. Migrations make them; a test proves that both agree.

Keys begin with the tenant. `number_key` is the comparable form of an order number. Money is in the
smallest unit, times are in UTC.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """Aware times, kept in UTC, also where the database keeps no offset."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database: in UTC. ValueError for a time without offset."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without offset cannot be stored")
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database: aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _tenant() -> Column[str]:
    return Column("tenant", String(64), primary_key=True)


def _text(name: str, length: int) -> Column[str]:
    return Column(name, String(length), nullable=False)


def _of_customer() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["tenant", "customer_id"], ["customers.tenant", "customers.id"], ondelete="CASCADE"
    )


# Rows lie in the order of the primary key, so that a customer's entries are read in one go.
_CLUSTERED: dict[str, Any] = {"sqlite_with_rowid": False}

customers = Table(
    "customers",
    metadata,
    _tenant(),
    Column("id", String(64), primary_key=True),
    _text("display_name", 200),
    _text("language", 35),
    _text("tier", 200),
    Column("birth_date", Date),
    _text("address", 500),
    Column("since_time", UtcDateTime),
    _text("source", 64),
    _text("source_id", 256),
    Column("observed_time", UtcDateTime, nullable=False),
    **_CLUSTERED,
)

identifiers = Table(
    "identifiers",
    metadata,
    _tenant(),
    Column("kind", String(16), primary_key=True),
    Column("namespace", String(64), primary_key=True),
    Column("value", String(256), primary_key=True),
    Column("customer_id", String(64), primary_key=True),
    _of_customer(),
    Index(None, "tenant", "customer_id"),
    **_CLUSTERED,
)

orders = Table(
    "orders",
    metadata,
    _tenant(),
    Column("number_key", String(64), primary_key=True),
    _text("customer_id", 64),
    _text("number", 64),
    _text("state", 16),
    Column("placed_time", UtcDateTime, nullable=False),
    Column("delivery_date", Date),
    _text("carrier_zh", 200),
    _text("carrier_en", 200),
    _text("tracking_number", 200),
    _text("currency", 3),
    Column("total_minor_units", BigInteger, nullable=False),
    _text("source", 64),
    _of_customer(),
    Index(None, "tenant", "customer_id", "placed_time"),
    **_CLUSTERED,
)

order_items = Table(
    "order_items",
    metadata,
    _tenant(),
    Column("number_key", String(64), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    _text("name_zh", 200),
    _text("name_en", 200),
    Column("quantity", Integer, nullable=False),
    ForeignKeyConstraint(
        ["tenant", "number_key"], ["orders.tenant", "orders.number_key"], ondelete="CASCADE"
    ),
    **_CLUSTERED,
)

bills = Table(
    "bills",
    metadata,
    _tenant(),
    Column("customer_id", String(64), primary_key=True),
    Column("number", String(64), primary_key=True),
    _text("state", 16),
    _text("currency", 3),
    Column("amount_minor_units", BigInteger, nullable=False),
    Column("due_date", Date),
    _text("period", 7),
    _text("source", 64),
    _of_customer(),
    **_CLUSTERED,
)

cases = Table(
    "cases",
    metadata,
    _tenant(),
    Column("customer_id", String(64), primary_key=True),
    Column("number", String(64), primary_key=True),
    _text("state", 16),
    _text("subject", 200),
    _text("priority", 16),
    Column("create_time", UtcDateTime, nullable=False),
    Column("update_time", UtcDateTime, nullable=False),
    _text("order_number", 200),
    _text("source", 64),
    _of_customer(),
    **_CLUSTERED,
)

# `request_id` and `digest` are set for what was logged through the service; an import, which
# replaces the rest, leaves those rows alone.
interactions = Table(
    "interactions",
    metadata,
    _tenant(),
    Column("customer_id", String(64), primary_key=True),
    Column("id", String(64), primary_key=True),
    _text("channel", 32),
    Column("time", UtcDateTime, nullable=False),
    _text("summary", 500),
    _text("agent", 200),
    _text("disposition", 200),
    _text("contact", 200),
    _text("source", 64),
    Column("request_id", String(128)),
    Column("digest", String(64)),
    _of_customer(),
    UniqueConstraint("tenant", "request_id"),
    Index(None, "tenant", "customer_id", "time"),
    **_CLUSTERED,
)
