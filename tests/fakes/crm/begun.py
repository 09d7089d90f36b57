"""What customers did by themselves, undone in the SQLite store of a crm_adapter that runs."""

import sqlite3
from contextlib import closing
from pathlib import Path

_DONE_BY_CUSTOMERS = (
    *("appointments", "arrangements", "attempts", "codes", "delivery_addresses", "reset_links"),
    *("case_entries", "case_numbers", "cases"),
)
_LOCKED_SECONDS = 60.0


class Beginning:
    """A store as it was when this was made."""

    def __init__(self, store: Path, copy: Path) -> None:
        """Keeps the store's contents in a new file."""
        self._store, self._copy = store, copy
        with closing(self._connect(store)) as source, closing(self._connect(copy)) as target:
            source.backup(target)

    def restore(self) -> None:
        """Nobody has opened, booked, changed, arranged or tried to prove anything since."""
        with closing(self._connect(self._store)) as store:
            store.execute("ATTACH ? AS begun", (str(self._copy),))
            with store:
                store.execute("BEGIN IMMEDIATE")
                for table in _DONE_BY_CUSTOMERS:
                    store.execute(f"DELETE FROM main.{table}")
                    store.execute(f"INSERT INTO main.{table} SELECT * FROM begun.{table}")

    @staticmethod
    def _connect(file: Path) -> sqlite3.Connection:
        return sqlite3.connect(file, timeout=_LOCKED_SECONDS, isolation_level=None)
