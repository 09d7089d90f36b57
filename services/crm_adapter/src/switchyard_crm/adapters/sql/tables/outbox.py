"""Writes on their way to the CRMs, and what was asked under which request id.

A delivery is one write as its caller knows it. A dispatch is its way to one source. A lane is the
row of dispatches to one record in one source, which are sent one after the other; who sends holds
the lane until `due_time`. No foreign keys lead to records: the key of an erased record is gone, and
with it everything sealed here; the worker and `drop` remove the rows.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    false,
)

from switchyard_crm.adapters.sql.tables.base import CLUSTERED, UtcDateTime, metadata, tenant, text

# What was asked under which request id, and what was answered; swept after some days.
requests = Table(
    "requests",
    metadata,
    tenant(),
    Column("id", String(128), primary_key=True),
    text("rpc", 32),
    text("digest", 64),
    text("answer", 2000),
    Column("time", UtcDateTime, nullable=False),
    Index(None, "time"),
    **CLUSTERED,
)

deliveries = Table(
    "deliveries",
    metadata,
    tenant(),
    Column("id", String(64), primary_key=True),
    text("record_id", 64),
    text("kind", 16),
    Column("time", UtcDateTime, nullable=False),
    Index(None, "time"),
    Index(None, "tenant", "record_id"),
    **CLUSTERED,
)

# `position` is the order in which dispatches were put, whatever the clocks say. `record_id` is the
# record in the source, `case_number` the case that is meant: dispatches of one case hang together.
# The payload is removed when it has been delivered.
dispatches = Table(
    "dispatches",
    metadata,
    Column(
        "position",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    Column("tenant", String(64), nullable=False),
    text("delivery_id", 64),
    text("source", 64),
    text("record_id", 64),
    text("kind", 16),
    text("case_number", 256),
    text("state", 16),
    Column("attempts", Integer, nullable=False),
    Column("faults", Integer, nullable=False),
    text("last_error", 300),
    text("remote_id", 256),
    Column("payload", LargeBinary),
    Column("put_time", UtcDateTime, nullable=False),
    Column("end_time", UtcDateTime),
    ForeignKeyConstraint(
        ["tenant", "delivery_id"], ["deliveries.tenant", "deliveries.id"], ondelete="CASCADE"
    ),
    Index(None, "tenant", "delivery_id"),
    Index(None, "tenant", "source", "record_id", "state", "position"),
    Index(None, "tenant", "record_id"),
    Index(None, "state", "source", "put_time"),
    sqlite_autoincrement=True,
)

lanes = Table(
    "lanes",
    metadata,
    tenant(),
    Column("source", String(64), primary_key=True),
    Column("record_id", String(64), primary_key=True),
    Column("due_time", UtcDateTime, nullable=False),
    text("holder", 32),
    Index(None, "tenant", "source", "due_time"),
    **CLUSTERED,
)

# What the CRMs made of what was written here: the same case or interaction under its id there.
copies = Table(
    "copies",
    metadata,
    tenant(),
    Column("source", String(64), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("remote_id", String(256), primary_key=True),
    text("record_id", 64),
    text("local_id", 64),
    Column("time", UtcDateTime, nullable=False),
    Index(None, "tenant", "record_id"),
    Index(None, "tenant", "local_id"),
    **CLUSTERED,
)

# Numbers given to cases here, each once in a tenant.
case_numbers = Table(
    "case_numbers",
    metadata,
    tenant(),
    Column("number", String(64), primary_key=True),
    text("record_id", 64),
    Index(None, "tenant", "record_id"),
    **CLUSTERED,
)

# What was said in a case: its description and the comments, in the order of `position`. Customers
# read what is `public`, the other entries are among colleagues.
case_entries = Table(
    "case_entries",
    metadata,
    Column(
        "position",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    Column("tenant", String(64), nullable=False),
    text("record_id", 64),
    text("number", 64),
    Column("time", UtcDateTime, nullable=False),
    Column("text", LargeBinary, nullable=False),
    Column("public", Boolean, nullable=False, server_default=false()),
    Index(None, "tenant", "record_id", "number"),
    sqlite_autoincrement=True,
)
