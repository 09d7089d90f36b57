"""Contacts and offers in Redis."""

from collections.abc import Sequence
from typing import Any

from switchyard_router.adapters.redis.codec import contact_of, flat_to_map, needs_json, offer_of
from switchyard_router.adapters.redis.keys import Keys
from switchyard_router.adapters.redis.link import Argument, Link
from switchyard_router.adapters.redis.scripts import Scripts, store_errors
from switchyard_router.domain.records import (
    CallEvent,
    ContactRecord,
    NewContact,
    OfferRecord,
    Request,
)
from switchyard_router.domain.refusals import refusal


class RedisContacts:
    """The contact and offer side of the store; service/contacts.py says what each promises."""

    def __init__(self, link: Link, keys: Keys, scripts: Scripts) -> None:
        self._link = link
        self._keys = keys
        self._scripts = scripts

    async def create(self, new: NewContact, request: Request) -> tuple[ContactRecord, bool]:
        """Queue a contact, or return the live one with its external id; True when it is new."""
        values: dict[str, Argument] = {
            "channel": new.channel,
            "priority": new.priority,
            "language": new.language,
            "customer": new.customer,
            "initial": new.initial,
            "previous": new.previous,
            "related": new.related,
            "needs": needs_json(new.needs),
            "detail": new.detail,
        }
        code, rest = await self._scripts.run(
            "create_contact",
            new.id,
            new.external_id,
            new.queue,
            new.node,
            new.age_credit_ms,
            new.hold_ms,
            *(part for pair in values.items() for part in pair),
            request=request,
        )
        if code == "REPLAYED":
            return await self.get(rest[0].decode()), False
        return _record(rest[0]), code == "OK"

    async def get(self, contact_id: str) -> ContactRecord:
        """One contact; raises CONTACT when there is none."""
        (record,) = await self.get_many((contact_id,))
        if record is None:
            raise refusal("CONTACT_UNKNOWN")
        return record

    async def get_many(self, contact_ids: Sequence[str]) -> list[ContactRecord | None]:
        """Several contacts in one round trip, in the order asked for."""
        with store_errors():
            rows = await self._link.calls(
                [("HGETALL", self._keys.of("contact", contact_id)) for contact_id in contact_ids]
            )
        return [contact_of(fields) for fields in rows]

    async def get_offer(self, offer_id: str) -> OfferRecord:
        """One offer; raises OFFER when there is none."""
        with store_errors():
            fields = await self._link.call("HGETALL", self._keys.of("offer", offer_id))
        offer = offer_of(offer_id, fields)
        if offer is None:
            raise refusal("OFFER_UNKNOWN")
        return offer

    async def attach_context(
        self, contact_id: str, context: bytes, customer: str, customer_key: str, language: str
    ) -> bool:
        """Store what the CRM said and end the wait for it; False when the contact is over."""
        code, _ = await self._scripts.run(
            "attach_context", contact_id, context, customer, customer_key, language
        )
        return code == "OK"

    async def reserve(
        self, contact_id: str, agent_id: str, offer_id: str, decision_id: str, decided: bytes
    ) -> tuple[str, int]:
        """Reserve contact and agent together: ("OK", agent's version), or who was faster and 0."""
        code, rest = await self._scripts.run(
            "reserve", contact_id, agent_id, offer_id, decision_id, decided
        )
        return (code, int(rest[0])) if code == "OK" else (code, 0)

    async def accept(self, offer_id: str, fence: int, epoch: int, request: Request) -> OfferRecord:
        """Accept an offer: one compare-and-set on pending, fence and epoch."""
        await self._scripts.run("accept_offer", offer_id, fence, epoch, request=request)
        return await self.get_offer(offer_id)

    async def decline(
        self, offer_id: str, fence: int, epoch: int, reason: str, request: Request
    ) -> OfferRecord:
        """Decline an offer; the contact returns to its place."""
        await self._scripts.run("decline_offer", offer_id, fence, epoch, reason, request=request)
        return await self.get_offer(offer_id)

    async def report(self, event: CallEvent) -> tuple[str, ContactRecord | None]:
        """Apply a call event: ("OK" | "DUPLICATE" | "STALE", the contact after it if known)."""
        code, rest = await self._scripts.run(
            "call_event",
            event.contact,
            event.kind,
            event.fence,
            event.source,
            event.sequence,
            event.cause,
        )
        return code, contact_of(flat_to_map(rest[0]))

    async def end(
        self, contact_id: str, caller_hung_up: bool, reason: str, request: Request
    ) -> ContactRecord:
        """Withdraw a contact, or end its conversation."""
        return await self._changed(
            contact_id,
            await self._scripts.run(
                "end_contact", contact_id, int(caller_hung_up), reason, request=request
            ),
        )

    async def complete(
        self,
        contact_id: str,
        disposition: str,
        skip_wrap_up: bool,
        agent_id: str,
        reason: str,
        request: Request,
    ) -> ContactRecord:
        """End a conversation (then comes wrap-up) or a wrap-up."""
        args = (contact_id, disposition, int(skip_wrap_up), agent_id, reason)
        return await self._changed(
            contact_id, await self._scripts.run("complete_contact", *args, request=request)
        )

    async def end_wrap_up(
        self, agent_id: str, contact_id: str, disposition: str, request: Request
    ) -> None:
        """End the paperwork of a contact."""
        await self._scripts.run("end_wrap_up", agent_id, contact_id, disposition, request=request)

    async def _changed(self, contact_id: str, reply: tuple[str, list[Any]]) -> ContactRecord:
        code, rest = reply
        return await self.get(contact_id) if code == "REPLAYED" else _record(rest[0])


def _record(flat: list[bytes]) -> ContactRecord:
    record = contact_of(flat_to_map(flat))
    if record is None:
        raise refusal("CONTACT_UNKNOWN")
    return record
