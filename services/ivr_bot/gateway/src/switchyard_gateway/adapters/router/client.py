"""The router's unary calls."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import structlog
from switchyard.router.v1 import (
    agent_service_pb2,
    agent_service_pb2_grpc,
    contact_service_pb2,
    contact_service_pb2_grpc,
)
from switchyard_common.errors import ErrorKind
from switchyard_common.grpc_errors import STATUS_CODES, reason_of, retry_after_of
from switchyard_common.request_id import outgoing_metadata

from switchyard_gateway.adapters.router.convert import (
    to_create,
    to_create_callback,
    to_view,
    to_wait,
)
from switchyard_gateway.domain.contacts import ContactView
from switchyard_gateway.domain.conversation import Wait
from switchyard_gateway.domain.errors import RouterFailed
from switchyard_gateway.domain.names import Tenant
from switchyard_gateway.service.router import CallbackRequest, ContactRequest

_NICETY_SHARE = 0.15
"""Of the time of a call: what customers do without if it takes longer."""
_ESTIMATE_TRIES = 5
_ESTIMATE_PAUSE_SECONDS = 0.06
_KINDS = {code: kind for kind, code in STATUS_CODES.items() if kind is not ErrorKind.INTERNAL}
_OVER_ALREADY = ("CONTACT_GONE", "CONTACT", "WRONG_STATE")


class GrpcRouter:
    """The port Router on a channel to the router; a call takes `timeout_seconds` at most."""

    def __init__(
        self, channel: grpc.aio.Channel, tenant: Tenant, timeout_seconds: float = 2.0
    ) -> None:
        self._timeout_seconds = timeout_seconds
        self._nicety_seconds = timeout_seconds * _NICETY_SHARE
        self._contacts = contact_service_pb2_grpc.ContactServiceStub(channel)
        self._agents = agent_service_pb2_grpc.AgentServiceStub(channel)
        self._tenant = tenant
        self._log = structlog.stdlib.get_logger()

    async def create_contact(self, request: ContactRequest) -> ContactView:
        """Queue a contact; RouterFailed."""
        async with _failures():
            contact = await self._contacts.CreateContact(
                to_create(request, self._tenant),
                timeout=self._timeout_seconds,
                metadata=outgoing_metadata(),
            )
        return to_view(contact)

    async def create_callback(self, request: CallbackRequest) -> str:
        """Queue a call to the customer; its contact's name. RouterFailed."""
        async with _failures():
            contact = await self._contacts.CreateContact(
                to_create_callback(request, self._tenant),
                timeout=self._timeout_seconds,
                metadata=outgoing_metadata(),
            )
            if contact.callback.number != request.number:
                # It was queued before, when the customer gave another number.
                await self._contacts.RequestCallback(
                    contact_service_pb2.RequestCallbackRequest(
                        name=contact.name, number=request.number, keep_place=True
                    ),
                    timeout=self._timeout_seconds,
                    metadata=outgoing_metadata(),
                )
        return contact.name

    async def withdraw_contact(self, contact: str, reason: str, request_id: str) -> None:
        """End a contact that nobody needs any more; over already is no error. RouterFailed."""
        request = contact_service_pb2.CancelContactRequest(
            name=contact, reason=reason, request_id=request_id
        )
        try:
            async with _failures():
                await self._contacts.CancelContact(
                    request, timeout=self._timeout_seconds, metadata=outgoing_metadata()
                )
        except RouterFailed as error:
            if error.reason not in _OVER_ALREADY:
                raise
            self._log.info("contact_was_over", reason=error.reason)

    async def get_contact(self, contact: str) -> ContactView:
        """Read a contact; RouterFailed."""
        async with _failures():
            found = await self._contacts.GetContact(
                contact_service_pb2.GetContactRequest(name=contact),
                timeout=self._timeout_seconds,
                metadata=outgoing_metadata(),
            )
        return to_view(found)

    async def complete_contact(self, contact: str, disposition: str, request_id: str) -> None:
        """End the agent's conversation; over already is no error. RouterFailed."""
        request = contact_service_pb2.CompleteContactRequest(
            name=contact, disposition=disposition, request_id=request_id
        )
        try:
            async with _failures():
                await self._contacts.CompleteContact(
                    request, timeout=self._timeout_seconds, metadata=outgoing_metadata()
                )
        except RouterFailed as error:
            if error.reason not in _OVER_ALREADY:
                raise
            self._log.info("contact_was_over", reason=error.reason)

    async def estimate_wait(self, contact: str) -> Wait | None:
        """Place in the queue and time, if known.

        The router learns of a new contact from its own event log, some milliseconds later: it is
        asked again for a moment.
        """
        for _ in range(_ESTIMATE_TRIES):
            wait = await self._estimate(contact)
            if wait is not None:
                return wait
            await asyncio.sleep(_ESTIMATE_PAUSE_SECONDS)
        return None

    async def _estimate(self, contact: str) -> Wait | None:
        try:
            estimate = await self._contacts.EstimateWait(
                contact_service_pb2.EstimateWaitRequest(contact=contact),
                timeout=self._nicety_seconds,
                metadata=outgoing_metadata(),
            )
        except grpc.aio.AioRpcError as error:
            self._log.debug("estimate_unknown", code=error.code().name)
            return None
        return to_wait(estimate)

    async def agent_display(self, agent: str) -> str:
        """The name that customers may see, or empty."""
        try:
            found = await self._agents.GetAgent(
                agent_service_pb2.GetAgentRequest(name=agent),
                timeout=self._nicety_seconds,
                metadata=outgoing_metadata(),
            )
        except grpc.aio.AioRpcError as error:
            self._log.info("agent_name_unknown", agent=agent, code=error.code().name)
            return ""
        return found.display_name


@asynccontextmanager
async def _failures() -> AsyncIterator[None]:
    """Makes RouterFailed of every status; what does not answer in time is UNAVAILABLE."""
    try:
        yield
    except grpc.aio.AioRpcError as error:
        kind = _KINDS.get(error.code(), ErrorKind.UNAVAILABLE)
        reason = reason_of(error) or "ROUTER_UNAVAILABLE"
        raise RouterFailed(kind, reason, retry_after_of(error)) from error
