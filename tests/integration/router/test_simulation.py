"""A stored time replayed under other rules, beside a router that serves."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from typing import Any

import grpc
import pytest
import pytest_asyncio
from switchyard.router.v1 import plan_pb2, routing_service_pb2
from switchyard_common.errors import DomainError
from switchyard_router.adapters.simulation_process import SimulationProcess, order_of, plain
from switchyard_router.service.simulating.values import SimulationOrder

from tests.fakes.router.clients import TENANT, Centre, centre, refused
from tests.fakes.router.served import some_calls
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration


@pytest_asyncio.fixture
async def small(redis_url: str) -> AsyncGenerator[Centre]:
    async with router(redis_url) as target, centre(target) as clients:
        yield clients


def asked(from_ms: int, to_ms: int, **fields: Any) -> routing_service_pb2.SimulateRoutingRequest:
    request = routing_service_pb2.SimulateRoutingRequest(parent=TENANT, seed=1, **fields)
    getattr(request, "from").FromMilliseconds(from_ms)
    request.to.FromMilliseconds(to_ms)
    return request


async def simulate(
    small: Centre, request: routing_service_pb2.SimulateRoutingRequest
) -> list[routing_service_pb2.SimulateRoutingResponse]:
    return [answer async for answer in small.routing.SimulateRouting(request)]


def now_ms() -> int:
    return int(time.time() * 1000)


async def test_a_plan_is_tried_on_what_happened(small: Centre) -> None:
    start = now_ms() - 1_000
    await some_calls(small)
    picky = plan_pb2.RoutingPlan(name=f"{TENANT}/routingPlans/p")
    picky.steps.add().skills.add(skill="silver")
    picky.steps[0].expires_after.FromMilliseconds(5_000)
    picky.steps.add()
    await small.plan("p", small.step())
    await small.queue(routing_plan="p")
    answers = await simulate(small, asked(start, now_ms() + 1_000, plans=[picky], replications=2))
    assert [answer.replications_done for answer in answers] == [1, 2]
    result = answers[-1]
    assert result.contacts_total == 6
    kpis = {kpi.kpi: kpi for kpi in result.kpis}
    waits = kpis["average_speed_of_answer_seconds"]
    assert waits.baseline < 1 < 5 <= waits.candidate, "nobody has silver: 5 s in vain"
    assert waits.ci_low == pytest.approx(waits.candidate - waits.baseline, abs=0.01)
    assert waits.ci_high == pytest.approx(waits.ci_low, abs=0.02)
    assert waits.HasField("logged")
    assert kpis["answered_contacts"].candidate == 6
    assert result.assumptions


async def test_what_is_not_in_the_log_cannot_be_replayed(small: Centre) -> None:
    await small.queue()
    before = asked(1_000_000_000_000, 1_000_000_100_000)
    assert await refused(simulate(small, before)) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "EMPTY_RANGE",
    )
    start = now_ms() - 1_000
    await small.create("call-1")
    with pytest.raises(grpc.aio.AioRpcError, match="no conversation"):
        await simulate(small, asked(start, now_ms() + 1_000))


WRONG: tuple[tuple[tuple[int, int], dict[str, Any], str], ...] = (
    ((2 * 10**12, 10**12), {}, "to: must be after from"),
    ((0, 10**12), {}, "from: give a time"),
    ((10**12, 2 * 10**12), {"policy": "best"}, "policy: give one of"),
    ((10**12, 2 * 10**12), {"replications": 1}, "replications: give 2 to 100"),
    ((10**12, 2 * 10**12), {"queues": ["q"]}, r"queues\[0\]: must look like"),
    (
        (10**12, 2 * 10**12),
        {"plans": [plan_pb2.RoutingPlan(name=f"{TENANT}/routingPlans/p")]},
        "plan.steps: give 1 to 20 steps",
    ),
)


async def test_what_cannot_be_asked_for_names_the_field(small: Centre) -> None:
    for times, fields, problem in WRONG:
        with pytest.raises(grpc.aio.AioRpcError, match=problem) as caught:
            await simulate(small, asked(*times, **fields))
        assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_one_at_a_time_and_whoever_leaves_makes_room(small: Centre) -> None:
    start = now_ms() - 1_000
    await some_calls(small, 3)
    long = asked(start, now_ms() + 1_000, replications=100)
    first: Any = small.routing.SimulateRouting(long)
    assert (await first.read()).replications_done == 1
    assert await refused(simulate(small, long)) == (
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        "SIMULATION_RUNNING",
    )
    first.cancel()
    short = asked(start, now_ms() + 1_000, replications=2)
    async with asyncio.timeout(60):
        while not (answers := await unless_busy(small, short)):
            await asyncio.sleep(0.05)
    assert answers[-1].replications_done == 2


async def unless_busy(
    small: Centre, request: routing_service_pb2.SimulateRoutingRequest
) -> list[routing_service_pb2.SimulateRoutingResponse]:
    """The answers; none while another simulation runs."""
    try:
        return await simulate(small, request)
    except grpc.aio.AioRpcError as error:
        if error.code() != grpc.StatusCode.RESOURCE_EXHAUSTED:
            raise
        return []


ORDER = SimulationOrder(1, now_ms(), (), "", (), 2, 1)


async def run_of(simulator: SimulationProcess) -> str | None:
    """The reason a simulation is refused with."""
    with pytest.raises(DomainError) as caught:
        async for _ in simulator.run(ORDER):
            pass
    return caught.value.reason


async def test_a_store_that_is_down_is_told_and_the_next_may_try() -> None:
    simulator = SimulationProcess("redis://127.0.0.1:1/0", "demo")
    assert await run_of(simulator) == "STATE_STORE_DOWN"
    assert await run_of(simulator) == "STATE_STORE_DOWN"


async def test_a_simulation_that_takes_too_long_is_ended(redis_url: str) -> None:
    simulator = SimulationProcess(redis_url, "demo", longest_seconds=0.01)
    assert await run_of(simulator) == "SIMULATION_TOO_LONG"


async def test_a_process_that_breaks_is_told(redis_url: str) -> None:
    broken = SimulationProcess(redis_url, "demo", program="json.tool.nowhere")
    assert await run_of(broken) == "SIMULATION_FAILED"


async def test_orders_survive_the_way_to_the_process() -> None:
    order = SimulationOrder(1, 2, (("p", b"\x00\xff"),), "weighted", ("q",), 3, 2**64 - 1)
    assert order_of(json.loads(json.dumps(plain(order)))) == order
