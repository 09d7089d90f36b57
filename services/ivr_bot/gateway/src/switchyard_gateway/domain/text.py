"""What a customer or agent may write."""

import re

from switchyard_gateway.domain.errors import bad_field

MAX_CHARS = 4000
MAX_ID_CHARS = 64
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_MESSAGE_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


def clean_text(text: str) -> str:
    """The text without control characters and outer blanks.

    INVALID: TEXT_EMPTY when nothing is left, TEXT_TOO_LONG over 4,000 characters.
    """
    cleaned = _CONTROL.sub("", text.replace("\r\n", "\n")).strip()
    if not cleaned:
        raise bad_field("message.text", "must hold some text", "TEXT_EMPTY")
    if len(cleaned) > MAX_CHARS:
        raise bad_field("message.text", f"at most {MAX_CHARS} characters", "TEXT_TOO_LONG")
    return cleaned


def check_message_id(message_id: str) -> str:
    """The sender's id unchanged; INVALID when it is missing, too long or has odd characters."""
    if not _MESSAGE_ID.fullmatch(message_id):
        raise bad_field(
            "message.message_id", f"1 to {MAX_ID_CHARS} letters, digits, '.', '_', ':', '-'"
        )
    return message_id
