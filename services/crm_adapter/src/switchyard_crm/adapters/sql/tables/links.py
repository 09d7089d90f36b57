"""What ties records to each other and keeps them apart, and suspected duplicates.

Edges are kept for ever and hold no personal data. They may outlive their records, so no foreign
key leads there. An edge is answered at most once. `evidence` is a JSON list of texts that hold no
values.
"""

from sqlalchemy import Column, Float, Index, String, Table, Text, UniqueConstraint

from switchyard_crm.adapters.sql.tables.base import CLUSTERED, UtcDateTime, metadata, tenant, text

edges = Table(
    "edges",
    metadata,
    tenant(),
    Column("id", String(64), primary_key=True),
    text("record_a", 64),
    text("record_b", 64),
    text("bearing", 16),
    text("reason", 16),
    Column("evidence", Text, nullable=False),
    text("actor", 160),
    Column("time", UtcDateTime, nullable=False),
    Column("answers", String(64)),
    UniqueConstraint("tenant", "answers"),
    Index(None, "tenant", "record_a"),
    Index(None, "tenant", "record_b"),
    **CLUSTERED,
)

# A pair is suspected once, with `record_a` before `record_b`; what was decided is not asked again.
reviews = Table(
    "reviews",
    metadata,
    tenant(),
    Column("id", String(64), primary_key=True),
    text("record_a", 64),
    text("record_b", 64),
    Column("probability", Float, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("create_time", UtcDateTime, nullable=False),
    text("state", 16),
    text("actor", 160),
    Column("decide_time", UtcDateTime),
    UniqueConstraint("tenant", "record_a", "record_b"),
    Index(None, "tenant", "record_b"),
    Index(None, "tenant", "state", "id"),
    **CLUSTERED,
)

# Values that are not a record's, whatever its source says; `value_index` is the blind index.
unlinked = Table(
    "unlinked",
    metadata,
    tenant(),
    Column("record_id", String(64), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("namespace", String(64), primary_key=True),
    Column("value_index", String(32), primary_key=True),
    text("actor", 160),
    Column("time", UtcDateTime, nullable=False),
    **CLUSTERED,
)
