"""Whose something is that is kept for a customer: somebody verified, or whoever can be reached."""

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers
from phonenumbers import (
    CountryCodeSource,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
    ValidationResult,
)

_MOST_CHARS = 40
_CALLED = frozenset(
    {
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.VOIP,
        PhoneNumberType.PERSONAL_NUMBER,
    }
)
"""Kinds of numbers that belong to people: a call to a premium number costs whoever makes it."""
_ABROAD = _CALLED | {PhoneNumberType.UNKNOWN}
"""Unknown is a number that the plan, as far as it is known, does not have."""
_EMAIL = re.compile(r"[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,4}", re.ASCII)
PHONE, EMAIL, HANDLE = "phone", "email", "handle"

UNREACHABLE = "none"
"""Instead of an encoded Reach: somebody gives neither a number nor an address."""


@dataclass(frozen=True, slots=True)
class Reach:
    """A phone number (E.164) or e-mail address to be reached by. Personal.

    Of somebody who names neither: a handle, `namespace:value`, of an app or of a conversation.
    """

    kind: str
    value: str

    def encode(self) -> str:
        """As one value of a task."""
        return f"{self.kind}:{self.value}"

    @property
    def ending(self) -> str:
        """Enough to recognise it by."""
        if self.kind == PHONE:
            return self.value[-4:]
        name, _, domain = self.value.partition("@")
        return f"{name[:1]}…@{domain}"


@dataclass(frozen=True, slots=True)
class Holder:
    """Exactly one of the two. `customer` is a resource name of somebody verified."""

    customer: str = ""
    reach: Reach | None = None


def decode_reach(text: str) -> Reach | None:
    """What `Reach.encode` made; None for an empty text."""
    kind, _, value = text.partition(":")
    return Reach(kind, value) if value else None


def read_phone(text: str, region: str) -> Reach | None:
    """A number that may be called, in any usual notation; None if the text is none.

    `region` (ISO 3166-1 alpha-2) is where numbers without a country code are at home. There a
    number has to exist in the numbering plan, which finds most typing errors. One with a country
    code has to be of a possible length only: plans abroad change faster than what is known of them.
    """
    plain = unicodedata.normalize("NFKC", text[:_MOST_CHARS]).strip()
    try:
        number = phonenumbers.parse(plain, region, keep_raw_input=True)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.number_type(number) not in (_CALLED if _at_home(number, region) else _ABROAD):
        return None
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    return Reach(PHONE, phonenumbers.format_number(number, PhoneNumberFormat.E164))


def _at_home(number: PhoneNumber, region: str) -> bool:
    """Whether it has no country code, or that of the region."""
    national = number.country_code_source == CountryCodeSource.FROM_DEFAULT_COUNTRY
    return national or number.country_code == phonenumbers.country_code_for_region(region)


def read_email(text: str) -> Reach | None:
    """The first e-mail address in a text."""
    found = _EMAIL.search(text)
    return Reach(EMAIL, found[0].lower()) if found else None
