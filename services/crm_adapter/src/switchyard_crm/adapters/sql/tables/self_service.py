"""What customers do alone: proofs of who they are, and what they changed, asked for or booked.

All but the counts of attempts hangs on a record, and is exported and erased with it. Secrets are
here as digests only: those of codes and links are keyed hashes, a PIN's scrypt hash is sealed on
top, since four digits are soon tried.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from switchyard_crm.adapters.sql.tables.base import CLUSTERED, UtcDateTime, metadata, tenant, text
from switchyard_crm.adapters.sql.tables.records import INDEX_CHARS, of_record

# Wrong attempts, by blind index of what was tried: there is a row whether that exists or not.
# `time` is the last attempt; rows are swept some days after it.
attempts = Table(
    "attempts",
    metadata,
    tenant(),
    Column("what_index", String(INDEX_CHARS), primary_key=True),
    Column("wrong", Integer, nullable=False),
    Column("locked_until", UtcDateTime),
    Column("time", UtcDateTime, nullable=False),
    Index(None, "time"),
    **CLUSTERED,
)

# `told_digest` is that of the hash which the record's source told: the same one, told again, does
# not undo what the customer has set since. Of several records of a customer the latest PIN counts.
pins = Table(
    "pins",
    metadata,
    tenant(),
    Column("record_id", String(64), primary_key=True),
    Column("pin_digest", LargeBinary, nullable=False),
    text("told_digest", INDEX_CHARS),
    Column("time", UtcDateTime, nullable=False),
    of_record(),
    **CLUSTERED,
)

# One code per customer and conversation; it goes when it is used.
codes = Table(
    "codes",
    metadata,
    tenant(),
    Column("record_id", String(64), primary_key=True),
    Column("conversation_index", String(INDEX_CHARS), primary_key=True),
    text("code_digest", INDEX_CHARS),
    Column("expire_time", UtcDateTime, nullable=False),
    of_record(),
    Index(None, "expire_time"),
    **CLUSTERED,
)

# One link per customer; it goes when it is used, or when there is a newer one.
reset_links = Table(
    "reset_links",
    metadata,
    tenant(),
    Column("token_digest", String(INDEX_CHARS), primary_key=True),
    text("record_id", 64),
    Column("expire_time", UtcDateTime, nullable=False),
    of_record(),
    Index(None, "tenant", "record_id"),
    Index(None, "expire_time"),
    **CLUSTERED,
)

# Where customers want an order delivered to. It counts for as long as the source still says
# `replaced`: a source that tells another address knows better.
delivery_addresses = Table(
    "delivery_addresses",
    metadata,
    tenant(),
    Column("record_id", String(64), primary_key=True),
    Column("number_index", String(INDEX_CHARS), primary_key=True),
    Column("address", LargeBinary, nullable=False),
    Column("replaced", LargeBinary),
    text("case_number", 64),
    Column("time", UtcDateTime, nullable=False),
    of_record(),
    **CLUSTERED,
)

arrangements = Table(
    "arrangements",
    metadata,
    tenant(),
    Column("record_id", String(64), primary_key=True),
    Column("number", String(64), primary_key=True),
    text("bill", 64),
    Column("instalments", Integer, nullable=False),
    text("currency", 3),
    Column("instalment_minor_units", BigInteger, nullable=False),
    Column("first_due_date", Date, nullable=False),
    text("state", 16),
    text("case_number", 64),
    Column("time", UtcDateTime, nullable=False),
    of_record(),
    **CLUSTERED,
)

# `seat` is the place taken among those that a branch has at that time, from 1 on; none once the
# appointment is cancelled. That no seat is taken twice is what makes double booking impossible.
appointments = Table(
    "appointments",
    metadata,
    tenant(),
    Column("number", String(64), primary_key=True),
    text("record_id", 64),
    text("branch", 64),
    Column("start_time", UtcDateTime, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("seat", Integer),
    Column("purpose", LargeBinary),
    text("state", 16),
    Column("time", UtcDateTime, nullable=False),
    of_record(),
    UniqueConstraint("tenant", "branch", "start_time", "seat"),
    Index(None, "tenant", "record_id"),
    **CLUSTERED,
)
