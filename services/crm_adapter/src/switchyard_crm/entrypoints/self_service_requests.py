"""Requests for what customers do alone, as values of the domain; InvalidField names mistakes."""

from datetime import date, datetime

from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model

from switchyard_crm.domain.arrangements import LATEST_DAYS, MOST_INSTALMENTS, may_begin
from switchyard_crm.domain.errors import InvalidField
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind, last4, order_key
from switchyard_crm.domain.names import CustomerName, TenantId, parse_customer, parse_parent
from switchyard_crm.domain.pins import CODE_DIGITS, LONGEST, SHORTEST, digits_of, is_pin
from switchyard_crm.entrypoints.fields import MAX_TEXT, bounded, required, time_of
from switchyard_crm.entrypoints.requests import Requests, conversation_of, order_claim
from switchyard_crm.service.appointments import Holder
from switchyard_crm.service.claims import Claim
from switchyard_crm.service.customer_requests import AddressChange, ArrangementWish
from switchyard_crm.service.proof_limits import ProofKind
from switchyard_crm.service.verifying import Proof

_MAX_LANGUAGE, _MAX_TOKEN, _MAX_ID = 35, 128, 64
_SHORTEST_ADDRESS, _LONGEST_ADDRESS = 5, 200
_MAX_QUERY = 100
_DEFAULT_TIMES, _MAX_TIMES = 5, 20
_KNOWN_BY = (IdentifierKind.PHONE, IdentifierKind.EMAIL, IdentifierKind.HANDLE)
_REACHED_BY = _KNOWN_BY


