"""How people write a telephone number into a CRM: what to ask a remote search for.

CRMs keep numbers as they were typed, and most compare texts. So a search asks for every usual
notation, or by a pattern, and what comes back is checked here against the identifiers of each
record, in their comparable form. Neither is complete, which is why the local index comes first.
"""

import phonenumbers
from phonenumbers import PhoneNumberFormat

_GROUPS = (3, 4, 4)  # 199 1234 5678
_FULL_WIDTH = {ord("0") + digit: chr(0xFF10 + digit) for digit in range(10)}


def notations(e164: str) -> tuple[str, ...]:
    """Usual ways to write an E.164 number, likeliest first, each once.

    For CRMs whose search only compares texts as a whole.
    """
    number = phonenumbers.parse(e164)
    national = phonenumbers.national_significant_number(number)
    spoken = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    grouped = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    code = str(number.country_code)
    groups = _grouped(national)
    written = [
        e164,
        spoken.replace(" ", "").replace("-", ""),
        national,
        grouped,
        spoken,
        *(separator.join(groups) for separator in (" ", "-")),
        *(separator.join((f"+{code}", *groups)) for separator in (" ", "-")),
        *(separator.join((f"00{code}", *groups)) for separator in ("", " ", "-")),
        f"{code}{national}",
        f"({groups[0]}) {' '.join(groups[1:])}",
        national.translate(_FULL_WIDTH),
    ]
    return tuple(dict.fromkeys(written))


def patterns(e164: str, wildcard: str = "%") -> tuple[str, ...]:
    """Patterns that a number in any notation fits: its national digits with anything between.

    The first for plain digits, the second for full-width ones. For CRMs whose search knows
    wildcards; `wildcard` is the one for any characters or none.
    """
    number = phonenumbers.parse(e164)
    national = phonenumbers.national_significant_number(number)
    plain = f"{wildcard}{wildcard.join(national)}{wildcard}"
    return plain, plain.translate(_FULL_WIDTH)


def _grouped(national: str) -> tuple[str, ...]:
    groups, rest = [], national
    for size in _GROUPS:
        groups.append(rest[:size])
        rest = rest[size:]
    if rest:
        groups[-1] += rest
    return tuple(group for group in groups if group)
