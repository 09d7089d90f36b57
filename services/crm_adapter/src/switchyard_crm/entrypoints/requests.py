"""Requests of the contract as values of the domain; InvalidField names what is wrong."""

from collections.abc import Sequence

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
from switchyard_crm.domain.names import TenantId, parse_customer, parse_parent
from switchyard_crm.entrypoints.fields import bounded
from switchyard_crm.service.claims import Claim
from switchyard_crm.service.context import ContextQuery

MAX_IDENTIFIERS = 10
_DEFAULT_LIMIT, _MAX_LIMIT = 10, 100
_MAX_CONVERSATION = 128

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
            self.identifier(given, tenant, f"identifiers[{index}]")
            for index, given in enumerate(request.identifiers)
        ]
        # Once each: saying something twice makes it no surer.
        return tenant, list(dict.fromkeys(each for each in found if each is not None))

    def caller_type(self, request: crm.ResolveRequest) -> str:
        """What kind of caller uses the first service number; empty if there is none."""
        for given in request.identifiers:
            if given.kind == model.PHONE:
                number = GivenIdentifier(IdentifierKind.PHONE, given.value)
                if (found := self._normaliser.caller_type(number)) is not None:
                    return found.value
        return ""

    def context(self, request: crm.GetContextRequest) -> ContextQuery:
        """Whom and what to look up."""
        tenant = parse_parent(request.parent, "parent")
        return ContextQuery(
            tenant=tenant,
            subject=self.subject(request, tenant),
            sections=_sections(request.sections),
            limit=_limit(request.limit),
        )

    def subject(
        self, request: crm.GetContextRequest | crm.CheckContactableRequest, tenant: TenantId
    ) -> Identifier | None:
        """Whom a request is about; None: a number that identifies nobody."""
        match request.WhichOneof("subject"):
            case "customer":
                name = parse_customer(request.customer, "customer")
                if name.tenant != tenant:
                    raise InvalidField("customer", "belongs to another tenant than parent")
                return Identifier(IdentifierKind.CUSTOMER_ID, name.customer)
            case "identifier":
                return self.identifier(request.identifier, tenant, "identifier")
            case _:
                raise InvalidField("subject", "is missing; set customer or identifier")

    def identifier(
        self, given: model.Identifier, tenant: TenantId, field: str
    ) -> Identifier | None:
        """The comparable form of an identifier; None for one that identifies nobody."""
        kind = _KINDS.get(given.kind)
        if kind is None:
            raise InvalidField(f"{field}.kind", "must be one of " + ", ".join(_kind_names()))
        return self._normaliser.normalise(
            GivenIdentifier(kind, given.value, given.namespace), tenant, field
        )


def order(request: crm.LookupOrderRequest) -> tuple[Claim, str]:
    """The order that is named, and the four digits."""
    tenant = parse_parent(request.parent, "parent")
    claim = order_claim(tenant, request.order_number, request.conversation)
    return claim, last4(request.phone_last4, "phone_last4")


def order_claim(tenant: TenantId, number: str, conversation: str) -> Claim:
    """An order that somebody names in a conversation."""
    named = Identifier(IdentifierKind.ORDER_NUMBER, order_key(number, "order_number"))
    return Claim(tenant, named, conversation_of(conversation))


def conversation_of(text: str) -> str:
    """The id of a conversation, or nothing."""
    return bounded(text, _MAX_CONVERSATION, "conversation")


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
