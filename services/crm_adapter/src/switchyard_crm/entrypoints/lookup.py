"""The RPCs that look up: who is this, what is known, whose order is it."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import grpc
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard_common.clock import Clock

from switchyard_crm.entrypoints import answers, requests
from switchyard_crm.entrypoints.metrics import CrmMetrics
from switchyard_crm.entrypoints.requests import Requests
from switchyard_crm.service.audit import AuditTrail
from switchyard_crm.service.context import ContextAnswer, ContextQuery, GetContext
from switchyard_crm.service.resolve import Resolve
from switchyard_crm.service.verifying import Outcome, Proofs

type Context = grpc.aio.ServicerContext[Any, Any]


@dataclass(frozen=True, slots=True)
class Lookup:
    """What looking up takes."""

    resolve: Resolve
    get_context: GetContext
    proofs: Proofs
    reads: Requests
    metrics: CrmMetrics
    clock: Clock
    audit: AuditTrail


class LookupRpcs:
    """Resolve, GetContext, StreamContext and LookupOrder."""

    _lookup: Lookup

    async def Resolve(self, request: crm.ResolveRequest, context: Context) -> crm.ResolveResponse:
        """Finds out who is behind identifiers."""
        tenant, identifiers = self._lookup.reads.resolve(request)
        found = await self._lookup.resolve.run(tenant, identifiers)
        self._lookup.metrics.lookup("Resolve", found.outcome)
        for candidate in found.candidates:
            self._lookup.audit.note("Resolve", tenant, candidate.customer, found.outcome)
        response = answers.resolution(found, tenant)
        response.caller_type = self._lookup.reads.caller_type(request)
        return response

    async def GetContext(
        self, request: crm.GetContextRequest, context: Context
    ) -> crm.GetContextResponse:
        """Reads what is known of a customer, in time."""
        began = self._lookup.clock.monotonic()
        query = self._lookup.reads.context(request)
        answer = await self._lookup.get_context.run(query, context.time_remaining())
        response = answers.context(answer, request.language)
        self._count("GetContext", (answer,), began)
        self._note("GetContext", query, (answer,))
        return response

    async def StreamContext(
        self, request: crm.StreamContextRequest, context: Context
    ) -> AsyncGenerator[crm.StreamContextResponse]:
        """The same in parts: what the store knows at once, then each source as it arrives."""
        began = self._lookup.clock.monotonic()
        query = self._lookup.reads.context(request.query)
        language = request.query.language
        sent: list[ContextAnswer] = []
        updates = self._lookup.get_context.updates(query, context.time_remaining())
        try:
            async with aclosing(updates):
                async for update in updates:
                    sent.append(update)
                    language = language or answers.language_of(update.context)
                    yield answers.part(update, language)
        finally:  # also of a caller who went away after the first parts
            if sent:
                self._count("StreamContext", sent, began)
                self._note("StreamContext", query, sent)

    def _note(self, rpc: str, query: ContextQuery, parts: Sequence[ContextAnswer]) -> None:
        """Who read what; of somebody nobody knows nothing was read."""
        for name in {part.whom for part in parts if part.whom is not None}:
            self._lookup.audit.note(rpc, name.tenant, name.customer, " ".join(query.sections))

    def _count(self, rpc: str, parts: Sequence[ContextAnswer], began: float) -> None:
        metrics = self._lookup.metrics
        metrics.lookup(rpc, parts[-1].outcome)
        for report in (report for part in parts for report in part.reports):
            metrics.source(report.source, report.status, report.took_seconds)
        partial = any(part.missing for part in parts)
        metrics.context(self._lookup.clock.monotonic() - began, partial=partial)

    async def LookupOrder(
        self, request: crm.LookupOrderRequest, context: Context
    ) -> crm.LookupOrderResponse:
        """Finds an order for somebody who knows two things about it."""
        claim, phone_last4 = requests.order(request)
        check = await self._lookup.proofs.check_order.run(claim, phone_last4)
        held, locked = check.held, check.verdict.outcome is Outcome.LOCKED
        outcome = "LOCKED" if locked else "NOT_FOUND" if held is None else "FOUND"
        self._lookup.metrics.lookup("LookupOrder", outcome)
        if held is not None:
            self._lookup.audit.note(
                "LookupOrder", held.customer.tenant, held.customer.customer, "order"
            )
        return answers.looked_up(held, request.language, locked=locked)
