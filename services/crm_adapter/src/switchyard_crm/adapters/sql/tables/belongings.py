"""What belongs to a record: orders, bills, cases and interactions.

They hang on the record, not on the customer, so that records which are taken apart again keep what
each of them brought. `logged` rows were written through the service; what a source says later does
not replace them. Personal columns are sealed with the record's key.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from switchyard_crm.adapters.sql.tables.base import CLUSTERED, UtcDateTime, metadata, tenant, text
from switchyard_crm.adapters.sql.tables.records import INDEX_CHARS, of_record

# Within a source an order number is one order.
orders = Table(
    "orders",
    metadata,
    tenant(),
    Column("record_id", String(64), primary_key=True),
    Column("number_index", String(INDEX_CHARS), primary_key=True),
    Column("number", LargeBinary, nullable=False),
    text("state", 16),
    Column("placed_time", UtcDateTime, nullable=False),
    Column("delivery_date", Date),
    text("carrier_zh", 200),
    text("carrier_en", 200),
    Column("tracking_number", LargeBinary),
    Column("items", LargeBinary),
    Column("delivery_address", LargeBinary),
    text("currency", 3),
    Column("total_minor_units", BigInteger, nullable=False),
    text("source", 64),
    of_record(),
    UniqueConstraint("tenant", "number_index", "source"),
    Index(None, "tenant", "record_id", "placed_time"),
    **CLUSTERED,
)

bills = Table(
    "bills",
    metadata,
    tenant(),
    Column("record_id", String(64), primary_key=True),
    Column("number", String(64), primary_key=True),
    text("state", 16),
    text("currency", 3),
    Column("amount_minor_units", BigInteger, nullable=False),
    Column("due_date", Date),
    text("period", 7),
    text("source", 64),
    of_record(),
    **CLUSTERED,
)

cases = Table(
    "cases",
    metadata,
    tenant(),
    Column("record_id", String(64), primary_key=True),
    Column("number", String(64), primary_key=True),
    text("state", 16),
    Column("subject", LargeBinary),
    text("priority", 16),
    Column("create_time", UtcDateTime, nullable=False),
    Column("update_time", UtcDateTime, nullable=False),
    Column("order_number", LargeBinary),
    Column("kind", String(32), nullable=False, server_default=""),
    text("source", 64),
    Column("logged", Boolean, nullable=False),
    of_record(),
    **CLUSTERED,
)

interactions = Table(
    "interactions",
    metadata,
    tenant(),
    Column("record_id", String(64), primary_key=True),
    Column("id", String(64), primary_key=True),
    text("channel", 32),
    Column("time", UtcDateTime, nullable=False),
    Column("summary", LargeBinary),
    text("agent", 200),
    text("disposition", 200),
    text("contact", 200),
    text("source", 64),
    Column("logged", Boolean, nullable=False),
    of_record(),
    Index(None, "tenant", "record_id", "time"),
    **CLUSTERED,
)
