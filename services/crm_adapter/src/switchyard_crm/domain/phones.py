"""Telephone numbers as people, phones and platforms write them, as E.164."""

import re
import unicodedata

import phonenumbers
from phonenumbers import CountryCodeSource, PhoneNumber, PhoneNumberFormat, ValidationResult

from switchyard_crm.domain.service_numbers import CallerType, is_of_company, service_number

LAST_DIGITS = 4
E164_MAX_DIGITS = 15
# 010-65529988转8001, 65529988 分机 12, 555-0100 ext. 7, SIP parameters and hosts
_EXTENSION = re.compile(r"\s*(?:[转轉]|分[机機]|[内內][线線]|ext|x|#|;|,|@).*$", re.I | re.S)
_SCHEME = re.compile(r"^(?:tel|sips?):", re.I)
_DASHED_EXTENSION = re.compile(r"^(.*\d{7,}.*)-\d{1,6}$")
_DIGITS = re.compile(r"\d")
_NOT_A_NUMBER = re.compile(r"[^\d\s()+./\-‐‑–—]")


class NotAPhoneNumber(ValueError):
    """The text is no telephone number in any notation."""


def to_e164(text: str, region: str) -> str | None:
    """The E.164 form of a number; `region` (ISO 3166) is where numbers without country code are.

    Extensions are cut off. None for a number that is nobody's own: service numbers such as 95588
    and 400-820-8820, local numbers without area code. Raises NotAPhoneNumber.
    """
    plain = _without_extension(text)
    if service_number(plain, region) is not None:
        return None
    number, fit = _parse(plain, region)
    if fit == ValidationResult.TOO_LONG and (match := _DASHED_EXTENSION.match(plain)):
        number, fit = _parse(match[1], region)
    if fit == ValidationResult.IS_POSSIBLE and number is not None:
        return _written_in_full(number)
    if fit in (ValidationResult.TOO_SHORT, ValidationResult.IS_POSSIBLE_LOCAL_ONLY):
        return None
    raise NotAPhoneNumber


def caller_type(text: str, region: str) -> CallerType | None:
    """What kind of caller uses a service number; None for all other numbers.

    Raises NotAPhoneNumber.
    """
    plain = _without_extension(text)
    found = service_number(plain, region)
    if found is not None:
        return found
    number, fit = _parse(plain, region)
    if fit != ValidationResult.IS_POSSIBLE or number is None:
        return None
    return CallerType.COMPANY if is_of_company(number) else None


def _without_extension(text: str) -> str:
    plain = _EXTENSION.sub("", _SCHEME.sub("", unicodedata.normalize("NFKC", text).strip()))
    if _NOT_A_NUMBER.search(plain) or not _DIGITS.search(plain):
        raise NotAPhoneNumber
    return plain


def _written_in_full(number: PhoneNumber) -> str | None:
    # Without a country code only a number that exists there counts: eight digits without an area
    # code ring somebody else in every city.
    national = number.country_code_source == CountryCodeSource.FROM_DEFAULT_COUNTRY
    if (national and not phonenumbers.is_valid_number(number)) or is_of_company(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def last_digits(e164: str) -> str:
    """The last four digits, which a customer knows by heart."""
    return e164[-LAST_DIGITS:]


def _parse(plain: str, region: str) -> tuple[PhoneNumber | None, int]:
    # Longer than any number even with a double-zero prefix: the library would cut a piece out.
    if len(_DIGITS.findall(plain)) > E164_MAX_DIGITS + 2:
        return None, ValidationResult.TOO_LONG
    try:
        number = phonenumbers.parse(plain, region, keep_raw_input=True)
    except phonenumbers.NumberParseException as error:
        too_short = error.error_type in (
            phonenumbers.NumberParseException.TOO_SHORT_NSN,
            phonenumbers.NumberParseException.TOO_SHORT_AFTER_IDD,
        )
        short = too_short or len(_DIGITS.findall(plain)) <= 2
        return None, ValidationResult.TOO_SHORT if short else ValidationResult.INVALID_LENGTH
    return number, phonenumbers.is_possible_number_with_reason(number)
