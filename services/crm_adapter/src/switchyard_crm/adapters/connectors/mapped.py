"""A CRM's JSON as our values, by a mapping.

What a CRM holds is typed by people: a field that cannot be read is left out, since one bad birth
date must not hide the record; only what a value cannot be without is an error.
"""

import unicodedata
from collections.abc import Iterator
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from switchyard_common.clock import Clock

from switchyard_crm.adapters.connectors.fields import FieldRule
from switchyard_crm.adapters.connectors.mapping import (
    CaseFields,
    FieldMapping,
    HandleRule,
    ItemFields,
    TotalFields,
)
from switchyard_crm.domain.customer import (
    Case,
    Interaction,
    Money,
    Order,
    OrderItem,
    Provenance,
    Words,
)
from switchyard_crm.domain.errors import InvalidField
from switchyard_crm.domain.identifiers import (
    GivenIdentifier,
    Identifier,
    IdentifierKind,
    Normaliser,
)
from switchyard_crm.domain.names import TenantId
from switchyard_crm.domain.records import Profile
from switchyard_crm.service.connectors import Invalid, Unsupported

MAX_IDENTIFIERS = 50
_MAX_MINOR_UNITS = 2**53
_MAX_QUANTITY = Decimal(1_000_000)
# ISO 4217: currencies whose smallest unit is not a hundredth.
_DIGITS = {
    **dict.fromkeys(("JPY", "KRW", "VND", "CLP", "ISK", "PYG", "UGX", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
_NO_TENANT = TenantId("")  # only customer ids have one, and no CRM holds those


class Mapper:
    """Reads the documents of one source."""

    def __init__(
        self, source: str, mapping: FieldMapping, normaliser: Normaliser, clock: Clock
    ) -> None:
        """`source` is the connector's name."""
        self.mapping = mapping
        self._source = source
        self._normaliser = normaliser
        self._clock = clock

    def profile(self, document: Any) -> Profile:
        """A person. Raises Invalid if there is no id."""
        fields = self.mapping.profile
        observed = fields.observed.time(document) if fields.observed else None
        return Profile(
            Provenance(
                self._source,
                _needed(fields.source_id, document, "profile.source_id"),
                observed or self._clock.now(),
            ),
            display_name=_text(fields.display_name, document),
            language=_text(fields.language, document),
            tier=_text(fields.tier, document),
            birth_date=fields.birth_date.day(document) if fields.birth_date else None,
            address=_text(fields.address, document),
            since_time=fields.since.time(document) if fields.since else None,
            identifiers=self._identifiers(document),
        )

    def case(self, document: Any) -> Case:
        """A case. Raises Invalid without number, state and time, Unsupported if not mapped."""
        fields = _mapped(self.mapping.case, "case")
        created, updated = _case_times(fields, document)
        return Case(
            number=_needed(fields.number, document, "case.number"),
            state=_needed(fields.state, document, "case.state"),
            subject=_text(fields.subject, document),
            priority=_text(fields.priority, document),
            create_time=created,
            update_time=updated,
            order_number=_text(fields.order_number, document),
            source=self._source,
        )

    def order(self, document: Any) -> Order:
        """An order. Raises Invalid without number, state and time, Unsupported if not mapped."""
        fields = _mapped(self.mapping.order, "order")
        return Order(
            number=_needed(fields.number, document, "order.number"),
            state=_needed(fields.state, document, "order.state"),
            placed_time=_needed_time(fields.placed, document, "order.placed"),
            total=_money(fields.total, document) if fields.total else Money("", 0),
            items=tuple(_items(fields.items, document)) if fields.items else (),
            delivery_date=fields.delivery_date.day(document) if fields.delivery_date else None,
            carrier=words(_text(fields.carrier, document)),
            tracking_number=_text(fields.tracking_number, document),
            source=self._source,
        )

    def interaction(self, document: Any) -> Interaction:
        """An interaction. Raises Invalid without id and time, Unsupported if not mapped."""
        fields = _mapped(self.mapping.interaction, "interaction")
        return Interaction(
            id=_needed(fields.id, document, "interaction.id"),
            channel=_text(fields.channel, document),
            time=_needed_time(fields.time, document, "interaction.time"),
            summary=_text(fields.summary, document),
            agent=_text(fields.agent, document),
            disposition=_text(fields.disposition, document),
            contact=_text(fields.contact, document),
            source=self._source,
        )

    def _identifiers(self, document: Any) -> tuple[Identifier, ...]:
        known = dict.fromkeys(
            identifier
            for given in self._given(document)
            if (identifier := self._normalised(given)) is not None
        )
        return tuple(known)[:MAX_IDENTIFIERS]

    def _given(self, document: Any) -> Iterator[GivenIdentifier]:
        fields = self.mapping.profile
        plain = ((IdentifierKind.PHONE, fields.phones), (IdentifierKind.EMAIL, fields.emails))
        for kind, rules in plain:
            for rule in rules:
                yield from (GivenIdentifier(kind, text) for text in rule.texts(document))
        named: tuple[tuple[IdentifierKind, tuple[HandleRule, ...]], ...] = (
            (IdentifierKind.HANDLE, fields.handles),
            (IdentifierKind.SOURCE_RECORD, fields.records),
        )
        for kind, handles in named:
            for handle in handles:
                for text in handle.path.texts(document):
                    yield GivenIdentifier(kind, text, handle.namespace)

    def _normalised(self, given: GivenIdentifier) -> Identifier | None:
        try:
            return self._normaliser.normalise(given, _NO_TENANT, "")
        except InvalidField:
            return None  # "unknown", "-", a name: what people type into a field for a number


def words(text: str) -> Words:
    """A text in the language that its letters show."""
    chinese = any("CJK" in unicodedata.name(letter, "") for letter in text)
    return Words(zh=text) if chinese else Words(en=text)


def _mapped[F](fields: F | None, section: str) -> F:
    if fields is None:
        raise Unsupported(f"the mapping has no section {section}")
    return fields


def _text(rule: FieldRule | None, document: Any) -> str:
    return rule.text(document) if rule is not None else ""


def _needed(rule: FieldRule, document: Any, field: str) -> str:
    text = rule.text(document)
    if not text:
        raise Invalid(f"answered something without {field}; see the mapping")
    return text


def _needed_time(rule: FieldRule, document: Any, field: str) -> datetime:
    moment = rule.time(document)
    if moment is None:
        raise Invalid(f"answered something without a readable {field}; see the mapping")
    return moment


def _case_times(fields: CaseFields, document: Any) -> tuple[datetime, datetime]:
    created = fields.created.time(document) if fields.created else None
    updated = fields.updated.time(document) if fields.updated else None
    first, last = created or updated, updated or created
    if first is None or last is None:
        raise Invalid("answered something without readable case.created; see the mapping")
    return first, last


def _money(fields: TotalFields, document: Any) -> Money:
    currency = fields.currency.text(document)
    amount = fields.amount.number(document) or Decimal(0)
    digits = _DIGITS.get(currency, 2) if fields.unit == "major" else 0
    scaled = amount.scaleb(digits)
    if abs(scaled) > _MAX_MINOR_UNITS:
        raise Invalid("answered something without a readable order.total; see the mapping")
    return Money(currency, int(scaled.quantize(Decimal(1), ROUND_HALF_EVEN)))


def _items(fields: ItemFields, document: Any) -> Iterator[OrderItem]:
    for line in fields.path.all(document):
        name = fields.name.text(line)
        quantity = fields.quantity.number(line)
        if name and quantity is not None:
            yield OrderItem(words(name), max(1, int(min(quantity, _MAX_QUANTITY))))
