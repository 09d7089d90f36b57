"""Contacts as events show them: what never changes is read once, the rest comes with each event."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from switchyard_router.domain.records import ContactRecord, StoredEvent
from switchyard_router.domain.states import TERMINAL
from switchyard_router.service.agents import OfferStore

_MOST_KEPT = 20_000


class ContactViews:
    """Records of contacts that streams here follow; the least recently used ones go first."""

    def __init__(self, store: OfferStore) -> None:
        self._store = store
        self._records: OrderedDict[str, ContactRecord] = OrderedDict()

    async def load(self, events: Iterable[StoredEvent]) -> None:
        """Read what the events need and is not known; may raise STATE_STORE_DOWN."""
        wanted = {
            event.subject
            for event in events
            if event.type == "contact.context_attached"
            or (event.subject not in self._records and not event.type.startswith("agent."))
        }
        if wanted:
            for record in await self._store.get_many(sorted(wanted)):
                if record is not None:
                    self._records[record.id] = record

    def forget(self) -> None:
        """Events were missed: what is kept may be long past."""
        self._records.clear()

    def at(self, event: StoredEvent) -> ContactRecord | None:
        """The contact right after an event; None if the store no longer has it."""
        known = self._records.get(event.subject)
        if known is None or not event.type.startswith("contact."):
            return known
        record = _after(known, event)
        if record.state in TERMINAL:
            del self._records[record.id]
        else:
            self._records[record.id] = record
            self._records.move_to_end(record.id)
            if len(self._records) > _MOST_KEPT:
                self._records.popitem(last=False)
        return record


def _after(known: ContactRecord, event: StoredEvent) -> ContactRecord:
    data: Mapping[str, Any] = event.data
    changed = event.type != "contact.context_attached"
    return replace(
        known,
        state=data["state"],
        queue=data["queue"],
        language=data["language"],
        agent=data["agent"],
        offer=data["offer"],
        fence=int(data["fence"]),
        reason=data["reason"],
        disposition=data["disposition"],
        version=event.seq,
        state_ms=event.time_ms if changed else known.state_ms,
        talk_ms=int(data["talk_ms"]),
    )
