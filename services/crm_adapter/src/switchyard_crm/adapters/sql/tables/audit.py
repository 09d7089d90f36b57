"""Who read what of whom, and whose data was erased.

`audit` holds ids only. `erasures` keeps an erased record from coming back with the next import: it
knows it by the blind index of its id in the source. `source_id` is there until the source has
erased it too, since it has to be named to it.
"""

from sqlalchemy import Column, Index, String, Table

from switchyard_crm.adapters.sql.tables.base import CLUSTERED, UtcDateTime, metadata, tenant, text

audit = Table(
    "audit",
    metadata,
    tenant(),
    Column("id", String(64), primary_key=True),
    Column("time", UtcDateTime, nullable=False),
    text("actor", 160),
    text("rpc", 32),
    text("customer_id", 64),
    text("detail", 200),
    Index(None, "tenant", "customer_id", "time"),
    Index(None, "time"),
    **CLUSTERED,
)

erasures = Table(
    "erasures",
    metadata,
    tenant(),
    Column("source", String(64), primary_key=True),
    Column("source_index", String(32), primary_key=True),
    text("record_id", 64),
    text("customer_id", 64),
    text("state", 16),
    text("source_id", 256),
    text("actor", 160),
    Column("time", UtcDateTime, nullable=False),
    Index(None, "tenant", "record_id"),
    Index(None, "tenant", "customer_id"),
    Index(None, "state", "time"),
    **CLUSTERED,
)
