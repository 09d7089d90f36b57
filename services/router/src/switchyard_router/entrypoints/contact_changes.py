"""Update, requeue, transfer and call back: from messages to values, and the contact after it."""

from collections.abc import Sequence
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask
from switchyard.router.v1 import contact_pb2, contact_service_pb2
from switchyard_common.ids import IdFactory
from switchyard_common.logs import bind_contact

from switchyard_router.domain.changes import (
    CallbackWish,
    ContactUpdate,
    Requeue,
    Transfer,
    TransferMode,
)
from switchyard_router.domain.names import Tenant, bad_field
from switchyard_router.domain.records import ContactRecord
from switchyard_router.domain.refusals import refusal
from switchyard_router.entrypoints.checks import check_new_contact
from switchyard_router.entrypoints.config_messages import milliseconds, need
from switchyard_router.entrypoints.convert import contact_message, request_of, version_of
from switchyard_router.service.board import Board
from switchyard_router.service.contact_changes import ContactChangeStore, UpdateContact

_CHANGEABLE = (
    "priority",
    "language",
    "skills",
    "attributes",
    "preferred_agent",
    "preferred_agent_wait",
    "customer",
    "excluded_agents",
)
_MOST_NUMBER = 64
_MOST_ADDRESS = 256
_MOST_EXCLUDED = 100


