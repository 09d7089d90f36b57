"""What sources hold of people, record by record, the keys of it, and what people are known by.

Personal columns are bytes, sealed with the record's key; an empty text is no bytes at all. Where
values are looked up there is only their blind index.
"""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    true,
)

from switchyard_crm.adapters.sql.tables.base import CLUSTERED, UtcDateTime, metadata, tenant, text

INDEX_CHARS = 32


def of_record() -> ForeignKeyConstraint:
    """Whose a row is; it goes with the record."""
    return ForeignKeyConstraint(
        ["tenant", "record_id"], ["records.tenant", "records.id"], ondelete="CASCADE"
    )


# Records with the same `customer_id` are one customer; it is the id of one of them. `first_time` is
# when the record was first stored here, `observed_time` when the source held it like this.
# `digest` changes with anything the source says, `identity_digest` with what links records: name,
# birth date, identifiers. `relink` is set until somebody has looked for others of that person.
records = Table(
    "records",
    metadata,
    tenant(),
    Column("id", String(64), primary_key=True),
    text("customer_id", 64),
    text("source", 64),
    text("source_id", 256),
    Column("observed_time", UtcDateTime, nullable=False),
    Column("first_time", UtcDateTime, nullable=False),
    text("language", 35),
    text("tier", 200),
    Column("since_time", UtcDateTime),
    Column("name", LargeBinary),
    Column("birth_date", LargeBinary),
    Column("address", LargeBinary),
    Column("identifiers", LargeBinary),
    text("digest", INDEX_CHARS),
    text("identity_digest", INDEX_CHARS),
    Column("relink", Boolean, nullable=False),
    UniqueConstraint("tenant", "source", "source_id"),
    Index(None, "tenant", "customer_id"),
    **CLUSTERED,
)
# Holds only what is still to be done.
Index(
    "ix_records_relink",
    records.c.tenant,
    records.c.id,
    sqlite_where=records.c.relink.is_(true()),
    postgresql_where=records.c.relink.is_(true()),
)

# The key of each record, wrapped by the master key. Without its row nothing of it can be read.
record_keys = Table(
    "record_keys",
    metadata,
    tenant(),
    Column("record_id", String(64), primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
    of_record(),
    **CLUSTERED,
)

# `name_index` is the blind index of the comparable name of who holds it; empty without a name.
identifiers = Table(
    "identifiers",
    metadata,
    tenant(),
    Column("kind", String(16), primary_key=True),
    Column("namespace", String(64), primary_key=True),
    Column("index", String(INDEX_CHARS), primary_key=True),
    Column("record_id", String(64), primary_key=True),
    text("name_index", INDEX_CHARS),
    of_record(),
    Index(None, "tenant", "record_id"),
    **CLUSTERED,
)
