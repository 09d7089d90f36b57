"""SimulateRouting between the contract's messages and the use case."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Protocol

from google.protobuf.timestamp_pb2 import Timestamp
from switchyard.router.v1 import plan_pb2, routing_service_pb2

from switchyard_router.domain.names import Tenant, bad_field
from switchyard_router.domain.policies import POLICIES
from switchyard_router.entrypoints.problems import Problems
from switchyard_router.service.simulating.values import Kpi, SimulationOrder, SimulationProgress

_DEFAULT_REPLICATIONS, _FEWEST, _MOST = 10, 2, 100
_MOST_PLANS, _MOST_QUEUES = 20, 100
_EARLIEST_MS = 31_536_000_000
_LATEST_MS = 1 << 46


class Simulations(Protocol):
    """Runs simulations."""

    def run(self, order: SimulationOrder) -> AsyncGenerator[SimulationProgress]:
        """Progress after each repetition."""
        ...


class PlanChecker(Protocol):
    """Finds what is wrong with a plan."""

    def check(self, problems: Problems, plan: plan_pb2.RoutingPlan) -> None:
        """Note everything that keeps a plan from being followed."""
        ...


class SimulationDesk:
    """Answers SimulateRouting."""

    def __init__(self, simulations: Simulations, plans: PlanChecker, tenant: Tenant) -> None:
        self._simulations = simulations
        self._plans = plans
        self._tenant = tenant

    async def run(
        self, request: routing_service_pb2.SimulateRoutingRequest
    ) -> AsyncGenerator[routing_service_pb2.SimulateRoutingResponse]:
        """Progress, the last one being the result; INVALID for what cannot be asked for."""
        async with aclosing(self._simulations.run(self._order(request))) as steps:
            async for progress in steps:
                yield _response(progress)

    def _order(self, request: routing_service_pb2.SimulateRoutingRequest) -> SimulationOrder:
        self._tenant.check_parent(request.parent)
        times = getattr(request, "from"), request.to
        from_ms, to_ms = (
            _milliseconds(time, field) for time, field in zip(times, ("from", "to"), strict=True)
        )
        if from_ms >= to_ms:
            raise bad_field("to", "must be after from")
        if request.policy and request.policy not in POLICIES:
            raise bad_field("policy", f"give one of {', '.join(POLICIES)}, or nothing")
        if request.replications and not _FEWEST <= request.replications <= _MOST:
            raise bad_field(
                "replications", f"give {_FEWEST} to {_MOST}, or 0 for {_DEFAULT_REPLICATIONS}"
            )
        return SimulationOrder(
            from_ms=from_ms,
            to_ms=to_ms,
            plans=self._plans_of(request),
            policy=request.policy,
            queues=self._queues_of(request),
            replications=request.replications or _DEFAULT_REPLICATIONS,
            seed=request.seed,
        )

    def _plans_of(
        self, request: routing_service_pb2.SimulateRoutingRequest
    ) -> tuple[tuple[str, bytes], ...]:
        if len(request.plans) > _MOST_PLANS:
            raise bad_field("plans", f"at most {_MOST_PLANS}")
        plans: dict[str, bytes] = {}
        for index, plan in enumerate(request.plans):
            plan_id = self._tenant.parse("routingPlans", plan.name, f"plans[{index}].name")
            if plan_id in plans:
                raise bad_field(f"plans[{index}].name", "is given twice")
            problems = Problems()
            self._plans.check(problems, plan)
            problems.check()
            plans[plan_id] = plan.SerializeToString()
        return tuple(plans.items())

    def _queues_of(self, request: routing_service_pb2.SimulateRoutingRequest) -> tuple[str, ...]:
        if len(request.queues) > _MOST_QUEUES:
            raise bad_field("queues", f"at most {_MOST_QUEUES}")
        return tuple(
            self._tenant.parse("queues", name, f"queues[{index}]")
            for index, name in enumerate(request.queues)
        )


def _milliseconds(time: Timestamp, field: str) -> int:
    ms: int = time.seconds * 1000 + time.nanos // 1_000_000
    if not _EARLIEST_MS <= ms <= _LATEST_MS or not 0 <= time.nanos < 1_000_000_000:
        raise bad_field(field, "give a time")
    return ms


def _response(progress: SimulationProgress) -> routing_service_pb2.SimulateRoutingResponse:
    return routing_service_pb2.SimulateRoutingResponse(
        kpis=[_kpi(kpi) for kpi in progress.kpis],
        contacts_routed_differently=progress.routed_differently,
        contacts_total=progress.contacts,
        effective_sample_size=progress.effective_sample_size,
        replications_done=progress.done,
        replications=progress.replications,
        assumptions=progress.assumptions,
    )


def _kpi(kpi: Kpi) -> routing_service_pb2.KpiEstimate:
    return routing_service_pb2.KpiEstimate(
        kpi=kpi.name,
        formula_version=kpi.formula,
        baseline=kpi.baseline,
        candidate=kpi.candidate,
        ci_low=kpi.low,
        ci_high=kpi.high,
        logged=kpi.logged,
    )
