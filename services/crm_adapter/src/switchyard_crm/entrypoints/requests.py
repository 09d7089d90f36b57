"""Requests of the contract as values of the domain; InvalidField names what is wrong."""

from collections.abc import Sequence
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model

from switchyard_crm.domain.context import DEFAULT_SECTIONS, Section
from switchyard_crm.domain.errors import InvalidField
from switchyard_crm.domain.identifiers import (
    GivenIdentifier,
    Identifier,
    IdentifierKind,
    Normaliser,
    last4,
    order_key,
)
from switchyard_crm.domain.names import CustomerName, TenantId, parse_customer, parse_parent
from switchyard_crm.service.context import ContextQuery
from switchyard_crm.service.interactions import NewInteraction

MAX_IDENTIFIERS = 10
_DEFAULT_LIMIT, _MAX_LIMIT = 10, 100
_MAX_TEXT, _MAX_SUMMARY, _MAX_CHANNEL, _MAX_REQUEST_ID = 200, 500, 32, 128

_KINDS: dict[int, IdentifierKind] = {
    model.PHONE: IdentifierKind.PHONE,
    model.EMAIL: IdentifierKind.EMAIL,
    model.HANDLE: IdentifierKind.HANDLE,
    model.SOURCE_RECORD: IdentifierKind.SOURCE_RECORD,
    model.ORDER_NUMBER: IdentifierKind.ORDER_NUMBER,
    model.CUSTOMER_ID: IdentifierKind.CUSTOMER_ID,
}
_SECTIONS: dict[int, Section] = {crm.Section.Value(section.value): section for section in Section}


class Requests:
    """Reads requests."""

    def __init__(self, normaliser: Normaliser) -> None:
        self._normaliser = normaliser

    def resolve(self, request: crm.ResolveRequest) -> tuple[TenantId, list[Identifier]]:
        """The tenant, and the identifiers that can identify somebody."""
        tenant = parse_parent(request.parent, "parent")
        if not 1 <= len(request.identifiers) <= MAX_IDENTIFIERS:
            raise InvalidField("identifiers", f"must be 1 to {MAX_IDENTIFIERS}")
        found = [
            self._identifier(given, tenant, f"identifiers[{index}]")
            for index, given in enumerate(request.identifiers)
        ]
        return tenant, [identifier for identifier in found if identifier is not None]

    def context(self, request: crm.GetContextRequest) -> ContextQuery:
        """Whom and what to look up."""
        tenant = parse_parent(request.parent, "parent")
        return ContextQuery(
            tenant=tenant,
            subject=self._subject(request, tenant),
            sections=_sections(request.sections),
            limit=_limit(request.limit),
        )

    def _subject(self, request: crm.GetContextRequest, tenant: TenantId) -> Identifier | None:
        match request.WhichOneof("subject"):
            case "customer":
                name = parse_customer(request.customer, "customer")
                if name.tenant != tenant:
                    raise InvalidField("customer", "belongs to another tenant than parent")
                return Identifier(IdentifierKind.CUSTOMER_ID, name.customer)
            case "identifier":
                return self._identifier(request.identifier, tenant, "identifier")
            case _:
                raise InvalidField("subject", "is missing; set customer or identifier")

    def _identifier(
        self, given: model.Identifier, tenant: TenantId, field: str
    ) -> Identifier | None:
        kind = _KINDS.get(given.kind)
        if kind is None:
            raise InvalidField(f"{field}.kind", "must be one of " + ", ".join(_kind_names()))
        return self._normaliser.normalise(
            GivenIdentifier(kind, given.value, given.namespace), tenant, field
        )


def order(request: crm.LookupOrderRequest) -> tuple[TenantId, str, str]:
    """The tenant, the order's comparable number, and the four digits."""
    return (
        parse_parent(request.parent, "parent"),
        order_key(request.order_number, "order_number"),
        last4(request.phone_last4, "phone_last4"),
    )


def interaction(request: crm.LogInteractionRequest) -> tuple[CustomerName, NewInteraction, str]:
    """The customer, what took place, and the request id."""
    given = request.interaction
    name = parse_customer(request.customer, "customer")
    entry = NewInteraction(
        channel=_required(given.channel, _MAX_CHANNEL, "interaction.channel"),
        time=_time(given.time, "interaction.time") if given.HasField("time") else None,
        summary=_text(given.summary, _MAX_SUMMARY, "interaction.summary"),
        agent=_text(given.agent, _MAX_TEXT, "interaction.agent"),
        disposition=_text(given.disposition, _MAX_TEXT, "interaction.disposition"),
        contact=_text(given.contact, _MAX_TEXT, "interaction.contact"),
    )
    return name, entry, _required(request.request_id, _MAX_REQUEST_ID, "request_id")


def _sections(asked: Sequence[int]) -> tuple[Section, ...]:
    if not asked:
        return DEFAULT_SECTIONS
    for index, section in enumerate(asked):
        if section not in _SECTIONS:
            names = ", ".join(Section)
            raise InvalidField(f"sections[{index}]", f"must be one of {names}")
    return tuple(dict.fromkeys(_SECTIONS[section] for section in asked))


def _limit(asked: int) -> int:
    if not 0 <= asked <= _MAX_LIMIT:
        raise InvalidField("limit", f"must be 0 to {_MAX_LIMIT}; 0 means {_DEFAULT_LIMIT}")
    return asked or _DEFAULT_LIMIT


def _kind_names() -> list[str]:
    return [kind.name for kind in IdentifierKind]


def _required(text: str, max_chars: int, field: str) -> str:
    if not text.strip():
        raise InvalidField(field, "is missing; set it")
    return _text(text, max_chars, field)


def _text(text: str, max_chars: int, field: str) -> str:
    if len(text) > max_chars:
        raise InvalidField(field, f"is longer than {max_chars} characters; shorten it")
    return text


def _time(stamp: Timestamp, field: str) -> datetime:
    try:
        return stamp.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidField(field, "is no time between the years 1 and 9999") from error
