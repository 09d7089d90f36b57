"""Numbers that tell what kind of caller it is, and never who: 95588, 12345, 400-820-8820.

The ranges for China are those of the national numbering plan (电信网编号计划, 2017): 1xx and 12xxx
for the public, 100xx for carriers, 95xxx to 95xxxxxx and 96xxx for companies, 106 for messages,
400 and 800 for those who pay for being called.
"""

import re
from enum import StrEnum

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType


class CallerType(StrEnum):
    """Who calls from such a number; the value is for evidence."""

    EMERGENCY = "emergency service"
    CARRIER = "carrier"
    PUBLIC = "public hotline"
    COMPANY = "company hotline"
    MESSAGING = "message sender"


_CHINA = "CN"
_NOT_DIGITS = re.compile(r"[\s()+./\-‐‑–—]")
_CHINA_ABROAD = re.compile(r"^(?:\+|00)\s*86")
_AREA_CODE = re.compile(r"0(?:10|2\d|[3-9]\d{2})")
_IN_CHINA = (
    (re.compile(r"11[09]|12[02]|112|12395"), CallerType.EMERGENCY),
    (re.compile(r"100\d{2}|114|118\d{2,3}"), CallerType.CARRIER),
    (re.compile(r"12\d{3,4}"), CallerType.PUBLIC),
    (re.compile(r"9[56]\d{3,6}|[48]00\d{7}|1010\d{4}|16[08]\d{5}"), CallerType.COMPANY),
    # Ten digits are a line in Beijing: 010 6552 9988.
    (re.compile(r"106(?:\d{5,6}|\d{8,17})"), CallerType.MESSAGING),
)
# Whoever is called on these pays for it, or they belong to a company as a whole.
_OF_COMPANIES = frozenset(
    (
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.UAN,
    )
)


def service_number(text: str, region: str) -> CallerType | None:
    """The type of caller behind a number as written, without extension; None for all others.

    `region` (ISO 3166) is where numbers without country code are. Area codes before a service
    number, as exchanges show them (021 95588), do not count.
    """
    home, marked = _CHINA_ABROAD.subn("", text.strip(), count=1)
    abroad = not marked and home.startswith(("+", "00"))
    if abroad or (region != _CHINA and not marked):
        return _emergency(text, region)
    digits = _NOT_DIGITS.sub("", home)
    # Abroad the area code stands without its zero.
    local = _AREA_CODE.sub("", f"0{digits}" if marked else digits, count=1)
    shown = (digits, digits.removeprefix("86"), local)
    for pattern, caller_type in _IN_CHINA:
        if any(pattern.fullmatch(each) for each in shown):
            return caller_type
    return None


def is_of_company(number: PhoneNumber) -> bool:
    """Whether a number belongs to a company as a whole, in any country: freephone and its kin."""
    return phonenumbers.number_type(number) in _OF_COMPANIES


def _emergency(text: str, region: str) -> CallerType | None:
    found = phonenumbers.is_emergency_number(_NOT_DIGITS.sub("", text), region)
    return CallerType.EMERGENCY if found else None
