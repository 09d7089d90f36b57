"""Numbers that may be called back. Pure."""

import re
import unicodedata

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
_LIKE_A_NUMBER = re.compile(r"[+(]?[\d\s().\-/]{5,}")


def e164(text: str, country: str, *, among_words: bool = False) -> str:
    """The number in E.164, or empty if the text is none that may be called.

    `country` (ISO 3166-1 alpha-2) is where numbers without a country code are at home. There a
    number has to exist in the numbering plan; one abroad has to be of a possible length only, since
    plans there change faster than what is known of them. `among_words`: other words may stand
    around the number, which begins within the first 40 characters.
    """
    plain = unicodedata.normalize("NFKC", text[:_MOST_CHARS]).strip()
    alone = len(text) <= _MOST_CHARS and _LIKE_A_NUMBER.fullmatch(plain)
    if not alone and not among_words:
        return ""
    try:
        number = phonenumbers.parse(plain, country, keep_raw_input=True)
    except phonenumbers.NumberParseException:
        return ""
    if phonenumbers.number_type(number) not in (_CALLED if _at_home(number, country) else _ABROAD):
        return ""
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return ""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _at_home(number: PhoneNumber, country: str) -> bool:
    """Whether it has no country code, or that of the country."""
    national = number.country_code_source == CountryCodeSource.FROM_DEFAULT_COUNTRY
    return national or number.country_code == phonenumbers.country_code_for_region(country)
