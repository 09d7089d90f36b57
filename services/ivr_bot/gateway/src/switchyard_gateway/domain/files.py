"""Files that customers send: what they may be, and under what name they are kept. Pure."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath

from switchyard_common.errors import DomainError, ErrorKind

from switchyard_gateway.domain.conversation import ConversationId
from switchyard_gateway.domain.errors import bad_field

FILE_TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif", "application/pdf")
"""All that can be recognised; a setting may allow fewer."""

_SUFFIXES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "application/pdf": ".pdf",
}
_NAME_CHARS = 80
_UNNAMED = "file"
# Everything that is no letter, digit, mark, blank or harmless punctuation; above all control and
# direction characters, with which "exe.gpj" reads as "jpg.exe".
_ODD = re.compile(r"[^\w .,()+@&'\-\u2019\uff08\uff09\u3010\u3011\u300a\u300b\u00b7]+")


@dataclass(frozen=True, slots=True)
class FileLimits:
    """What may be sent and how much is kept.

    `total_bytes` bounds all files of all conversations together; each is kept `keep_seconds`.
    """

    types: tuple[str, ...] = FILE_TYPES
    largest_bytes: int = 5 * 1024 * 1024
    per_conversation: int = 10
    total_bytes: int = 256 * 1024 * 1024
    keep_seconds: float = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class File:
    """A file as received and recognised. Name and content are personal."""

    conversation: ConversationId
    id: str
    name: str
    type: str
    content: bytes


class FileRefused(DomainError):
    """The file cannot be taken.

    `reason`: FILE_TOO_LARGE, FILE_TYPE, FILE_EMPTY, FILES_TOO_MANY or FILES_FULL.
    """

    def __init__(self, kind: ErrorKind, reason: str, message: str) -> None:
        super().__init__(kind=kind, reason=reason, message=message)


class FileUnknown(DomainError):
    """There is no such file in this conversation, or it has expired."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.NOT_FOUND,
            reason="FILE",
            message="no such file in this conversation; files are kept for a limited time",
        )


def examine(
    conversation: ConversationId, message_id: str, name: str, content: bytes, limits: FileLimits
) -> File:
    """The file that a customer sends, of the type that its own first bytes say.

    FileRefused when it is empty, too large, or of no type that is allowed: what the sender says
    of its type counts for nothing.
    """
    if not content:
        raise FileRefused(ErrorKind.INVALID, "FILE_EMPTY", "the file is empty")
    if len(content) > limits.largest_bytes:
        raise too_large(limits)
    kind = recognise(content)
    if kind not in limits.types:
        raise FileRefused(ErrorKind.INVALID, "FILE_TYPE", f"send one of: {', '.join(limits.types)}")
    return File(conversation, file_id(message_id), clean_name(name, kind), kind, content)


def too_large(limits: FileLimits) -> FileRefused:
    """The refusal of a file over the limit."""
    return FileRefused(
        ErrorKind.INVALID, "FILE_TOO_LARGE", f"at most {limits.largest_bytes} bytes a file"
    )


def recognise(content: bytes) -> str:
    """The media type by the signature at the beginning; empty for all that is not known.

    Signatures: JPEG (ISO/IEC 10918-1, SOI and a marker), PNG (W3C PNG, 5.2), GIF (GIF89a, 17),
    WebP (RFC 9649, 2.4), PDF (ISO 32000-1, 7.5.2).
    """
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    return ""


def clean_name(name: str, kind: str) -> str:
    """A name that is safe to show and to save under, with the suffix that fits the type."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    cleaned = " ".join(_ODD.sub(" ", last).split())
    stem = PurePosixPath(cleaned).stem if cleaned.strip(".") else ""
    return f"{stem[:_NAME_CHARS].strip(' .') or _UNNAMED}{_SUFFIXES[kind]}"


def file_id(message_id: str) -> str:
    """The file's id within its conversation: the same for the same message, sent again."""
    return hashlib.sha256(message_id.encode()).hexdigest()[:32]


def check_file_id(value: str) -> str:
    """The id unchanged; INVALID for what is none."""
    if not re.fullmatch(r"[0-9a-f]{32}", value):
        raise bad_field("file", "must be the id of a file")
    return value
