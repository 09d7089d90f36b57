"""A router without routing: the test says who gets a contact and when it ends."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from switchyard_common.errors import ErrorKind
from switchyard_gateway.domain.contacts import CallReport, ContactState, ContactView, LineEvent
from switchyard_gateway.domain.conversation import Wait
from switchyard_gateway.domain.errors import RouterFailed
from switchyard_gateway.service.router import CallbackRequest, ContactRequest

ANN, BOB = "tenants/demo/agents/ann", "tenants/demo/agents/bob"
QUEUES = ("general", "orders")
DISPLAY = {ANN: "Ann Lee", BOB: "Bob Wu"}
_OVER = (
    ContactState.COMPLETED,
    ContactState.ABANDONED,
    ContactState.CANCELLED,
    ContactState.EXPIRED,
)
_JOINABLE = (ContactState.OFFERING, ContactState.ASSIGNED)
_AFTER_HANGUP = {
    ContactState.CONNECTED: ContactState.WRAP_UP,
    ContactState.ON_HOLD: ContactState.WRAP_UP,
    ContactState.WRAP_UP: ContactState.WRAP_UP,
}
"""What a customer's leaving makes of a contact that an agent has or had; others are abandoned."""

NEXT: dict[ContactState, tuple[ContactState, ...]] = {
    ContactState.QUEUED: (
        ContactState.OFFERING,
        ContactState.EXPIRED,
        ContactState.CANCELLED,
    ),
    ContactState.OFFERING: (ContactState.QUEUED, ContactState.CANCELLED),
    ContactState.ASSIGNED: (ContactState.QUEUED, ContactState.CANCELLED),
    ContactState.CONNECTED: (ContactState.ON_HOLD, ContactState.QUEUED, ContactState.WRAP_UP),
    ContactState.ON_HOLD: (ContactState.CONNECTED, ContactState.QUEUED, ContactState.WRAP_UP),
}
"""What the real router does with a live contact, but for accepted offers."""

type Listener = Callable[[ContactView], Awaitable[None]]


