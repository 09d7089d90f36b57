"""What customers identify themselves with: an order number and the end of a phone number."""

import re

_ORDER_NUMBER = re.compile(r"(?:SY)?([0-9]{8})", re.IGNORECASE)
_LAST_FOUR = re.compile(r"(?:[0-9]{6,9})?([0-9]{4})")


def parse_order_number(text: str) -> str | None:
    """`SY` and 8 digits; the letters may be missing or small. None for anything else.

    Full-width and read-out digits have been made plain before (the bot's text.py).
    """
    found = _ORDER_NUMBER.fullmatch(text.strip())
    return f"SY{found[1]}" if found else None


def parse_phone_last4(text: str) -> str | None:
    """Four digits, or the last four of a whole phone number (10 to 13 digits); else None."""
    found = _LAST_FOUR.fullmatch(text.strip())
    return found[1] if found else None
