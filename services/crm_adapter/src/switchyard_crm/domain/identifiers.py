"""What customers are known by, and the one form in which it is stored and compared."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from switchyard_crm.domain.errors import InvalidField
from switchyard_crm.domain.names import ID_RULE, TenantId, is_id, parse_customer
from switchyard_crm.domain.phones import NotAPhoneNumber, caller_type, to_e164
from switchyard_crm.domain.service_numbers import CallerType

MAX_CHARS = 256
_MAX_EMAIL_CHARS = 254
_MAX_ORDER_CHARS = 64
_NUL = "\0"  # some stores keep no text with it
_EMAIL = re.compile(r"[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)*")
_NOT_IN_ORDER_NUMBERS = re.compile(r"[^0-9A-Z]")
_NAMESPACE = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class IdentifierKind(StrEnum):
    """Kind of identifier; the value is what is stored."""

    PHONE = "phone"
    EMAIL = "email"
    HANDLE = "handle"
    SOURCE_RECORD = "source_record"
    ORDER_NUMBER = "order_number"
    CUSTOMER_ID = "customer_id"


@dataclass(frozen=True, slots=True)
class GivenIdentifier:
    """An identifier as somebody wrote it."""

    kind: IdentifierKind
    value: str
    namespace: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Identifier:
    """An identifier in its one comparable form. `namespace` is the app or source, if it has one."""

    kind: IdentifierKind
    value: str
    namespace: str = ""


class Normaliser:
    """Brings identifiers into their comparable form.

    `region` (ISO 3166, for instance CN) is where telephone numbers without country code are.
    """

    def __init__(self, region: str) -> None:
        self._region = region

    def normalise(self, given: GivenIdentifier, tenant: TenantId, field: str) -> Identifier | None:
        """The comparable form, or None for a value that is fine but identifies nobody.

        Service numbers (95588) identify nobody: `caller_type` tells what they are. Raises
        InvalidField, which names `field`.
        """
        _refuse_unusable(given.value, f"{field}.value")
        match given.kind:
            case IdentifierKind.PHONE:
                return self._phone(given.value, field)
            case IdentifierKind.EMAIL:
                return Identifier(given.kind, email(given.value, f"{field}.value"))
            case IdentifierKind.ORDER_NUMBER:
                return Identifier(given.kind, order_key(given.value, f"{field}.value"))
            case IdentifierKind.CUSTOMER_ID:
                return _customer_id(given.value, tenant, f"{field}.value")
            case IdentifierKind.HANDLE | IdentifierKind.SOURCE_RECORD:
                namespace = _namespace(given.namespace, f"{field}.namespace")
                return Identifier(given.kind, _plain(given.value), namespace)

    def caller_type(self, given: GivenIdentifier) -> CallerType | None:
        """What kind of caller uses a service number (95588); None for everything else."""
        if given.kind is not IdentifierKind.PHONE:
            return None
        try:
            return caller_type(given.value[:MAX_CHARS], self._region)
        except NotAPhoneNumber:
            return None

    def _phone(self, text: str, field: str) -> Identifier | None:
        try:
            e164 = to_e164(text, self._region)
        except NotAPhoneNumber as error:
            raise InvalidField(
                f"{field}.value",
                "is not a telephone number; write it like +8613912345678, "
                "and leave the identifier out if the caller's number is withheld",
            ) from error
        return Identifier(IdentifierKind.PHONE, e164) if e164 is not None else None


def _refuse_unusable(text: str, field: str) -> None:
    if not text.strip():
        raise InvalidField(field, "is empty; leave the identifier out if unknown")
    if len(text) > MAX_CHARS:
        raise InvalidField(field, f"is longer than {MAX_CHARS} characters")
    if _NUL in text:
        raise InvalidField(field, "has a NUL character (U+0000) in it")


def email(text: str, field: str) -> str:
    """The comparable form of an e-mail address: lower case. Raises InvalidField."""
    plain = _plain(text).lower()
    if len(plain) > _MAX_EMAIL_CHARS or _EMAIL.fullmatch(plain) is None:
        raise InvalidField(field, "is not an e-mail address; write it like name@example.com")
    return plain


def order_key(text: str, field: str) -> str:
    """The comparable form of an order number: Latin letters in upper case, and digits.

    Spaces, dashes and words around it do not count. Raises InvalidField.
    """
    key = _NOT_IN_ORDER_NUMBERS.sub("", _plain(text).upper())
    if not key or len(text) > _MAX_ORDER_CHARS:
        raise InvalidField(
            field,
            f"is not an order number; give the letters and digits that are printed on the order, "
            f"at most {_MAX_ORDER_CHARS} characters",
        )
    return key


def last4(text: str, field: str) -> str:
    """Four ASCII digits of a phone's end. Raises InvalidField."""
    digits = _plain(text)
    if len(digits) != 4 or not (digits.isascii() and digits.isdigit()):
        raise InvalidField(field, "must be the last four digits of the customer's phone")
    return digits


def _customer_id(text: str, tenant: TenantId, field: str) -> Identifier:
    plain = _plain(text)
    if "/" in plain:
        name = parse_customer(plain, field)
        if name.tenant != tenant:
            raise InvalidField(field, "belongs to another tenant than the request")
        plain = name.customer
    if not is_id(plain):
        raise InvalidField(field, f"is not a customer id: {ID_RULE}")
    return Identifier(IdentifierKind.CUSTOMER_ID, plain)


def _namespace(text: str, field: str) -> str:
    plain = _plain(text).lower()
    if _NAMESPACE.fullmatch(plain) is None:
        raise InvalidField(
            field,
            "must name the app or source, for instance wechat: up to 64 of a-z, 0-9, '.', '_', '-'",
        )
    return plain


def _plain(text: str) -> str:
    """Full-width letters and digits as plain ones, without spaces around."""
    return unicodedata.normalize("NFKC", text).strip()
