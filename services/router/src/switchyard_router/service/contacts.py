"""Contacts: taking them in, and what platforms report of them."""

from dataclasses import replace
from typing import Protocol

import structlog
from switchyard_common.logs import bind_contact

from switchyard_router.domain.records import CallEvent, ContactRecord, NewContact, Request
from switchyard_router.service.context import ContextLookup, ContextQuery


class ContactStore(Protocol):
    """Contacts in the store; every change is one atomic step, and refusals are DomainErrors."""

    async def create(self, new: NewContact, request: Request) -> tuple[ContactRecord, bool]:
        """Queue a contact, or return the live one with its external id; True when it is new."""
        ...

    async def get(self, contact_id: str) -> ContactRecord:
        """One contact."""
        ...

    async def end(
        self, contact_id: str, caller_hung_up: bool, reason: str, request: Request
    ) -> ContactRecord:
        """Withdraw a contact, or end its conversation."""
        ...

    async def complete(
        self,
        contact_id: str,
        disposition: str,
        skip_wrap_up: bool,
        agent_id: str,
        reason: str,
        request: Request,
    ) -> ContactRecord:
        """End a conversation or a wrap-up; `agent_id` empty: on the platform's behalf."""
        ...

    async def report(self, event: CallEvent) -> tuple[str, ContactRecord | None]:
        """Apply a call event: OK, DUPLICATE or STALE, and the contact after it."""
        ...


class CreateContact:
    """Queues a contact first, so that it cannot be lost; then asks who the customer is."""

    def __init__(self, store: ContactStore, context: ContextLookup) -> None:
        self._store = store
        self._context = context
        self._log = structlog.stdlib.get_logger()

    async def execute(
        self, new: NewContact, query: ContextQuery, request: Request
    ) -> ContactRecord:
        """The queued contact, or the live one with the same external id."""
        bind_contact(new.id)
        budget = self._context.budget_seconds(query)
        record, created = await self._store.create(
            replace(new, hold_ms=int(budget * 1000)), request
        )
        bind_contact(record.id)
        if created and budget > 0:
            self._context.start(record.id, query)
        self._log.info("contact_created", queue=record.queue, channel=record.channel, new=created)
        return record
