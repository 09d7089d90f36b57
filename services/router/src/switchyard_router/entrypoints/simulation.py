"""SimulateRouting between the contract's messages and the use case."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from google.protobuf.timestamp_pb2 import Timestamp
from switchyard.router.v1 import plan_pb2, routing_service_pb2

from switchyard_router.domain.names import Tenant, bad_field
from switchyard_router.domain.policies import POLICIES
from switchyard_router.entrypoints.agent_checks import check_agent
from switchyard_router.entrypoints.problems import Problems
from switchyard_router.entrypoints.queue_checks import check_queue
from switchyard_router.service.simulating.values import Kpi, SimulationOrder, SimulationProgress

_DEFAULT_REPLICATIONS, _FEWEST, _MOST = 10, 2, 100
_MOST_PLANS, _MOST_QUEUES, _MOST_AGENTS = 20, 100, 1000
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
                yield self._response(progress)

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
            plans=self._tried(
                "plans", "routingPlans", request.plans, _MOST_PLANS, self._plans.check
            ),
            policy=request.policy,
            queues=self._queues_of(request),
            replications=request.replications or _DEFAULT_REPLICATIONS,
            seed=request.seed,
            time_zone=_zone(request.time_zone),
            tried_queues=self._tried(
                "tried_queues", "queues", request.tried_queues, _MOST_QUEUES,
                lambda problems, queue: check_queue(problems, queue, self._tenant),
            ),
            tried_agents=self._tried(
                "tried_agents", "agents", request.tried_agents, _MOST_AGENTS,
                lambda problems, agent: check_agent(problems, agent, self._tenant),
            ),
        )  # fmt: skip

    def _tried(
        self,
        field: str,
        collection: str,
        given: Sequence[Any],
        most: int,
        check: Callable[[Problems, Any], None],
    ) -> tuple[tuple[str, bytes], ...]:
        """Ids and encoded messages, as the router would store them."""
        if len(given) > most:
            raise bad_field(field, f"at most {most}")
        found: dict[str, bytes] = {}
        for index, message in enumerate(given):
            name = f"{field}[{index}].name"
            resource_id = self._tenant.parse(collection, message.name, name)
            if resource_id in found:
                raise bad_field(name, "is given twice")
            problems = Problems()
            check(problems, message)
            problems.check()
            found[resource_id] = message.SerializeToString()
        return tuple(found.items())

    def _queues_of(self, request: routing_service_pb2.SimulateRoutingRequest) -> tuple[str, ...]:
        if len(request.queues) > _MOST_QUEUES:
            raise bad_field("queues", f"at most {_MOST_QUEUES}")
        return tuple(
            self._tenant.parse("queues", name, f"queues[{index}]")
            for index, name in enumerate(request.queues)
        )

    def _response(
        self, progress: SimulationProgress
    ) -> routing_service_pb2.SimulateRoutingResponse:
        return routing_service_pb2.SimulateRoutingResponse(
            kpis=[self._kpi(kpi) for kpi in progress.kpis],
            contacts_routed_differently=progress.routed_differently,
            contacts_total=progress.contacts,
            effective_sample_size=progress.effective_sample_size,
            replications_done=progress.done,
            replications=progress.replications,
            days=progress.days,
            assumptions=[one.en for one in progress.assumptions],
            assumptions_zh=[one.zh for one in progress.assumptions],
        )

    def _kpi(self, kpi: Kpi) -> routing_service_pb2.KpiEstimate:
        return routing_service_pb2.KpiEstimate(
            queue=self._tenant.of("queues", kpi.queue) if kpi.queue else "",
            kpi=kpi.name,
            formula_version=kpi.formula,
            baseline=kpi.baseline,
            candidate=kpi.candidate,
            ci_low=kpi.low,
            ci_high=kpi.high,
            logged=kpi.logged,
        )


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name or "UTC").key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise bad_field("time_zone", "give a name such as Asia/Shanghai") from error


def _milliseconds(time: Timestamp, field: str) -> int:
    ms: int = time.seconds * 1000 + time.nanos // 1_000_000
    if not _EARLIEST_MS <= ms <= _LATEST_MS or not 0 <= time.nanos < 1_000_000_000:
        raise bad_field(field, "give a time")
    return ms
