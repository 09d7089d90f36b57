"""What a caller keyed in, as the telephone tells it: a wish and values, never words. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from switchyard_bot.errors import BadRequest

DETAILS = "give_details"
"""What values mean that come without a wish."""

INTENTS = frozenset(
    {
        "affirm",
        "appointment",
        "bill_balance",
        "branches",
        "callback",
        "cancel",
        "change_address",
        "complaint",
        "deny",
        DETAILS,
        "no_details",
        "opening_hours",
        "order_status",
        "payment_arrangement",
        "pin_reset",
        "repeat",
        "ticket_create",
        "ticket_status",
        "ticket_update",
    }
)
"""Wishes that keys can tell."""

SLOTS = frozenset(
    {
        "bill_number",
        "choice",
        "code",
        "contact",
        "instalments",
        "order_number",
        "phone_last4",
        "pin",
        "rating",
        "ticket_number",
    }
)
"""Values that keys can give; ``choice`` is which quick reply was picked, from 1."""

_VALUE = re.compile(r"[0-9]{1,32}")


@dataclass(frozen=True)
class Keys:
    """A wish, values by slot, or both. Personal; neither appears in a log or an error's text."""

    intent: str = ""
    slots: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def meant(self) -> str:
        """The intent that they stand for."""
        return self.intent or DETAILS


def read(given: object) -> "Keys | None":
    """The part ``keys`` of a request; None if there is none.

    Raises:
        BadRequest: it is malformed, or holds what keys cannot tell.
    """
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise BadRequest("keys must be an object")
    intent, slots = given.get("intent") or "", given.get("slots") or {}
    if intent and intent not in INTENTS:
        raise BadRequest(f"keys.intent must be one of {', '.join(sorted(INTENTS))}")
    if not isinstance(slots, Mapping) or not set(slots) <= SLOTS:
        raise BadRequest(f"keys.slots may hold {', '.join(sorted(SLOTS))}")
    if not all(isinstance(value, str) and _VALUE.fullmatch(value) for value in slots.values()):
        raise BadRequest("keys.slots must be 1 to 32 digits each")
    if not intent and not slots:
        raise BadRequest("keys needs an intent or slots")
    return Keys(intent, dict(slots))
