"""Changes of live contacts in Redis: update, requeue, transfer, call back."""

from typing import Any

import orjson

from switchyard_router.adapters.redis.codec import needs_json
from switchyard_router.adapters.redis.contacts import RedisContacts
from switchyard_router.adapters.redis.scripts import Scripts
from switchyard_router.adapters.redis.wire import Argument
from switchyard_router.domain.changes import CallbackWish, ContactUpdate, Requeue, Transfer
from switchyard_router.domain.records import ContactRecord, Request

_REQUEUED = "REQUEUED"


class RedisContactChanges:
    """See service/contact_changes.py for what each promises."""

    def __init__(self, scripts: Scripts, contacts: RedisContacts) -> None:
        self._scripts = scripts
        self._contacts = contacts

    async def get(self, contact_id: str) -> ContactRecord:
        """One contact."""
        return await self._contacts.get(contact_id)

    async def update(
        self, contact_id: str, seen_version: str, update: ContactUpdate, request: Request
    ) -> ContactRecord | None:
        """Change what is given; None when it changed since `seen_version`."""
        wait: Argument = "" if update.preferred_wait_ms is None else update.preferred_wait_ms
        values = [part for pair in _values(update).items() for part in pair]
        code, rest = await self._scripts.run(
            "update_contact", contact_id, seen_version, wait, *values, request=request
        )
        return None if code == "CHANGED" else await self._after(code, rest)

    async def requeue(self, wish: Requeue, request: Request) -> ContactRecord:
        """Back to a queue."""
        code, rest = await self._scripts.run(
            "requeue_contact",
            wish.contact,
            wish.version,
            wish.queue,
            wish.plan,
            orjson.dumps(wish.excluded_agents) if wish.excluded_agents else b"",
            int(wish.keep_age),
            _REQUEUED,
            request=request,
        )
        return await self._after(code, rest)

    async def transfer(self, wish: Transfer, request: Request) -> ContactRecord:
        """Pass a conversation on; the contact that continues."""
        code, rest = await self._scripts.run(
            "transfer_contact",
            wish.contact,
            wish.version,
            wish.mode,
            wish.new_id,
            wish.queue,
            wish.agent,
            wish.external,
            request=request,
        )
        return await self._after(code, rest)

    async def request_callback(self, wish: CallbackWish, request: Request) -> ContactRecord:
        """Let the customer hang up and be called."""
        code, rest = await self._scripts.run(
            "request_callback",
            wish.contact,
            wish.number,
            wish.not_before_ms,
            int(wish.keep_place),
            request=request,
        )
        return await self._after(code, rest)

    async def _after(self, code: str, rest: list[Any]) -> ContactRecord:
        if code == "REPLAYED":
            return await self._contacts.get(rest[0].decode())
        return self._contacts.record(rest[0])


def _values(update: ContactUpdate) -> dict[str, Argument]:
    """Fields of the hash."""
    values: dict[str, Argument | None] = {
        "detail": update.detail,
        "priority": update.priority,
        "language": update.language,
        "customer": update.customer,
        "needs": None if update.needs is None else needs_json(update.needs),
        "preferred": update.preferred_agent,
        "excluded": None
        if update.excluded_agents is None
        else orjson.dumps(update.excluded_agents),
    }
    return {name: value for name, value in values.items() if value is not None}


def _json(names: tuple[str, ...] | None) -> bytes | None:
    return None if names is None else orjson.dumps(names)
