"""RoutingService: explanation."""

from typing import Any, Protocol

import grpc
from switchyard.router.v1 import decision_pb2, routing_service_pb2, routing_service_pb2_grpc
from switchyard_common.errors import DomainError, ErrorKind

from switchyard_router.domain.names import Tenant

type _Context = grpc.aio.ServicerContext[Any, Any]


class DecisionStore(Protocol):
    """Kept decisions."""

    async def get(self, decision_id: str) -> bytes | None:
        """An encoded decision, None if it is not kept."""
        ...


class RoutingServicer(routing_service_pb2_grpc.RoutingServiceServicer):
    """Says why; what it does not define answers UNIMPLEMENTED."""

    def __init__(self, decisions: DecisionStore, tenant: Tenant) -> None:
        self._decisions = decisions
        self._tenant = tenant

    async def GetDecision(
        self, request: routing_service_pb2.GetDecisionRequest, context: _Context
    ) -> decision_pb2.Decision:
        """Read a decision."""
        decision_id = self._tenant.parse("decisions", request.name, "name")
        data = await self._decisions.get(decision_id)
        if data is None:
            raise DomainError(
                kind=ErrorKind.NOT_FOUND,
                reason="DECISION",
                message="no such decision (written moments after the offer, kept for a day)",
            )
        return decision_pb2.Decision.FromString(data)
