"""All tables of the store together. Migrations make them; a test proves that both agree.

Keys begin with the tenant. Money is in the smallest unit, times are in UTC.
"""

from switchyard_crm.adapters.sql.tables import (
    audit,
    consents,
    cursors,
    links,
    outbox,
    self_service,
)
from switchyard_crm.adapters.sql.tables.base import UtcDateTime, metadata
from switchyard_crm.adapters.sql.tables.belongings import bills, cases, interactions, orders
from switchyard_crm.adapters.sql.tables.records import identifiers, record_keys, records

__all__ = [
    "UtcDateTime",
    "audit",
    "bills",
    "cases",
    "consents",
    "cursors",
    "identifiers",
    "interactions",
    "links",
    "metadata",
    "orders",
    "outbox",
    "record_keys",
    "records",
    "self_service",
]
