"""Contacts that are about to leave their step: nobody of that step is asked any more."""

from collections.abc import Callable


class Departures:
    """Ids of contacts between the decision to move them and the store's word that they moved.

    `on_change` is told of each that begins or ceases to leave: who may take it changes with that.
    """

    def __init__(self, on_change: Callable[[str], None]) -> None:
        self._ids: set[str] = set()
        self._on_change = on_change

    def __contains__(self, contact_id: str) -> bool:
        return contact_id in self._ids

    def add(self, contact_id: str) -> None:
        """It leaves."""
        if contact_id not in self._ids:
            self._ids.add(contact_id)
            self._on_change(contact_id)

    def discard(self, contact_id: str) -> None:
        """It left, or stays after all."""
        if contact_id in self._ids:
            self._ids.discard(contact_id)
            self._on_change(contact_id)

    def clear(self) -> None:
        """Nobody leaves any more."""
        for contact_id in list(self._ids):
            self.discard(contact_id)
