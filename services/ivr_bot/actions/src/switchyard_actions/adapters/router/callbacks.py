"""Callbacks, put in line at the router."""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC
from math import ceil

import grpc
import structlog
from google.protobuf import json_format
from switchyard.router.v1 import contact_pb2, contact_service_pb2
from switchyard.router.v1.contact_service_pb2_grpc import ContactServiceStub
from switchyard_common.grpc_errors import reason_of

from switchyard_actions.metrics import ActionsMetrics
from switchyard_actions.service.callbacks import CallbackBooked, CallbackWish, NoCallback
from switchyard_actions.service.ports import Unavailable

_REFUSALS = {"QUEUE_CLOSED": NoCallback.CLOSED, "QUEUE_FULL": NoCallback.FULL}
_ESTIMATE_SECONDS = 0.3
_ESTIMATE_TRIES = 4
_ESTIMATE_PAUSE_SECONDS = 0.06


class RouterCallbacks:
    """The port Callbacks over gRPC.

    `queues` maps topics to queues, with "" for all others; `node` is the telephone platform that
    dials (its node id at the router); `timeout_seconds` bounds the booking.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        tenant: str,
        queues: Mapping[str, str],
        node: str,
        timeout_seconds: float,
        metrics: ActionsMetrics,
    ) -> None:
        self._stub = ContactServiceStub(channel)
        self._parent = f"tenants/{tenant}"
        self._queues = queues
        self._node = node
        self._timeout_seconds = timeout_seconds
        self._metrics = metrics
        self._log = structlog.stdlib.get_logger()

    async def book(self, wish: CallbackWish) -> CallbackBooked | NoCallback:
        """See Callbacks."""
        started = time.perf_counter()
        try:
            contact = await self._stub.CreateContact(
                self._request(wish), timeout=self._timeout_seconds
            )
        except grpc.aio.AioRpcError as error:
            refusal = _REFUSALS.get(reason_of(error) or "")
            self._observe("unavailable" if refusal is None else "declined", started)
            self._log.warning("callback_refused", code=error.code().name, reason=reason_of(error))
            if refusal is None:
                raise Unavailable("router") from error
            return refusal
        self._observe("ok", started)
        if wish.not_before is not None:
            return CallbackBooked()
        return CallbackBooked(await self._minutes(contact.name))

    def _request(self, wish: CallbackWish) -> contact_service_pb2.CreateContactRequest:
        queue = self._queues.get(wish.topic) or self._queues[""]
        contact = contact_pb2.Contact(
            external_id=wish.id,
            channel=contact_pb2.CALLBACK,
            queue=f"{self._parent}/queues/{queue}",
            customer=wish.customer,
            language=wish.language.value,
            caller=wish.number,
            node=self._node,
            handoff=contact_pb2.Handoff(
                reason="callback",
                intent=wish.topic,
                summary=wish.summary,
                verification_level=wish.level,
                sentiment=wish.sentiment,
                conversation=f"{self._parent}/conversations/{wish.conversation}",
            ),
        )
        json_format.ParseDict(dict(wish.slots), contact.handoff.slots)
        if wish.not_before is not None:
            contact.callback.not_before.FromDatetime(wish.not_before.astimezone(UTC))
        return contact_service_pb2.CreateContactRequest(
            parent=self._parent, contact=contact, request_id=wish.id
        )

    async def _minutes(self, contact: str) -> int | None:
        """Half of such contacts wait at most this long; None unless the router is sure of it.

        The router learns of a new contact from its own event log, some milliseconds later: it is
        asked again for a moment.
        """
        for _ in range(_ESTIMATE_TRIES):
            estimate = await self._estimate(contact)
            if estimate is not None and estimate.position:
                return ceil(estimate.p50.seconds / 60) if estimate.confident else None
            await asyncio.sleep(_ESTIMATE_PAUSE_SECONDS)
        return None

    async def _estimate(self, contact: str) -> contact_pb2.WaitEstimate | None:
        try:
            return await self._stub.EstimateWait(
                contact_service_pb2.EstimateWaitRequest(contact=contact),
                timeout=_ESTIMATE_SECONDS,
            )
        except grpc.aio.AioRpcError as error:  # the call is booked all the same
            self._log.info("estimate_unknown", code=error.code().name)
            return None

    def _observe(self, outcome: str, started: float) -> None:
        elapsed = time.perf_counter() - started
        self._metrics.router_call_seconds.labels("book_callback", outcome).observe(elapsed)
