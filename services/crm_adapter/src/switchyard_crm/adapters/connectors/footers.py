"""A last line that our entries carry in a CRM's text field: the key of the write, and what the
CRM has no field for.

For CRMs without an external id that a caller may set. A search for the key finds the entry again,
so that a repeat does not make a second one. The line is readable, since people see it:

    switchyard:key=4f2a&channel=CHAT&agent=a-07
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import parse_qsl, quote, urlencode

_MARK = "switchyard:"
_SEPARATOR = "\n\n"
_CUT = "…"


@dataclass(frozen=True, slots=True)
class Marked:
    """A text and what its last line told; no fields for a text that somebody else wrote."""

    text: str
    fields: Mapping[str, str] = field(default=MappingProxyType({}), repr=False)

    @property
    def key(self) -> str:
        """The key of the write that made the entry, empty if it was not ours."""
        return self.fields.get("key", "")


def mark(text: str, max_chars: int, key: str, **fields: str) -> str:
    """The text with its last line; the text is cut where both would be too long for the CRM."""
    given = {"key": key, **{name: value for name, value in fields.items() if value}}
    line = _MARK + urlencode(given, quote_via=quote)
    plain = text.strip()
    room = max_chars - len(line) - len(_SEPARATOR)
    if len(plain) > room:
        plain = plain[: max(room - len(_CUT), 0)] + _CUT
    return f"{plain}{_SEPARATOR}{line}" if plain else line


def searchable(key: str) -> str:
    """How a key looks in the last line, for a search in texts."""
    return quote(key, safe="")


def read_marked(text: str) -> Marked:
    """The text without its last line, and what that told."""
    plain, _, line = text.rstrip().rpartition("\n")
    if not line.startswith(_MARK):
        return Marked(text.strip())
    fields = dict(parse_qsl(line.removeprefix(_MARK)))
    return Marked(plain.strip(), MappingProxyType(fields))
