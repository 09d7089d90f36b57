"""Whether somebody may be contacted, judged from what was allowed and refused. In doubt: no."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

ALL_CHANNELS = ""
# Channels that no telephone number is needed for.
_WITHOUT_PHONE = frozenset(("EMAIL", "CHAT"))


class Purpose(StrEnum):
    """What for: about something of the customer's own, to sell, or to ask for opinions."""

    SERVICE = "service"
    MARKETING = "marketing"
    RESEARCH = "research"


class Refusal(StrEnum):
    """Why somebody may not be contacted."""

    OPTED_OUT = "OPTED_OUT"
    NO_CONSENT = "NO_CONSENT"
    DO_NOT_CALL = "DO_NOT_CALL"
    UNKNOWN_CUSTOMER = "UNKNOWN_CUSTOMER"
    AMBIGUOUS = "AMBIGUOUS"
    SHARED_NUMBER = "SHARED_NUMBER"
    STORE_UNAVAILABLE = "STORE_UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class Consent:
    """One answer of a customer to one purpose, as it holds for one record.

    `named` is the record in whose name it was given, `position` its place in the order in which
    answers came (clocks may go back). An empty `channel` means all.
    """

    position: int
    record: str
    named: str
    channel: str
    granted: bool


def refusal(
    consents: Iterable[Consent], records: Collection[str], channel: str, purpose: Purpose
) -> Refusal | None:
    """Why a customer of these records may not be contacted on a channel; None: may be.

    `consents` are those for the purpose. Each record answers for itself, and the strictest answer
    holds. Nothing said: marketing and research need a consent, which the law asks for; service is
    what the customer's own order, case or call asks for, and so it is allowed until refused.
    """
    valid = [each for each in consents if _holds(each, records)]
    answers = [
        _answer([each for each in valid if each.record == record], channel) for record in records
    ]
    if False in answers:
        return Refusal.OPTED_OUT
    if True in answers or purpose is Purpose.SERVICE:
        return None
    return Refusal.NO_CONSENT


def concerns_phones(channel: str) -> bool:
    """Whether a telephone number that must not be called closes the channel, too."""
    return channel not in _WITHOUT_PHONE


def _holds(consent: Consent, records: Collection[str]) -> bool:
    """A refusal holds for ever; a grant in another's name only while both are one customer."""
    return not consent.granted or consent.named in records


def _answer(consents: Sequence[Consent], channel: str) -> bool | None:
    """What a record's answers come to; None: nothing was said.

    The latest answer for the channel holds, unless all channels were refused after it. A grant
    for all channels does not lift an older refusal of this one: only a grant for it does.
    """
    own = _latest(consents, channel)
    everywhere = _latest(consents, ALL_CHANNELS)
    if own is not None and not own.granted:
        return False
    if everywhere is not None and not everywhere.granted:
        return own is not None and own.position > everywhere.position
    return None if own is None and everywhere is None else True


def _latest(consents: Sequence[Consent], channel: str) -> Consent | None:
    said = [each for each in consents if each.channel == channel]
    return max(said, key=lambda each: each.position, default=None)
