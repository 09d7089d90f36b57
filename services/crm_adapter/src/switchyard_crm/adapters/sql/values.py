"""Values of the domain as rows of the store, sealed with the key of their record."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from switchyard_crm.adapters.sql.seals import Field, seal
from switchyard_crm.domain.customer import Bill, Case, Interaction, Order
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind, order_key
from switchyard_crm.domain.matching.person_names import name_key
from switchyard_crm.domain.names import CustomerId, TenantId
from switchyard_crm.domain.records import CustomerRecord, Profile
from switchyard_crm.service.vault import DataKey, Vault

type Values = dict[str, object]

_DIGEST, _NAME = "digest", "name"
# Sources may say more than the columns hold, and what PostgreSQL does not store.
_MAX_LANGUAGE, _MAX_TIER, _NUL = 35, 200, "\x00"
_ANY_TIME = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as it is to be stored: its id, what it holds, and the key that seals it."""

    tenant: TenantId
    id: CustomerId
    content: CustomerRecord
    key: DataKey

    @property
    def owner(self) -> Values:
        """The columns that say whose a row is."""
        return {"tenant": self.tenant, "record_id": self.id}


@dataclass(frozen=True, slots=True)
class Digests:
    """What changes with anything a source says of somebody, and with what links records.

    Both are keyed: nobody finds a name or birth date by trying.
    """

    content: str
    identity: str


def digests(vault: Vault, record: CustomerRecord) -> Digests:
    """The digests of a record, whenever the source held it."""
    tenant, profile = record.name.tenant, record.profile
    origin = replace(profile.provenance, observed_time=_ANY_TIME)
    known = sorted(profile.identifiers)
    timeless = replace(profile, provenance=origin, identifiers=tuple(known))
    belongings = (record.orders, record.bills, record.cases, record.interactions)
    parts = (timeless, *belongings, record.pin_hash)
    identity = (profile.display_name, profile.birth_date, known)
    return Digests(
        vault.index(tenant, _DIGEST, "", _plain(parts)),
        vault.index(tenant, _DIGEST, "identity", _plain(identity)),
    )


def order_index(vault: Vault, tenant: TenantId, comparable: str) -> str:
    """What stands for the comparable form of an order number."""
    return vault.index(tenant, IdentifierKind.ORDER_NUMBER.value, "", comparable)


def identifier_index(vault: Vault, tenant: TenantId, known: Identifier) -> str:
    """What stands for an identifier where it is looked up."""
    return vault.index(tenant, known.kind.value, known.namespace, known.value)


def profile_values(profile: Profile, key: DataKey) -> Values:
    """The columns of a record that say who somebody is."""
    birth_date = profile.birth_date.isoformat() if profile.birth_date is not None else ""
    return {
        "observed_time": profile.provenance.observed_time,
        "language": _short(profile.language, _MAX_LANGUAGE),
        "tier": profile.tier.replace(_NUL, "")[:_MAX_TIER],
        "since_time": profile.since_time,
        "name": seal(key, Field.NAME, profile.display_name),
        "birth_date": seal(key, Field.BIRTH_DATE, birth_date),
        "address": seal(key, Field.ADDRESS, profile.address),
        "identifiers": seal(key, Field.IDENTIFIERS, _identifiers(profile)),
    }


def identifier_values(vault: Vault, record: Stored) -> Iterator[Values]:
    """The rows by which a record is found."""
    profile = record.content.profile
    name = name_key(profile.display_name) if profile.identifiers else ""
    name_index = vault.index(record.tenant, _NAME, "", name) if name else ""
    for known in dict.fromkeys(profile.identifiers):
        yield {
            **record.owner,
            "kind": known.kind.value,
            "namespace": known.namespace,
            "index": identifier_index(vault, record.tenant, known),
            "name_index": name_index,
        }


def order_values(vault: Vault, record: Stored) -> Iterator[Values]:
    """The rows of orders."""
    for order in record.content.orders:
        comparable = order_key(order.number, "number")
        yield {
            **record.owner,
            "number_index": order_index(vault, record.tenant, comparable),
            "number": record.key.seal(Field.ORDER_NUMBER, order.number),
            "state": order.state,
            "placed_time": order.placed_time,
            "delivery_date": order.delivery_date,
            "carrier_zh": order.carrier.zh,
            "carrier_en": order.carrier.en,
            "tracking_number": seal(record.key, Field.ORDER_TRACKING, order.tracking_number),
            "items": seal(record.key, Field.ORDER_ITEMS, _items(order)),
            "delivery_address": seal(record.key, Field.ORDER_ADDRESS, order.delivery_address),
            "currency": order.total.currency,
            "total_minor_units": order.total.minor_units,
            "source": order.source,
        }


def bill_values(_: Vault, record: Stored) -> Iterator[Values]:
    """The rows of bills."""
    for bill in record.content.bills:
        yield {**record.owner, **_bill(bill)}


def case_values(_: Vault, record: Stored) -> Iterator[Values]:
    """The rows of cases that a source told of."""
    for case in record.content.cases:
        yield {**record.owner, **case_columns(case, record.key), "logged": False}


def interaction_values(_: Vault, record: Stored) -> Iterator[Values]:
    """The rows of interactions that a source told of."""
    for interaction in record.content.interactions:
        columns = interaction_columns(interaction, record.key)
        yield {**record.owner, **columns, "logged": False}


def pin_values(vault: Vault, record: Stored) -> Iterator[Values]:
    """The row of a PIN that a source told of, without its time."""
    if pin_hash := record.content.pin_hash:
        yield {
            **record.owner,
            "pin_digest": record.key.seal(Field.PIN, pin_hash),
            "told_digest": vault.index(record.tenant, _DIGEST, "pin", pin_hash),
        }


def case_columns(case: Case, key: DataKey) -> Values:
    """The columns of a case, without those that say whose it is and who wrote it."""
    return {
        "number": case.number,
        "state": case.state,
        "subject": seal(key, Field.CASE_SUBJECT, case.subject),
        "priority": case.priority,
        "create_time": case.create_time,
        "update_time": case.update_time,
        "order_number": seal(key, Field.CASE_ORDER, case.order_number),
        "kind": case.kind,
        "source": case.source,
    }


def interaction_columns(interaction: Interaction, key: DataKey) -> Values:
    """The columns of an interaction, without those that say whose it is and who wrote it."""
    return {
        "id": interaction.id,
        "channel": interaction.channel,
        "time": interaction.time,
        "summary": seal(key, Field.SUMMARY, interaction.summary),
        "agent": interaction.agent,
        "disposition": interaction.disposition,
        "contact": interaction.contact,
        "source": interaction.source,
    }


def _bill(bill: Bill) -> Values:
    return {
        "number": bill.number,
        "state": bill.state,
        "currency": bill.amount.currency,
        "amount_minor_units": bill.amount.minor_units,
        "due_date": bill.due_date,
        "period": bill.period,
        "source": bill.source,
    }


def _short(text: str, chars: int) -> str:
    """A text that means something only as a whole, or nothing."""
    return text if len(text) <= chars and _NUL not in text else ""


def _plain(content: object) -> str:
    return hashlib.sha256(repr(content).encode()).hexdigest()


def _identifiers(profile: Profile) -> str:
    known = [(each.kind.value, each.value, each.namespace) for each in profile.identifiers]
    return _json(known) if known else ""


def _items(order: Order) -> str:
    lines = [(item.name.zh, item.name.en, item.quantity) for item in order.items]
    return _json(lines) if lines else ""


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
