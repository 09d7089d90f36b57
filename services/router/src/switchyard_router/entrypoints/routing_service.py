"""RoutingService: advice and explanation."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc
from switchyard.router.v1 import decision_pb2, routing_service_pb2, routing_service_pb2_grpc

from switchyard_router.domain.names import Tenant
from switchyard_router.entrypoints.advice import AdviceDesk
from switchyard_router.entrypoints.decision_reader import DecisionReader
from switchyard_router.entrypoints.simulation import SimulationDesk

type _Context = grpc.aio.ServicerContext[Any, Any]


class RoutingServicer(routing_service_pb2_grpc.RoutingServiceServicer):
    """Says who, why, and what would be otherwise."""

    def __init__(
        self,
        advice: AdviceDesk,
        decisions: DecisionReader,
        simulations: SimulationDesk,
        tenant: Tenant,
    ) -> None:
        self._simulations = simulations
        self._advice = advice
        self._decisions = decisions
        self._tenant = tenant

    async def RankAgents(
        self, request: routing_service_pb2.RankAgentsRequest, context: _Context
    ) -> routing_service_pb2.RankAgentsResponse:
        """Advise."""
        return await self._advice.answer(request)

    async def GetDecision(
        self, request: routing_service_pb2.GetDecisionRequest, context: _Context
    ) -> decision_pb2.Decision:
        """Read a decision."""
        return await self._decisions.one(request.name)

    async def ListDecisions(
        self, request: routing_service_pb2.ListDecisionsRequest, context: _Context
    ) -> routing_service_pb2.ListDecisionsResponse:
        """Find decisions."""
        self._tenant.check_parent(request.parent)
        return await self._decisions.page(request)

    async def SimulateRouting(
        self, request: routing_service_pb2.SimulateRoutingRequest, context: _Context
    ) -> AsyncIterator[routing_service_pb2.SimulateRoutingResponse]:
        """Replay a stored time under other rules."""
        async with aclosing(self._simulations.run(request)) as steps:
            async for progress in steps:
                yield progress
