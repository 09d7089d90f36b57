"""Contacts and offers in Redis."""

from collections.abc import Sequence
from typing import Any

import structlog

from switchyard_router.adapters.redis.codec import (
    contact_of,
    flat_to_map,
    names_json,
    needs_json,
    offer_of,
)
from switchyard_router.adapters.redis.keys import Keys
from switchyard_router.adapters.redis.link import Link
from switchyard_router.adapters.redis.scripts import Scripts, store_errors
from switchyard_router.adapters.redis.wire import Argument
from switchyard_router.domain.records import (
    CallEvent,
    ContactRecord,
    Move,
    NewContact,
    OfferRecord,
    Request,
    Reservation,
)
from switchyard_router.domain.refusals import refusal

_MOST_RESERVATIONS = 50


class RedisContacts:
    """The contact and offer side of the store; service/contacts.py says what each promises."""

    def __init__(self, link: Link, keys: Keys, scripts: Scripts) -> None:
        self._link = link
        self._keys = keys
        self._scripts = scripts
        self._log = structlog.stdlib.get_logger()

    async def create(self, new: NewContact, request: Request) -> tuple[ContactRecord, bool]:
        """Queue a contact, or return the live one with its external id; True when it is new."""
        values: dict[str, Argument] = {
            "id": new.id,
            "external": new.external_id,
            "queue": new.queue,
            "node": new.node,
            "channel": new.channel,
            "priority": new.priority,
            "language": new.language,
            "customer": new.customer,
            "initial": new.initial,
            "previous": new.previous,
            "related": new.related,
            "needs": needs_json(new.needs),
            "detail": new.detail,
            "plan": new.plan,
            "preferred": new.preferred_agent,
            "excluded": names_json(new.excluded_agents),
            "number": new.callback_number,
            "callback": "1" if new.callback_number else "",
        }
        code, rest = await self._scripts.run(
            "create_contact",
            new.age_credit_ms,
            new.hold_ms,
            new.preferred_wait_ms,
            new.sent_to,
            new.refusal,
            new.not_before_ms,
            *(part for pair in values.items() for part in pair),
            request=request,
        )
        if code == "REPLAYED":
            return await self.get(rest[0].decode()), False
        return self.record(rest[0]), code == "OK"

    async def id_of(self, external_id: str) -> str:
        """The newest contact with an external id, ended ones included; raises CONTACT."""
        with store_errors():
            live, ended = await self._link.calls(
                [
                    ("GET", self._keys.of("external", external_id)),
                    ("GET", self._keys.of("ended", external_id)),
                ]
            )
        found: bytes | None = live or ended
        if found is None:
            raise refusal("CONTACT_UNKNOWN")
        return found.decode()

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

    async def reserve_many(self, reservations: Sequence[Reservation]) -> list[tuple[str, int]]:
        """Reserve in one step, each for itself: ("OK", agent's version), or (why not, 0).

        At most 50, for while a script runs the store does nothing else.

        STEP_FAILED in place of a reason: that reservation broke, which is a defect.
        """
        if len(reservations) > _MOST_RESERVATIONS:
            raise ValueError(f"at most {_MOST_RESERVATIONS} reservations at once")
        args = [part for reservation in reservations for part in _reservation(reservation)]
        _, rest = await self._scripts.run("reserve_many", *args)
        results = [(code.decode(), answer) for code, answer in rest[0]]
        for code, problem in results:
            if code == "STEP_FAILED":
                self._log.error("reservation_failed", problem=problem.decode())
        return [(code, int(answer) if code == "OK" else 0) for code, answer in results]

    async def reserve(
        self, contact_id: str, agent_id: str, offer_id: str, decision_id: str, decided: bytes
    ) -> tuple[str, int]:
        """Reserve one contact and one agent: ("OK", agent's version), or who was faster and 0."""
        reservation = Reservation(contact_id, agent_id, offer_id, decision_id, decided)
        return (await self.reserve_many((reservation,)))[0]

    async def move(self, contact_id: str, from_step: int, move: Move) -> str:
        """Move a waiting contact on from a step of its plan: "OK", or why not.

        CONTACT_OVER, CONTACT_TAKEN, CONTACT_MOVED: it is not there any more. TARGET_UNKNOWN,
        TARGET_FULL, TARGET_VISITED (plans go in circles): it stays where it is.
        """
        code, _ = await self._scripts.run(
            "move_contact",
            contact_id,
            from_step,
            move.step,
            move.priority_delta,
            move.queue,
            move.plan,
            move.agent,
            move.external,
            move.reason,
        )
        return code

    async def accept(self, offer_id: str, fence: int, epoch: int, request: Request) -> str:
        """Accept an offer: one compare-and-set on pending, fence and epoch; OK or REPLAYED."""
        code, _ = await self._scripts.run("accept_offer", offer_id, fence, epoch, request=request)
        return code

    async def decline(
        self, offer_id: str, fence: int, epoch: int, reason: str, request: Request
    ) -> str:
        """Decline an offer; the contact returns to its place. OK or REPLAYED."""
        args = (offer_id, fence, epoch, reason)
        code, _ = await self._scripts.run("decline_offer", *args, request=request)
        return code

    async def report(
        self, event: CallEvent, *, read: bool = True
    ) -> tuple[str, ContactRecord | None]:
        """Apply a call event: ("OK" | "DUPLICATE" | "STALE", the contact after it if known).

        `read` False: the contact is not wanted.
        """
        code, rest = await self._scripts.run(
            "call_event",
            event.contact,
            event.kind,
            event.fence,
            event.source,
            event.sequence,
            event.cause,
            int(read),
        )
        return code, contact_of(flat_to_map(rest[0])) if read else None

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
        return await self.get(contact_id) if code == "REPLAYED" else self.record(rest[0])

    @staticmethod
    def record(flat: list[bytes]) -> ContactRecord:
        """The contact in a script's reply; raises CONTACT when there is none."""
        record = contact_of(flat_to_map(flat))
        if record is None:
            raise refusal("CONTACT_UNKNOWN")
        return record


def _reservation(one: Reservation) -> tuple[Argument, ...]:
    overtaken = ",".join(one.overtaken)
    return (
        one.contact, one.agent, one.offer_id, one.decision_id, one.decided, one.queue, overtaken,
    )  # fmt: skip
