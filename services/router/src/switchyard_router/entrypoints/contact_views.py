"""Contacts as events show them: what never changes is read once, the rest comes with each event."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

from switchyard_router.domain.names import Tenant
from switchyard_router.domain.records import ContactRecord, StoredEvent
from switchyard_router.domain.states import CONVERSING, REREAD_EVENTS, STAYING_EVENTS, TERMINAL
from switchyard_router.entrypoints.convert import contact_message, set_standing, stamp
from switchyard_router.service.agents import OfferStore

_MOST_KEPT = 20_000


class ContactView:
    """A contact as the events so far left it: what commands need of it, and its message.

    It changes with each event, so that an event costs a few assignments instead of a new record
    and a new message: copy what is to last.
    """

    __slots__ = (
        "agent",
        "callback_number",
        "channel",
        "fence",
        "message",
        "node",
        "offer",
        "record",
        "sent_to",
    )

    def __init__(self, record: ContactRecord, tenant: Tenant) -> None:
        self.record = record
        self.channel = record.channel
        self.node = record.node
        self.agent = record.agent
        self.offer = record.offer
        self.fence = record.fence
        self.sent_to = record.sent_to
        self.callback_number = record.callback_number
        self.message = contact_message(record, tenant)

    def apply(self, event: StoredEvent, tenant: Tenant) -> None:
        """What a contact.* event says; the rest is as it was."""
        data: Mapping[str, Any] = event.data
        self.agent, self.offer, self.fence = data["agent"], data["offer"], int(data["fence"])
        self.sent_to = data.get("sent_to", "")
        message = self.message
        set_standing(message, tenant, data["state"], self.agent, self.offer, self.fence, event.seq)
        message.reason = data["reason"]
        message.overtaken = int(data.get("overtaken", 0))
        message.traffic_arm = data.get("arm", "")
        message.sent_to = self.sent_to
        if event.type not in STAYING_EVENTS:
            stamp(message.state_time, event.time_ms)
        if data["state"] in CONVERSING:  # whoever was called back is on the line from then on
            self.callback_number = ""
            message.ClearField("callback")
        elif self.callback_number:
            message.callback.attempts = int(data.get("attempts", 0))
            stamp(message.callback.not_before, int(data["hold_until_ms"]))


class ContactViews:
    """Views of contacts that streams here follow or followed; the least recently used go first.

    A view holds only as long as it sees every event of its contact.
    """

    def __init__(self, store: OfferStore, tenant: Tenant) -> None:
        self._store = store
        self._tenant = tenant
        self._views: OrderedDict[str, ContactView] = OrderedDict()
        self._being_read: frozenset[str] = frozenset()

    def __contains__(self, contact: object) -> bool:
        """Whether there is a view of a contact, or will be in a moment."""
        return contact in self._views or contact in self._being_read

    async def load(self, events: Iterable[StoredEvent]) -> None:
        """Read what the events need and is not known; may raise STATE_STORE_DOWN."""
        wanted = {
            event.subject
            for event in events
            if event.type in REREAD_EVENTS
            or (event.subject not in self._views and not event.type.startswith("agent."))
        }
        if not wanted:
            return
        self._being_read = frozenset(wanted)
        try:
            for record in await self._store.get_many(sorted(wanted)):
                if record is not None:
                    self._views[record.id] = ContactView(record, self._tenant)
        finally:
            self._being_read = frozenset()

    def know(self, record: ContactRecord) -> None:
        """Take over a new contact, unless its events came first."""
        if record.id not in self._views:
            self._views[record.id] = ContactView(record, self._tenant)

    def forget(self) -> None:
        """Events were missed: what is kept may be long past."""
        self._views.clear()

    def at(self, event: StoredEvent) -> ContactView | None:
        """The contact right after an event; None if the store no longer has it."""
        view = self._views.get(event.subject)
        if view is None or not event.type.startswith("contact."):
            return view
        view.apply(event, self._tenant)
        if event.data["state"] in TERMINAL:
            del self._views[event.subject]
        else:
            self._views.move_to_end(event.subject)
            if len(self._views) > _MOST_KEPT:
                self._views.popitem(last=False)
        return view
