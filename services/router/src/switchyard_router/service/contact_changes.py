"""Changing live contacts: ports, and updates that others may interleave with."""

from collections.abc import Callable
from typing import Protocol

import structlog

from switchyard_router.domain.changes import CallbackWish, ContactUpdate, Requeue, Transfer
from switchyard_router.domain.records import ContactRecord, Request
from switchyard_router.domain.refusals import refusal
from switchyard_router.service.context import ContextLookup, ContextQuery

_MOST_TRIES = 5


class ContactChangeStore(Protocol):
    """Each change is one atomic step; refusals are DomainErrors."""

    async def get(self, contact_id: str) -> ContactRecord:
        """One contact."""
        ...

    async def update(
        self, contact_id: str, seen_version: str, update: ContactUpdate, request: Request
    ) -> ContactRecord | None:
        """Change what is given; None when the contact changed since `seen_version`."""
        ...

    async def requeue(self, wish: Requeue, request: Request) -> ContactRecord:
        """Back to a queue, from any live state but wrap-up."""
        ...

    async def transfer(self, wish: Transfer, request: Request) -> ContactRecord:
        """Pass a conversation on; the contact that continues."""
        ...

    async def request_callback(self, wish: CallbackWish, request: Request) -> ContactRecord:
        """Let the customer of a waiting call hang up and be called."""
        ...


class UpdateContact:
    """Reads, merges, writes if nobody wrote meanwhile; tries again where the caller named no etag.

    A customer who becomes known is looked up beside the queue, as on creation.
    """

    def __init__(self, store: ContactChangeStore, context: ContextLookup) -> None:
        self._store = store
        self._context = context
        self._log = structlog.stdlib.get_logger()

    async def execute(
        self,
        contact_id: str,
        version: str,
        merge: Callable[[ContactRecord], ContactUpdate],
        request: Request,
    ) -> ContactRecord:
        """The contact after it. `version` (empty: any) must be the contact's."""
        for _ in range(_MOST_TRIES):
            before = await self._store.get(contact_id)
            update = merge(before)
            seen = version or str(before.version)
            after = await self._store.update(contact_id, seen, update, request)
            if after is not None:
                self._look_up(before, after)
                self._log.info("contact_updated", queue=after.queue)
                return after
            if version:
                break
        raise refusal("ETAG_MISMATCH")

    def _look_up(self, before: ContactRecord, after: ContactRecord) -> None:
        query = ContextQuery(after.customer, "", after.language)
        if after.customer != before.customer and self._context.budget_seconds(query) > 0:
            self._context.start(after.id, query)