class ContactChanges:
    """What platforms, supervisors and agents may change about a live contact."""

    def __init__(
        self,
        update: UpdateContact,
        store: ContactChangeStore,
        board: Board,
        ids: IdFactory,
        tenant: Tenant,
    ) -> None:
        self._update = update
        self._store = store
        self._board = board
        self._ids = ids
        self._tenant = tenant

    async def update(
        self, request: contact_service_pb2.UpdateContactRequest
    ) -> contact_pb2.Contact:
        """Change the fields of the mask."""
        contact_id = self._contact_id(request.contact.name, "contact.name")
        mask = _checked(request.update_mask)
        record = await self._update.execute(
            contact_id,
            version_of(request.contact.etag, "contact.etag"),
            lambda stored: self._merged(stored, request.contact, mask),
            request_of(request, request.request_id),
        )
        return contact_message(record, self._tenant)

    async def requeue(
        self, request: contact_service_pb2.RequeueContactRequest
    ) -> contact_pb2.Contact:
        """Send a contact back to a queue."""
        parse = self._tenant.parse
        wish = Requeue(
            contact=self._contact_id(request.name),
            version=version_of(request.etag),
            queue=parse("queues", request.queue, "queue", required=False),
            plan=parse("routingPlans", request.routing_plan, "routing_plan", required=False),
            excluded_agents=excluded(request.exclude_agents, "exclude_agents", self._tenant),
            keep_age=request.keep_age,
        )
        record = await self._store.requeue(wish, request_of(request, request.request_id))
        return contact_message(record, self._tenant)

    async def transfer(
        self, request: contact_service_pb2.TransferContactRequest
    ) -> contact_pb2.Contact:
        """Pass a conversation on."""
        modes = contact_service_pb2.TransferContactRequest.Mode
        if request.mode not in modes.values() or not request.mode:
            raise bad_field("mode", "give BLIND, CONSULT or CONFERENCE")
        contact_id, mode = self._contact_id(request.name), TransferMode(modes.Name(request.mode))
        queue, agent, external = await self._target(request, contact_id, mode)
        wish = Transfer(
            contact=contact_id,
            version=version_of(request.etag),
            mode=mode,
            new_id=self._ids.new(),
            queue=queue,
            agent=agent,
            external=external,
        )
        record = await self._store.transfer(wish, request_of(request, request.request_id))
        return contact_message(record, self._tenant)

    async def request_callback(
        self, request: contact_service_pb2.RequestCallbackRequest
    ) -> contact_pb2.Contact:
        """Let the customer hang up and be called."""
        if not 1 <= len(request.number) <= _MOST_NUMBER:
            raise bad_field("number", f"give the number to call, 1 to {_MOST_NUMBER} characters")
        not_before = request.not_before.ToMilliseconds() if request.HasField("not_before") else 0
        if not_before < 0:
            raise bad_field("not_before", "must not be before 1970")
        wish = CallbackWish(
            self._contact_id(request.name), request.number, not_before, request.keep_place
        )
        record = await self._store.request_callback(wish, request_of(request, request.request_id))
        return contact_message(record, self._tenant)

    def _merged(
        self, stored: ContactRecord, given: contact_pb2.Contact, mask: FieldMask
    ) -> ContactUpdate:
        merged = contact_pb2.Contact.FromString(stored.detail)
        mask.MergeMessage(given, merged, replace_message_field=True, replace_repeated_field=True)
        check_new_contact(merged)
        paths, tenant = set(mask.paths), self._tenant
        preferred = tenant.parse(
            "agents", merged.preferred_agent, "contact.preferred_agent", required=False
        )
        waits = bool(paths & {"preferred_agent", "preferred_agent_wait"})
        wanted: dict[str, Any] = {
            "priority": merged.priority,
            "language": merged.language,
            "customer": merged.customer,
            "needs": tuple(need(requirement) for requirement in merged.skills),
            "preferred_agent": preferred,
            "excluded_agents": excluded(merged.excluded_agents, "contact.excluded_agents", tenant),
        }
        chosen = {name: value for name, value in wanted.items() if _PATH.get(name, name) in paths}
        return ContactUpdate(
            detail=merged.SerializeToString(),
            preferred_wait_ms=milliseconds(merged.preferred_agent_wait) if waits else None,
            **chosen,
        )

    async def _target(
        self,
        request: contact_service_pb2.TransferContactRequest,
        contact_id: str,
        mode: TransferMode,
    ) -> tuple[str, str, str]:
        """Queue, agent and address outside; what does not apply is empty."""
        target, kind = request.target, request.target.WhichOneof("kind")
        if kind == "queue":
            return self._tenant.parse("queues", target.queue, "target.queue"), "", ""
        if kind == "agent":
            agent_id = self._tenant.parse("agents", target.agent, "target.agent")
            return await self._queue_of(agent_id, contact_id), agent_id, ""
        if kind != "external":
            raise bad_field("target", "give queue, agent or external")
        if mode is not TransferMode.BLIND:
            raise bad_field("target.external", "only a blind transfer goes outside")
        if not 1 <= len(target.external) <= _MOST_ADDRESS:
            raise bad_field("target.external", f"give an address, 1 to {_MOST_ADDRESS} characters")
        return "", "", target.external

    async def _queue_of(self, agent_id: str, contact_id: str) -> str:
        """A queue that the agent serves: the contact's own one if possible."""
        row = self._board.agents.row(agent_id)
        if row is None:
            raise refusal("AGENT_UNKNOWN")
        served = self._board.agents.profiles[row].queues
        if not served:
            raise refusal("AGENT_SERVES_NOTHING")
        own = (await self._store.get(contact_id)).queue
        return own if own in served else served[0]

    def _contact_id(self, name: str, field: str = "name") -> str:
        contact_id = self._tenant.parse("contacts", name, field)
        bind_contact(contact_id)
        return contact_id


_PATH = {"needs": "skills"}
"""Where a value's name is not that of the message's field."""


def excluded(names: Sequence[str], field: str, tenant: Tenant) -> tuple[str, ...]:
    """Agent ids of a repeated field; raises INVALID naming the entry."""
    if len(names) > _MOST_EXCLUDED:
        raise bad_field(field, f"at most {_MOST_EXCLUDED}")
    return tuple(
        tenant.parse("agents", name, f"{field}[{index}]") for index, name in enumerate(names)
    )


def _checked(mask: FieldMask) -> FieldMask:
    wrong = [path for path in mask.paths if path not in _CHANGEABLE]
    if wrong or not mask.paths:
        raise bad_field("update_mask", f"name at least one of {', '.join(_CHANGEABLE)}")
    return mask
