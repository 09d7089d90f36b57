"""Reads kept decisions whole: with their candidates and what became of their offers."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from switchyard.router.v1 import decision_pb2, routing_service_pb2
from switchyard_common.errors import DomainError, ErrorKind

from switchyard_router.domain.decision_search import parse_filter
from switchyard_router.domain.names import Tenant
from switchyard_router.entrypoints.decision_messages import expand, open_record, show_offer
from switchyard_router.service.decisions import DecisionIndex, FindDecisions, OfferEnd

_AT_ONCE = 2
"""Decisions expanded before others get a turn: about a millisecond."""


class DecisionStore(DecisionIndex, Protocol):
    """Kept decisions."""

    async def get(self, decision_id: str) -> bytes | None:
        """An encoded decision, None if it is not kept."""
        ...

    async def offers(self, offer_ids: Sequence[str]) -> list[OfferEnd | None]:
        """What became of offers, in the order asked for; None for forgotten ones."""
        ...


class DecisionReader:
    """Decisions as the contract shows them."""

    def __init__(self, store: DecisionStore, tenant: Tenant) -> None:
        self._store = store
        self._tenant = tenant
        self._find = FindDecisions(store, open_record)

    async def one(self, name: str) -> decision_pb2.Decision:
        """One decision; raises DECISION."""
        data = await self._store.get(self._tenant.parse("decisions", name, "name"))
        if data is None:
            raise DomainError(
                kind=ErrorKind.NOT_FOUND,
                reason="DECISION",
                message="no such decision (written moments after the offer, kept for a day)",
            )
        message = decision_pb2.Decision.FromString(data)
        await self._complete([message])
        return message

    async def page(
        self, request: routing_service_pb2.ListDecisionsRequest
    ) -> routing_service_pb2.ListDecisionsResponse:
        """The decisions that a filter asks for, newest first; INVALID for what cannot be read."""
        wanted = parse_filter(request.filter, self._tenant)
        page = await self._find.execute(
            wanted, request.filter, request.page_size, request.page_token
        )
        await self._complete(page.decisions)
        return routing_service_pb2.ListDecisionsResponse(
            decisions=page.decisions, next_page_token=page.next_token
        )

    async def _complete(self, messages: Sequence[decision_pb2.Decision]) -> None:
        offered = [message for message in messages if message.offer]
        ends = await self._store.offers([m.offer.rpartition("/")[2] for m in offered])
        for message, end in zip(offered, ends, strict=True):
            show_offer(message, end)
        for number, message in enumerate(messages, start=1):
            expand(message, self._tenant)
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)
