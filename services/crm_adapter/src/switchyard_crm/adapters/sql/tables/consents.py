"""What customers allow, and numbers that must not be called.

Consents are only ever added: the whole history is the proof of what was allowed when.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table

from switchyard_crm.adapters.sql.tables.base import CLUSTERED, UtcDateTime, metadata, tenant, text

# One row per record of the customer at that time. `named_record_id` is the record that the caller
# named: what it granted holds for others only while they are one customer with it. `position` is
# the order in which consents were given, whatever the clocks say. An empty channel means all.
consents = Table(
    "consents",
    metadata,
    Column(
        "position",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    Column("tenant", String(64), nullable=False),
    text("record_id", 64),
    text("named_record_id", 64),
    text("channel", 32),
    text("purpose", 16),
    Column("granted", Boolean, nullable=False),
    Column("evidence", LargeBinary, nullable=False),
    Column("time", UtcDateTime, nullable=False),
    Index(None, "tenant", "record_id", "purpose"),
    sqlite_autoincrement=True,
)

# Identifiers nobody may contact, customers or not, by blind index.
do_not_call = Table(
    "do_not_call",
    metadata,
    tenant(),
    Column("kind", String(16), primary_key=True),
    Column("namespace", String(64), primary_key=True),
    Column("index", String(32), primary_key=True),
    Column("time", UtcDateTime, nullable=False),
    **CLUSTERED,
)
