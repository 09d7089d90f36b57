"""Personal columns: which there are, and how they are sealed.

Each is sealed by itself with its record's key and bound to its column, so that nothing can be read
in another place than it was written. An empty text is stored as no bytes.
"""

from enum import StrEnum

from switchyard_crm.service.vault import DataKey


class Field(StrEnum):
    """A personal column, as `table.column`; sealed values are bound to this name."""

    NAME = "records.name"
    BIRTH_DATE = "records.birth_date"
    ADDRESS = "records.address"
    IDENTIFIERS = "records.identifiers"
    ORDER_NUMBER = "orders.number"
    ORDER_TRACKING = "orders.tracking_number"
    ORDER_ITEMS = "orders.items"
    ORDER_ADDRESS = "orders.delivery_address"
    NEW_ADDRESS = "delivery_addresses.address"
    REPLACED_ADDRESS = "delivery_addresses.replaced"
    CASE_SUBJECT = "cases.subject"
    CASE_ORDER = "cases.order_number"
    SUMMARY = "interactions.summary"
    PIN = "pins.pin_digest"
    PURPOSE = "appointments.purpose"


def seal(key: DataKey, field: Field, text: str) -> bytes | None:
    """What is stored for a text."""
    return key.seal(field, text) if text else None


def unseal(key: DataKey, field: Field, sealed: bytes | None) -> str:
    """The text that was stored. Raises Unreadable."""
    return key.unseal(field, sealed) if sealed is not None else ""
