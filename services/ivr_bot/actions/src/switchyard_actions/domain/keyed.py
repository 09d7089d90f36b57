"""What a caller keyed in, as something heard: flows take values from keys as they do from words."""

from collections.abc import Mapping
from dataclasses import replace

from switchyard_actions.domain.heard import Heard

CHOICE = "choice"
"""The slot that tells which of the quick replies shown was picked."""

_ENTITIES: Mapping[str, str] = {
    "bill_number": "bill_number",
    "contact": "phone",
    "instalments": "instalments",
    "order_number": "order_number",
    "phone_last4": "phone_digits",
    "rating": "rating",
    "ticket_number": "digits",
}
"""What a value is called where words hold it. A PIN and a code have no name there: they are taken
only where they are asked for."""


def heard_by_keys(heard: Heard, slots: Mapping[str, object]) -> Heard:
    """The turn with the values of `slots`, all of them digits, as what was said."""
    digits = {slot: str(value) for slot, value in slots.items() if str(value).isdigit()}
    place = int(digits.pop(CHOICE, "0"))
    words = " ".join(digits.values())
    named = {_ENTITIES[slot]: (value,) for slot, value in digits.items() if slot in _ENTITIES}
    return replace(heard, text=words, said=words, entities=named, facts={}, place=place)
