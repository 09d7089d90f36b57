"""Queues and agents for a load, configured many at once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import grpc
from switchyard.router.v1 import agent_pb2, queue_pb2
from switchyard.router.v1 import config_service_pb2 as pb
from switchyard.router.v1.config_service_pb2_grpc import ConfigServiceStub

from benchmarks.load import wire

QUEUE = "bench"
RARE_SKILL = "rare"
"""Nobody who is signed in has it: contacts that need it wait."""
RARE_AGENT = "rare-one"
_AT_ONCE = 64
_CALL_SECONDS = 20.0
_FOR_EVER_SECONDS = 4 * 3600.0


async def configure(channel: grpc.aio.Channel, first: int, agents: int) -> None:
    """One queue, so many agents who serve it from number `first` on, and one with a rare skill.

    Doing it again changes nothing. Raises AioRpcError for what is refused.
    """
    stub = ConfigServiceStub(channel)
    queue = queue_pb2.Queue(
        name=wire.name_of("queues", QUEUE), max_wait=wire.seconds(_FOR_EVER_SECONDS)
    )
    await stub.UpsertQueue(pb.UpsertQueueRequest(queue=queue), timeout=_CALL_SECONDS)
    rare = _agent(RARE_AGENT)
    rare.skills[RARE_SKILL] = 10
    everybody = [rare, *(_agent(wire.agent_id(number)) for number in range(first, first + agents))]

    async def upsert(agent: agent_pb2.Agent) -> None:
        await stub.UpsertAgent(pb.UpsertAgentRequest(agent=agent), timeout=_CALL_SECONDS)

    await each(upsert, everybody, _AT_ONCE)


def _agent(agent_id: str) -> agent_pb2.Agent:
    return agent_pb2.Agent(
        name=wire.name_of("agents", agent_id),
        display_name=f"Agent {agent_id}",
        endpoint=f"sip:{agent_id}@127.0.0.1",
        channel_capacity={"VOICE": 1},
        skills={"billing": 5, "lang.en": 8, "lang.zh": 6},
        queues=[wire.name_of("queues", QUEUE)],
    )


async def each[T](
    work: Callable[[T], Awaitable[None]], items: Iterable[T], most_at_once: int
) -> None:
    """Does it for all, so many at once; the first error ends it."""
    left = iter(items)

    async def worker() -> None:
        for item in left:
            await work(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(most_at_once):
            group.create_task(worker())
