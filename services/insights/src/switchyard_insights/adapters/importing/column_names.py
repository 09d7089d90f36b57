"""The columns that a mapping may speak of: the file's, and those it has derived so far."""

from collections.abc import Sequence
from difflib import get_close_matches

from switchyard_insights.adapters.importing.yaml_entry import Entry
from switchyard_insights.domain.importing.mapping import Kind


class ColumnNames:
    """Knows the file's columns where the mapping lists them, and remembers which are used.

    Where it does not, the file's heading is compared with `used` before a row is read.
    """

    def __init__(self, listed: Sequence[str]) -> None:
        self._listed = tuple(listed)
        self.derived: dict[str, Kind] = {}
        self.used: dict[str, Entry] = {}
        """The file's columns in the order of their first mention, and where that is."""

    def known(self, name: str, entry: Entry) -> str:
        """The name, if it can be a column. Raises MappingRefused."""
        if name not in self.derived:
            if self._listed:
                check_column(name, self._listed, entry)
            self.used.setdefault(name, entry)
        return name

    def kind(self, name: str) -> Kind:
        """What a column holds; the file's hold text."""
        return self.derived.get(name, Kind.TEXT)


def check_column(name: str, columns: Sequence[str], entry: Entry) -> None:
    """Raises MappingRefused, with what was perhaps meant, if there is no such column."""
    if name not in columns:
        meant = get_close_matches(name, columns, n=1)
        hint = f"Perhaps `{meant[0]}`" if meant else f"There are {', '.join(columns)}"
        entry.refuse(f"no column `{name}` in the log", hint)
