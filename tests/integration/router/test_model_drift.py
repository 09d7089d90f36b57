"""A model that its services prove wrong is withdrawn by every router, and stays so."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from switchyard.router.v1 import contact_pb2, decision_pb2, routing_service_pb2
from switchyard_router.adapters.models.directory import POINTER, SHADOW_POINTER

from tests.fakes.ports import free_port
from tests.fakes.router.clients import TENANT, Centre, Desktop, Node, centre
from tests.fakes.router.models import version
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

FIRST, SECOND = "20260101T120001", "20260101T120002"
_PATIENCE_SECONDS = 60.0
_MOST_SERVICES = 200


@asynccontextmanager
async def predicting(redis_url: str, directory: Path, **settings: Any) -> AsyncGenerator[Centre]:
    """A router with the models. They expect minutes; calls here last milliseconds."""
    usual: dict[str, Any] = {
        "model_dir": str(directory),
        "model_poll_seconds": 0.05,
        "model_max_age_days": 0,
        "model_budget_ms": 600_000,  # however long the machine makes it wait
        "model_alpha": 0.05,
        "hang_up_seconds": 0,
    }
    async with router(redis_url, **(usual | settings)) as target, centre(target) as clients:
        yield clients


async def advice(clients: Centre) -> str:
    """The model that advises, or why none does."""
    contact = contact_pb2.Contact(queue=f"{TENANT}/queues/billing", channel=contact_pb2.VOICE)
    request = routing_service_pb2.RankAgentsRequest(parent=TENANT, contact=contact)
    found: routing_service_pb2.RankAgentsResponse = await clients.routing.RankAgents(request)
    return found.model_version or next(iter(found.degraded_reasons), "")


async def advised(clients: Centre, by: str) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while await advice(clients) != by:
            await asyncio.sleep(0.02)


async def serve(clients: Centre, node: Node, desktop: Desktop, call: str) -> decision_pb2.Decision:
    """One whole call, and why it went where it did."""
    contact = await clients.create(call)
    offer = await desktop.offer(contact.name)
    await desktop.accept(offer)
    await node.tell("BRIDGED", contact.name, fence=offer.fence, agent=offer.agent)
    await node.tell("CALLER_HANGUP", contact.name)
    await clients.reaches(contact.name, "COMPLETED")
    await clients.becomes(desktop.agent_id, "AVAILABLE")
    return await clients.decision(offer.decision)


async def one_agent(clients: Centre) -> None:
    await clients.queue(policy="predictive", wrap_up_ms=0)
    await clients.agent("ann")


async def test_a_wrong_model_is_withdrawn_everywhere_until_another_version_comes(
    redis_url: str, tmp_path: Path
) -> None:
    version(tmp_path, 1)
    async with (
        predicting(redis_url, tmp_path) as clients,
        predicting(redis_url, tmp_path) as elsewhere,
    ):
        await one_agent(clients)
        async with clients.node() as node, clients.desktop("ann") as ann:
            services = 0
            while await advice(clients) != "MODEL_WRONG":
                assert services < _MOST_SERVICES
                await serve(clients, node, ann, f"call-{services}")
                services += 1
            await advised(elsewhere, "MODEL_WRONG")
            decision = await serve(clients, node, ann, "the-last")
            assert decision.degraded
            assert decision.model_version == ""
    # A router that starts later knows of it from the store, whatever it has seen itself.
    async with predicting(redis_url, tmp_path) as clients, clients.desktop("ann"):
        await advised(clients, "MODEL_WRONG")
        version(tmp_path, 2, seed=2)
        await advised(clients, f"handle_time@{SECOND}")


async def test_a_shadow_is_judged_by_the_same_services_and_shown(
    redis_url: str, tmp_path: Path
) -> None:
    for number in (1, 2):
        version(tmp_path, number, seed=number)
    (tmp_path / POINTER).write_text(FIRST)
    (tmp_path / SHADOW_POINTER).write_text(SECOND)
    port = free_port()
    async with predicting(redis_url, tmp_path, metrics_port=port) as clients:
        await one_agent(clients)
        async with clients.node() as node, clients.desktop("ann") as ann:
            for number in range(3):
                decision = await serve(clients, node, ann, f"call-{number}")
                assert decision.model_version == f"handle_time@{FIRST}"
            for line in (
                f'switchyard_router_model_shadow_info{{version="handle_time@{SECOND}"}} 1.0',
                'switchyard_router_model_trial_services{role="serving"} 3.0',
                'switchyard_router_model_trial_services{role="shadow"} 3.0',
            ):
                await shown(port, line)


async def shown(port: int, line: str) -> None:
    """Wait until the metrics have a line."""
    async with asyncio.timeout(_PATIENCE_SECONDS), httpx.AsyncClient() as client:
        while line not in (await client.get(f"http://127.0.0.1:{port}/metrics")).text:
            await asyncio.sleep(0.1)
