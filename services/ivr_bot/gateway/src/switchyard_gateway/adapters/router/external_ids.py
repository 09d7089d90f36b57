"""Which conversation a contact of the router belongs to, where the router does not say it again."""

from collections.abc import Collection

from switchyard.router.v1 import contact_pb2

_TERMINAL = (
    contact_pb2.COMPLETED,
    contact_pb2.ABANDONED,
    contact_pb2.CANCELLED,
    contact_pb2.EXPIRED,
)


class ExternalIds:
    """External ids of live contacts by name; a contact's end takes its own out."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._known)

    def complete(self, contact: contact_pb2.Contact) -> contact_pb2.Contact | None:
        """The contact with its external id, as an estimate comes with no more than the contact's
        name; None if it is not known."""
        contact.external_id = contact.external_id or self._known.get(contact.name, "")
        if contact.state in _TERMINAL:
            self._known.pop(contact.name, None)
        elif contact.external_id:
            self._known[contact.name] = contact.external_id
        return contact if contact.external_id else None

    def keep(self, live: Collection[str]) -> None:
        """Forget all others: nobody may have told that they ended, while the line was down."""
        for ended in self._known.keys() - set(live):
            del self._known[ended]
