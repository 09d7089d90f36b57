"""ContactService: what platforms call."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc
from switchyard.router.v1 import contact_pb2, contact_service_pb2, contact_service_pb2_grpc
from switchyard_common.errors import DomainError
from switchyard_common.ids import IdFactory
from switchyard_common.logs import bind_contact

from switchyard_router.domain.estimate import Estimate
from switchyard_router.domain.names import Tenant, bad_field
from switchyard_router.domain.records import NewContact
from switchyard_router.domain.states import TERMINAL
from switchyard_router.entrypoints.attach import NodeStreams
from switchyard_router.entrypoints.call_events import short
from switchyard_router.entrypoints.checks import check_complete, check_new_contact
from switchyard_router.entrypoints.config_messages import milliseconds, need
from switchyard_router.entrypoints.contact_changes import ContactChanges, excluded
from switchyard_router.entrypoints.convert import (
    contact_message,
    estimate_message,
    is_news,
    request_of,
)
from switchyard_router.entrypoints.fanout import Fanout, WatchBox
from switchyard_router.entrypoints.hypothetical import Hypotheticals
from switchyard_router.service.contacts import ContactStore, CreateContact
from switchyard_router.service.context import ContextQuery
from switchyard_router.service.figures import Figures
from switchyard_router.service.second_look import CatchUp, second_look

_DEFAULT_INTERVAL_SECONDS = 5.0
_SHORTEST_INTERVAL_SECONDS = 1.0

type _Context = grpc.aio.ServicerContext[Any, Any]


class ContactServicer(contact_service_pb2_grpc.ContactServiceServicer):
    """Converts, calls, converts; what it does not define answers UNIMPLEMENTED."""

    def __init__(
        self,
        create: CreateContact,
        store: ContactStore,
        figures: Figures,
        fanout: Fanout,
        nodes: NodeStreams,
        changes: ContactChanges,
        hypotheticals: Hypotheticals,
        catch_up: CatchUp,
        ids: IdFactory,
        tenant: Tenant,
    ) -> None:
        self._create = create
        self._store = store
        self._figures = figures
        self._fanout = fanout
        self._nodes = nodes
        self._changes = changes
        self._hypotheticals = hypotheticals
        self._catch_up = catch_up
        self._ids = ids
        self._tenant = tenant

    async def CreateContact(
        self, request: contact_service_pb2.CreateContactRequest, context: _Context
    ) -> contact_pb2.Contact:
        """Queue a contact."""
        self._tenant.check_parent(request.parent)
        contact = request.contact
        check_new_contact(contact)
        new = self._new_contact(contact)
        query = ContextQuery(contact.customer, contact.caller, contact.language)
        record = await self._create.execute(new, query, request_of(request, request.request_id))
        self._fanout.know(record)
        return contact_message(record, self._tenant)

    async def GetContact(
        self, request: contact_service_pb2.GetContactRequest, context: _Context
    ) -> contact_pb2.Contact:
        """Read a contact."""
        return contact_message(await self._store.get(await self._id_of(request)), self._tenant)

    async def _id_of(self, request: contact_service_pb2.GetContactRequest) -> str:
        if not request.external_id:
            return self._contact_id(request.name)
        if request.name:
            raise bad_field("name", "leave it empty when external_id is given")
        self._tenant.check_parent(request.parent)
        return await self._store.id_of(request.external_id)

    async def UpdateContact(
        self, request: contact_service_pb2.UpdateContactRequest, context: _Context
    ) -> contact_pb2.Contact:
        """Change fields of a waiting contact."""
        return await self._changes.update(request)

    async def RequeueContact(
        self, request: contact_service_pb2.RequeueContactRequest, context: _Context
    ) -> contact_pb2.Contact:
        """Send a contact back to a queue."""
        return await self._changes.requeue(request)

    async def TransferContact(
        self, request: contact_service_pb2.TransferContactRequest, context: _Context
    ) -> contact_pb2.Contact:
        """Pass a conversation on."""
        return await self._changes.transfer(request)

    async def RequestCallback(
        self, request: contact_service_pb2.RequestCallbackRequest, context: _Context
    ) -> contact_pb2.Contact:
        """Let a customer hang up and be called."""
        return await self._changes.request_callback(request)

    async def CancelContact(
        self, request: contact_service_pb2.CancelContactRequest, context: _Context
    ) -> contact_pb2.Contact:
        """Withdraw a contact."""
        contact_id = self._contact_id(request.name)
        default = "CALLER_HUNG_UP" if request.caller_hung_up else "CANCELLED_BY_PLATFORM"
        record = await self._store.end(
            contact_id,
            request.caller_hung_up,
            short(request.reason) or default,
            request_of(request, request.request_id),
        )
        return contact_message(record, self._tenant)

    async def CompleteContact(
        self, request: contact_service_pb2.CompleteContactRequest, context: _Context
    ) -> contact_pb2.Contact:
        """End a conversation."""
        check_complete(request)
        record = await self._store.complete(
            self._contact_id(request.name),
            short(request.disposition),
            request.skip_wrap_up,
            "",
            "COMPLETED_BY_PLATFORM",
            request_of(request, request.request_id),
        )
        return contact_message(record, self._tenant)

    async def EstimateWait(
        self, request: contact_service_pb2.EstimateWaitRequest, context: _Context
    ) -> contact_pb2.WaitEstimate:
        """Say how long a contact or a newcomer will wait."""
        return estimate_message(await second_look(lambda: self._estimate(request), self._catch_up))

    async def _estimate(self, request: contact_service_pb2.EstimateWaitRequest) -> Estimate:
        subject = request.WhichOneof("subject")
        if subject == "contact":
            record = await self._store.get(self._contact_id(request.contact, "contact"))
            if record.state not in TERMINAL and not self._figures.shows(record.id):
                await self._catch_up()
            return await self._figures.estimate(record.queue, record.id)
        if subject is None:
            raise bad_field("subject", "give contact, queue or hypothetical")
        if subject == "hypothetical":
            contact = self._hypotheticals.waiting(request.hypothetical, "hypothetical")
            return await self._figures.newcomer(contact)
        return await self._figures.estimate(self._tenant.parse("queues", request.queue, "queue"))

    async def WatchContact(
        self, request: contact_service_pb2.WatchContactRequest, context: _Context
    ) -> AsyncIterator[contact_service_pb2.ContactEvent]:
        """Stream a contact's changes, from its present state to its end."""
        contact_id = self._contact_id(request.name)
        box = self._fanout.join_watch(contact_id)  # first, so that no change is missed
        try:
            watch = self._watch(contact_id, _interval(request), box)
            with box.serving():
                async with aclosing(watch) as events:
                    async for event in events:
                        yield event
                        if contact_pb2.ContactState.Name(event.contact.state) in TERMINAL:
                            return
        finally:
            self._fanout.leave_watch(contact_id, box)

    async def _watch(
        self, contact_id: str, interval: float, box: WatchBox
    ) -> AsyncGenerator[contact_service_pb2.ContactEvent]:
        record = await self._store.get(contact_id)
        yield contact_service_pb2.ContactEvent(contact=contact_message(record, self._tenant))
        if record.state in TERMINAL:
            return
        estimates = box.run(self._send_estimates(contact_id, interval, box.put))
        try:
            async for ready in box.drain():
                for event in ready:
                    if is_news(event, record.version):
                        yield event
        finally:
            estimates.cancel()

    async def ReportCallEvent(
        self, request: contact_service_pb2.ReportCallEventRequest, context: _Context
    ) -> contact_service_pb2.ReportCallEventResponse:
        """Apply what happened on the line."""
        return await self._nodes.report(request)

    async def Attach(
        self,
        request_iterator: AsyncIterator[contact_service_pb2.PbxMessage],
        context: _Context,
    ) -> AsyncIterator[contact_service_pb2.PbxServerMessage]:
        """Serve a platform node."""
        async with aclosing(self._nodes.serve(request_iterator)) as messages:
            async for message in messages:
                yield message

    async def _send_estimates(self, contact_id: str, interval: float, put: Any) -> None:
        while True:
            record = await self._store.get(contact_id)
            if record.state == "QUEUED":
                try:
                    estimate = await self._figures.estimate(record.queue, contact_id)
                except DomainError as error:
                    # A queue that was made a moment ago may not be known here yet: told later.
                    if error.reason != "QUEUE":
                        raise
                else:
                    event = contact_service_pb2.ContactEvent(wait=estimate_message(estimate))
                    event.contact.CopyFrom(contact_message(record, self._tenant))
                    put(event)
            await asyncio.sleep(interval)

    def _new_contact(self, contact: contact_pb2.Contact) -> NewContact:
        contact_id = self._ids.new()
        bind_contact(contact_id)
        tenant = self._tenant

        def related(name: str) -> str:
            return tenant.parse(
                "contacts", getattr(contact, name), f"contact.{name}", required=False
            )

        return NewContact(
            id=contact_id,
            external_id=contact.external_id,
            queue=tenant.parse("queues", contact.queue, "contact.queue"),
            channel=contact_pb2.Channel.Name(contact.channel),
            node=contact.node,
            priority=contact.priority,
            language=contact.language,
            customer=contact.customer,
            age_credit_ms=milliseconds(contact.age_credit),
            hold_ms=0,
            needs=tuple(need(requirement) for requirement in contact.skills),
            initial=related("initial_contact") or contact_id,
            previous=related("previous_contact"),
            related=related("related_contact"),
            detail=contact.SerializeToString(),
            plan=tenant.parse(
                "routingPlans", contact.routing_plan, "contact.routing_plan", required=False
            ),
            preferred_agent=tenant.parse(
                "agents", contact.preferred_agent, "contact.preferred_agent", required=False
            ),
            preferred_wait_ms=milliseconds(contact.preferred_agent_wait),
            excluded_agents=excluded(contact.excluded_agents, "contact.excluded_agents", tenant),
            callback_number=contact.caller if contact.channel == contact_pb2.CALLBACK else "",
            not_before_ms=_due_ms(contact),
        )

    def _contact_id(self, name: str, field: str = "name") -> str:
        contact_id = self._tenant.parse("contacts", name, field)
        bind_contact(contact_id)
        return contact_id


def _due_ms(contact: contact_pb2.Contact) -> int:
    """When a contact that begins as a callback is due, ms since 1970; 0: at once."""
    wanted = contact.callback.HasField("not_before")
    if contact.channel != contact_pb2.CALLBACK or not wanted:
        return 0
    return contact.callback.not_before.ToMilliseconds()


def _interval(request: contact_service_pb2.WatchContactRequest) -> float:
    if not request.HasField("position_interval"):
        return _DEFAULT_INTERVAL_SECONDS
    return max(_SHORTEST_INTERVAL_SECONDS, milliseconds(request.position_interval) / 1000)