class SelfServiceRequests:
    """Reads requests."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    def verification(self, request: crm.VerifyCustomerRequest) -> tuple[Claim, Proof]:
        """Who they say they are, and what they give as proof."""
        tenant = parse_parent(request.parent, "parent")
        proof = _proof(request)
        if request.WhichOneof("subject") == "order_number":
            return order_claim(tenant, request.order_number, request.conversation), proof
        if proof.kind is ProofKind.PHONE_LAST4:
            raise InvalidField("phone_last4", "proves something only with order_number; set that")
        return self._claim(tenant, request), proof

    def code(self, request: crm.SendCodeRequest) -> tuple[Claim, str]:
        """Whom a code is for, and the language of its text."""
        tenant = parse_parent(request.parent, "parent")
        return self._claim(tenant, request), bounded(request.language, _MAX_LANGUAGE, "language")

    def reporter(
        self, given: model.Identifier, tenant: TenantId, field: str = "reporter"
    ) -> Identifier:
        """A phone, e-mail address or handle that somebody is to be reached by."""
        contact = self._identifier(given, tenant, field, _REACHED_BY)
        if contact is None:
            raise InvalidField(f"{field}.value", "is nobody's own number; give one that is")
        return contact

    def reporter_of(self, request: crm.CreateCaseRequest) -> tuple[TenantId, Identifier]:
        """The tenant, and how somebody unknown is to be reached."""
        if request.customer:
            raise InvalidField("reporter", "is set as well as customer; leave one of them out")
        tenant = parse_parent(request.parent, "parent")
        return tenant, self.reporter(request.reporter, tenant)

    def holder(self, request: crm.BookAppointmentRequest | crm.CancelAppointmentRequest) -> Holder:
        """Whose appointment it is."""
        tenant = parse_parent(request.parent, "parent")
        if request.customer and request.HasField("reporter"):
            raise InvalidField("reporter", "is set as well as customer; leave one of them out")
        if request.customer:
            return Holder(tenant, customer=_in_tenant(request.customer, tenant))
        if not request.HasField("reporter"):
            raise InvalidField("reporter", "is missing; set it, or customer")
        return Holder(tenant, contact=self.reporter(request.reporter, tenant))

    def _claim(
        self, tenant: TenantId, request: crm.VerifyCustomerRequest | crm.SendCodeRequest
    ) -> Claim:
        match request.WhichOneof("subject"):
            case "customer":
                name = _in_tenant(request.customer, tenant)
                named: Identifier | None = Identifier(IdentifierKind.CUSTOMER_ID, name.customer)
            case "identifier":
                named = self._identifier(request.identifier, tenant, "identifier", _KNOWN_BY)
            case _:
                raise InvalidField("subject", "is missing; set who they say they are")
        return Claim(tenant, named, conversation_of(request.conversation))

    def _identifier(
        self,
        given: model.Identifier,
        tenant: TenantId,
        field: str,
        kinds: tuple[IdentifierKind, ...],
    ) -> Identifier | None:
        allowed = [kind.name for kind in kinds]
        if model.IdentifierKind.Name(given.kind) not in allowed:
            raise InvalidField(f"{field}.kind", f"must be one of {', '.join(allowed)}")
        return self._requests.identifier(given, tenant, field)


def pin(text: str, field: str) -> str:
    """The digits of a PIN. Raises InvalidField."""
    digits = digits_of(text)
    if digits is None or not is_pin(digits):
        raise InvalidField(field, f"must be {SHORTEST} to {LONGEST} digits")
    return digits


def token(request: crm.RedeemResetLinkRequest) -> str:
    """The token of a link."""
    return required(request.token, _MAX_TOKEN, "token")


def language_of(request: crm.IssueResetLinkRequest) -> str:
    """The language of the page."""
    return bounded(request.language, _MAX_LANGUAGE, "language")


def address_change(request: crm.ChangeDeliveryAddressRequest) -> tuple[CustomerName, AddressChange]:
    """The customer, and where the order shall go."""
    name = parse_customer(request.customer, "customer")
    number = order_key(request.order_number, "order_number")
    address = request.address.strip()
    if not _SHORTEST_ADDRESS <= len(address) <= _LONGEST_ADDRESS:
        limits = f"{_SHORTEST_ADDRESS} to {_LONGEST_ADDRESS}"
        raise InvalidField("address", f"must be the whole address, in {limits} characters")
    if not address.isprintable():
        raise InvalidField("address", "must be one line of text; leave line breaks out")
    if not any(character.isalpha() for character in address):
        raise InvalidField("address", "is no address; write where somebody can deliver to")
    return name, AddressChange(number, address)


def arrangement(
    request: crm.ArrangePaymentRequest, today: date
) -> tuple[CustomerName, ArrangementWish]:
    """The customer, and how the bill shall be paid."""
    name = parse_customer(request.customer, "customer")
    bill = required(request.bill, _MAX_ID, "bill").strip()
    if not 1 <= request.instalments <= MOST_INSTALMENTS:
        raise InvalidField("instalments", f"must be 1 to {MOST_INSTALMENTS}")
    try:
        first = date.fromisoformat(request.first_due_date)
    except ValueError as error:
        raise InvalidField("first_due_date", "must be a day like 2026-12-01") from error
    if not may_begin(first, today):
        raise InvalidField(
            "first_due_date", f"must be from tomorrow to {LATEST_DAYS} days from now"
        )
    return name, ArrangementWish(bill, request.instalments, first)


def branch_query(request: crm.ListBranchesRequest) -> str:
    """What branches are searched for."""
    parse_parent(request.parent, "parent")
    return bounded(request.query, _MAX_QUERY, "query")


def appointment_times(
    request: crm.ListAppointmentTimesRequest,
) -> tuple[TenantId, str, datetime | None, int]:
    """The tenant, the branch, not before when, and how many times at most."""
    if not 0 <= request.limit <= _MAX_TIMES:
        raise InvalidField("limit", f"must be 0 to {_MAX_TIMES}; 0 means {_DEFAULT_TIMES}")
    given = request.HasField("from_time")
    return (
        parse_parent(request.parent, "parent"),
        required(request.branch, _MAX_ID, "branch"),
        time_of(request.from_time, "from_time") if given else None,
        request.limit or _DEFAULT_TIMES,
    )


def booking(request: crm.BookAppointmentRequest) -> tuple[str, datetime, str]:
    """The branch, the time, and what for."""
    if not request.HasField("start_time"):
        raise InvalidField("start_time", "is missing; set one that ListAppointmentTimes returned")
    return (
        required(request.branch, _MAX_ID, "branch"),
        time_of(request.start_time, "start_time"),
        bounded(request.purpose, MAX_TEXT, "purpose"),
    )


def appointment_number(request: crm.CancelAppointmentRequest) -> str:
    """The number of the appointment."""
    return required(request.number, _MAX_ID, "number")


def _proof(request: crm.VerifyCustomerRequest) -> Proof:
    match request.WhichOneof("proof"):
        case "phone_last4":
            return Proof(ProofKind.PHONE_LAST4, last4(request.phone_last4, "phone_last4"))
        case "pin":
            return Proof(ProofKind.PIN, pin(request.pin, "pin"))
        case "code":
            digits = digits_of(request.code)
            if digits is None or len(digits) != CODE_DIGITS:
                raise InvalidField("code", f"must be the {CODE_DIGITS} digits that were sent")
            return Proof(ProofKind.CODE, digits)
        case _:
            raise InvalidField("proof", "is missing; set phone_last4, pin or code")


def _in_tenant(name: str, tenant: TenantId) -> CustomerName:
    customer = parse_customer(name, "customer")
    if customer.tenant != tenant:
        raise InvalidField("customer", "belongs to another tenant than parent")
    return customer
