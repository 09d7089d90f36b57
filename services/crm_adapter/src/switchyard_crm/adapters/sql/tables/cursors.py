"""How far each source has been read, and which of its records it has removed."""

from sqlalchemy import Column, String, Table, Text

from switchyard_crm.adapters.sql.tables.base import CLUSTERED, UtcDateTime, metadata, tenant, text

# `position` is the source's own mark after what is stored here, empty: nothing yet. It changes in
# the transaction that stores what it covers. `caught_up_time` is when nothing more was to be read.
# One process reads a source at a time: `holder`, until `held_until_time`.
sync_cursors = Table(
    "sync_cursors",
    metadata,
    tenant(),
    Column("source", String(64), primary_key=True),
    Column("position", Text, nullable=False),
    Column("caught_up_time", UtcDateTime),
    text("holder", 64),
    Column("held_until_time", UtcDateTime, nullable=False),
    **CLUSTERED,
)

# Records that their source has removed or merged into another of its own. What it said of them
# before is kept; the source is not asked for them any more.
removed_records = Table(
    "removed_records",
    metadata,
    tenant(),
    Column("source", String(64), primary_key=True),
    Column("source_id", String(256), primary_key=True),
    Column("time", UtcDateTime, nullable=False),
    **CLUSTERED,
)
