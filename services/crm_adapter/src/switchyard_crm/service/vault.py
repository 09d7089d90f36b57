"""The port to the keys: one per record, so that deleting a key makes all it sealed unreadable."""

from typing import Protocol


class Unreadable(Exception):
    """A sealed text cannot be opened: its key is another one, or the text was changed.

    Says where, never what.
    """


class DataKey(Protocol):
    """The key of one record. Seals each text by itself."""

    def seal(self, field: str, text: str) -> bytes:
        """The text, readable only with this key and for this `field` (`table.column`).

        Sealing the same text twice gives different bytes.
        """
        ...

    def unseal(self, field: str, sealed: bytes) -> str:
        """The text that was sealed. Raises Unreadable."""
        ...


class Vault(Protocol):
    """Makes and opens the keys of records, and the blind index over values."""

    def new_key(self) -> tuple[DataKey, bytes]:
        """A new key, and its wrapped form to be stored."""
        ...

    def open(self, wrapped: bytes) -> DataKey:
        """The key behind its wrapped form. Raises Unreadable."""
        ...

    def rewrap(self, wrapped: bytes) -> bytes | None:
        """The same key wrapped by the present master key; None if it is already.

        Raises Unreadable.
        """
        ...

    def index(self, tenant: str, kind: str, namespace: str, value: str) -> str:
        """What stands for a value where it is looked up: 32 hexadecimal digits.

        Equal values give equal digits within a tenant, kind and namespace; without the master key
        nobody finds the value behind them, not even by trying all telephone numbers.
        """
        ...
