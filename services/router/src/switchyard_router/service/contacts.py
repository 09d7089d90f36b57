"""Contacts: taking them in, and what platforms report of them."""

from dataclasses import replace
from typing import Protocol

import structlog
from switchyard_common.errors import DomainError
from switchyard_common.logs import bind_contact

from switchyard_router.domain.records import CallEvent, ContactRecord, NewContact, Request
from switchyard_router.domain.refusals import UNKNOWN_QUEUE, store_down
from switchyard_router.service.context import ContextLookup, ContextQuery
from switchyard_router.service.known_skills import UNKNOWN_SKILL, KnownSkills, unknown_skills
from switchyard_router.service.reception import Reception


class ContactStore(Protocol):
    """Contacts in the store; every change is one atomic step, and refusals are DomainErrors."""

    async def create(self, new: NewContact, request: Request) -> tuple[ContactRecord, bool]:
        """Queue a contact, or return the live one with its external id; True when it is new."""
        ...

    async def get(self, contact_id: str) -> ContactRecord:
        """One contact."""
        ...

    async def id_of(self, external_id: str) -> str:
        """The newest contact with an external id; ended ones are known for a day."""
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

    async def report(
        self, event: CallEvent, *, read: bool = True
    ) -> tuple[str, ContactRecord | None]:
        """Apply a call event: OK, DUPLICATE or STALE, and if it is to be read the contact."""
        ...


class CreateContact:
    """Queues a contact first, so that it cannot be lost; then asks who the customer is."""

    def __init__(
        self,
        store: ContactStore,
        reception: Reception,
        skills: KnownSkills,
        context: ContextLookup,
    ) -> None:
        self._store = store
        self._reception = reception
        self._skills = skills
        self._context = context
        self._log = structlog.stdlib.get_logger()

    async def execute(
        self, new: NewContact, query: ContextQuery, request: Request
    ) -> ContactRecord:
        """The queued contact, or the live one with the same external id."""
        bind_contact(new.id)
        budget = self._context.budget_seconds(query)
        missing = await self._skills.unknown(new.needs)
        placed = self._reception.receive(replace(new, hold_ms=int(budget * 1000)))
        try:
            # Refusing is left to the store, which knows whether it has the contact already.
            refusal = UNKNOWN_SKILL if missing else placed.refusal
            record, created = await self._create(replace(placed, refusal=refusal), request)
        except DomainError as error:
            if error.reason == UNKNOWN_SKILL:
                raise unknown_skills(new.needs, missing) from error
            if error.reason == UNKNOWN_QUEUE and self._reception.knows(new.queue):
                # The store came back without its data; the configuration is put back in a moment.
                raise store_down() from error
            raise
        bind_contact(record.id)
        if created and budget > 0 and not record.sent_to:
            self._context.start(record.id, query)
        self._log.info("contact_created", queue=record.queue, channel=record.channel, new=created)
        return record

    async def _create(self, new: NewContact, request: Request) -> tuple[ContactRecord, bool]:
        """Stored where there is room; a full queue may name another place."""
        been: frozenset[str] = frozenset()
        while True:
            try:
                return await self._store.create(new, request)
            except DomainError as error:
                been |= {new.queue}
                instead = self._reception.instead_of_full(new, been)
                if error.reason != "QUEUE_FULL" or instead is None:
                    raise
                new = instead