@dataclass
class FakeRouter:
    """The ports Router and Line in memory.

    While `down` every call fails and reports wait, as they do on a broken line.
    """

    down: bool = False
    refusal: str = ""
    requests: list[ContactRequest] = field(default_factory=list)
    reports: list[CallReport] = field(default_factory=list)
    dispositions: dict[str, str] = field(default_factory=dict)
    contacts: dict[str, ContactView] = field(default_factory=dict)
    listeners: list[Listener] = field(default_factory=list)
    callbacks: dict[str, CallbackRequest] = field(default_factory=dict)
    after_callback: Callable[[str], Awaitable[None]] | None = None
    after_create: Callable[[str], Awaitable[None]] | None = None
    history: list[ContactView] = field(default_factory=list)
    unsent: list[CallReport] = field(default_factory=list)
    _by_request: dict[str, str] = field(default_factory=dict)
    _callbacks_asked: dict[str, CallbackRequest] = field(default_factory=dict)

    # The port Router

    async def create_contact(self, request: ContactRequest) -> ContactView:
        self._check()
        if self.refusal:
            raise RouterFailed(ErrorKind.EXHAUSTED, self.refusal, 30.0)
        if request.queue not in QUEUES:
            raise RouterFailed(ErrorKind.NOT_FOUND, "QUEUE", None)
        name = self._by_request.get(request.request_id)
        if name is not None and request not in self.requests:
            raise RouterFailed(ErrorKind.PRECONDITION, "REQUEST_ID_REUSED", None)
        if name is None:
            name = f"tenants/demo/contacts/c{len(self._by_request) + 1}"
            self._by_request[request.request_id] = name
            self.requests.append(request)
            self.contacts[name] = ContactView(name, request.conversation, ContactState.QUEUED)
            if self.after_create is not None:
                await self.after_create(name)
        return replace(self.contacts[name], state=ContactState.QUEUED)

    async def create_callback(self, request: CallbackRequest) -> str:
        self._check()
        if self.refusal:
            raise RouterFailed(ErrorKind.EXHAUSTED, self.refusal, 30.0)
        request_id = request.contact.request_id
        if self._callbacks_asked.setdefault(request_id, request) != request:
            raise RouterFailed(ErrorKind.PRECONDITION, "REQUEST_ID_REUSED", None)
        name = self._by_request.get(f"callback of {request.contact.conversation}")
        if name is None:
            name = f"tenants/demo/contacts/k{len(self.callbacks) + 1}"
            self._by_request[f"callback of {request.contact.conversation}"] = name
        self.callbacks[name] = request
        if self.after_callback is not None:
            await self.after_callback(name)
        return name

    async def withdraw_contact(self, contact: str, reason: str, request_id: str) -> None:
        self._check()
        if self.callbacks.pop(contact, None) is not None:
            return
        if contact in self.contacts and self.contacts[contact].state not in _OVER:
            await self.move(contact, ContactState.CANCELLED)

    async def get_contact(self, contact: str) -> ContactView:
        self._check()
        if contact not in self.contacts:
            raise RouterFailed(ErrorKind.NOT_FOUND, "CONTACT", None)
        return self.contacts[contact]

    async def complete_contact(self, contact: str, disposition: str, request_id: str) -> None:
        self._check()
        if contact in self.contacts and self.contacts[contact].state not in _OVER:
            self.dispositions[contact] = disposition
            await self.move(contact, ContactState.WRAP_UP)

    async def estimate_wait(self, contact: str) -> Wait | None:
        waiting = [c for c in self.contacts.values() if c.state is ContactState.QUEUED]
        names = [c.name for c in waiting]
        return Wait(names.index(contact) + 1, 40, 90) if contact in names else None

    async def agent_display(self, agent: str) -> str:
        return DISPLAY.get(agent, "")

    # The port Line

    async def report(self, report: CallReport) -> None:
        self.reports.append(report)
        if self.down:
            self.unsent.append(report)
        else:
            await self.apply(report)

    async def apply(self, report: CallReport) -> bool:
        """What a line event does to the contact; False when it came too late."""
        contact = self.contacts.get(report.contact)
        if contact is None or contact.state in _OVER:
            return False
        after = contact.state
        if report.event is LineEvent.CALLER_HANGUP:
            after = _AFTER_HANGUP.get(contact.state, ContactState.ABANDONED)
        elif contact.state in _JOINABLE and report.fence == contact.fence:
            after = ContactState.CONNECTED
        if after is contact.state:
            return False
        await self.move(contact.name, after)
        return True

    # For tests

    async def assign(self, contact: str, agent: str = ANN) -> None:
        """An agent accepts the offer there is, or one made just now."""
        now = self.contacts[contact]
        fence = now.fence if now.state is ContactState.OFFERING else now.fence + 1
        offer = f"tenants/demo/offers/o{fence}"
        self._set(contact, state=ContactState.ASSIGNED, agent=agent, offer=offer, fence=fence)
        await self._tell(contact)

    async def move(self, contact: str, state: ContactState) -> None:
        """The contact changes."""
        changes: dict[str, object] = {"state": state}
        if state is ContactState.QUEUED:
            changes["agent"] = ""
        if state is ContactState.OFFERING:
            changes |= {"agent": "", "fence": self.contacts[contact].fence + 1}
        self._set(contact, **changes)
        await self._tell(contact)

    async def come_back(self) -> None:
        """The line is up again, and what waited is sent."""
        self.down = False
        unsent, self.unsent = self.unsent, []
        for report in unsent:
            await self.apply(report)

    def only(self) -> ContactView:
        """The one contact there is."""
        (contact,) = self.contacts.values()
        return contact

    def _set(self, contact: str, **changes: object) -> None:
        self.history.append(self.contacts[contact])
        self.contacts[contact] = replace(self.contacts[contact], **changes)  # type: ignore[arg-type]

    async def _tell(self, contact: str) -> None:
        for listener in tuple(self.listeners):
            await listener(self.contacts[contact])

    def _check(self) -> None:
        if self.down:
            raise RouterFailed(ErrorKind.UNAVAILABLE, "ROUTER_UNAVAILABLE", 1.0)
