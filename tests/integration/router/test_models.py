"""A router with a directory of models: decisions name the model, and swaps disturb nobody."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from switchyard.router.v1 import contact_pb2, decision_pb2, routing_service_pb2
from switchyard_router.adapters.models.manifest import MODEL_FILE
from switchyard_router.domain.handle_time_features import NAMES, names_hash

from tests.fakes.router.clients import TENANT, Centre, Desktop, Node, centre
from tests.fakes.router.models import change_manifest, version
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

FIRST, SECOND = "handle_time@20260101T120001", "handle_time@20260101T120002"
_PATIENCE_SECONDS = 60.0


@asynccontextmanager
async def predicting(redis_url: str, directory: Path, **settings: Any) -> AsyncGenerator[Centre]:
    """A router with the models, a queue that asks them, and two agents."""
    usual: dict[str, Any] = {
        "model_dir": str(directory),
        "model_poll_seconds": 0.05,
        "model_max_age_days": 0,
        "model_budget_ms": 600_000,  # however long the machine makes it wait
        "hang_up_seconds": 0,  # calls last milliseconds here
    }
    async with router(redis_url, **(usual | settings)) as target, centre(target) as clients:
        await clients.queue(policy="predictive", wrap_up_ms=100)
        for agent_id in ("ann", "bob"):
            await clients.agent(agent_id)
        yield clients


async def advice(clients: Centre) -> routing_service_pb2.RankAgentsResponse:
    contact = contact_pb2.Contact(queue=f"{TENANT}/queues/billing", channel=contact_pb2.VOICE)
    request = routing_service_pb2.RankAgentsRequest(parent=TENANT, contact=contact)
    found: routing_service_pb2.RankAgentsResponse = await clients.routing.RankAgents(request)
    return found


async def advised_by(clients: Centre, model: str) -> routing_service_pb2.RankAgentsResponse:
    """Wait until the model advises; "": none."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while (found := await advice(clients)).model_version != model:
            await asyncio.sleep(0.02)
    return found


async def among(seen: Sequence[str], model: str) -> None:
    """Wait until somebody has been advised by the model."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while model not in seen:
            await asyncio.sleep(0.02)


async def decided(clients: Centre, desktop: Desktop) -> decision_pb2.Decision:
    await clients.create("call-1")
    offer = await desktop.offer()
    return await clients.decision(offer.decision)


async def serve(clients: Centre, node: Node, desktop: Desktop, call: str) -> None:
    """One whole call."""
    contact = await clients.create(call)
    offer = await desktop.offer(contact.name)
    await desktop.accept(offer)
    await node.tell("BRIDGED", contact.name, fence=offer.fence, agent=offer.agent)
    await asyncio.sleep(0.05)  # a conversation, however short
    await node.tell("CALLER_HANGUP", contact.name)
    await clients.reaches(contact.name, "COMPLETED")
    await clients.becomes(desktop.agent_id, "AVAILABLE")


async def test_a_decision_names_the_model_and_what_it_predicted(
    redis_url: str, tmp_path: Path
) -> None:
    version(tmp_path, 1)
    async with predicting(redis_url, tmp_path) as clients, clients.desktop("ann") as ann:
        decision = await decided(clients, ann)
        assert (decision.model_version, decision.degraded) == (FIRST, False)
        assert decision.candidates[0].predicted_handle_time.ToMilliseconds() > 1000


async def test_without_a_model_the_counts_of_the_store_stand_in_and_it_is_said(
    redis_url: str, tmp_path: Path
) -> None:
    missing = tmp_path / "none"
    async with (
        predicting(redis_url, missing) as clients,
        clients.node() as node,
        clients.desktop("ann") as ann,
    ):
        assert (await advice(clients)).degraded_reasons[0] == "NO_HISTORY"
        await serve(clients, node, ann, "call-1")
        assert (await advice(clients)).degraded_reasons[0] == "MODEL_UNAVAILABLE"
    # A router that starts later knows of it from the store.
    async with predicting(redis_url, missing) as clients, clients.desktop("ann"):
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while (await advice(clients)).degraded_reasons[0] == "NO_HISTORY":
                await asyncio.sleep(0.02)


async def test_a_new_version_takes_over_under_load_without_a_failed_request(
    redis_url: str, tmp_path: Path
) -> None:
    version(tmp_path, 1)
    seen: list[str] = []
    async with predicting(redis_url, tmp_path) as clients, clients.desktop("ann"):
        await advised_by(clients, FIRST)
        over = asyncio.Event()

        async def ask() -> None:
            while not over.is_set():
                found = await advice(clients)
                assert not found.degraded
                seen.append(found.model_version)

        async with asyncio.TaskGroup() as group:
            for _ in range(8):
                group.create_task(ask())
            await among(seen, FIRST)
            version(tmp_path, 2, seed=2)
            await among(seen, SECOND)
            over.set()
    assert set(seen) == {FIRST, SECOND}


async def test_a_version_with_other_features_or_cut_short_leaves_the_old_one_serving(
    redis_url: str, tmp_path: Path
) -> None:
    directory, aside = tmp_path / "models", tmp_path / "aside"
    version(directory, 1)
    async with predicting(redis_url, directory) as clients, clients.desktop("ann"):
        await advised_by(clients, FIRST)
        wrong, cut = version(aside, 2), version(aside, 3)
        change_manifest(wrong, features=NAMES[1:], features_sha256=names_hash(NAMES[1:]))
        (cut / MODEL_FILE).write_bytes((cut / MODEL_FILE).read_bytes()[:-50])
        for folder in (wrong, cut):
            folder.rename(directory / folder.name)
            await asyncio.sleep(0.2)
            assert (await advice(clients)).model_version == FIRST
        # The router is still looking: what is right is taken.
        version(directory, 4)
        await advised_by(clients, "handle_time@20260101T120004")


async def test_a_deleted_directory_degrades_and_a_new_one_mends(
    redis_url: str, tmp_path: Path
) -> None:
    directory = tmp_path / "models"
    version(directory, 1)
    async with predicting(redis_url, directory) as clients, clients.desktop("ann"):
        await advised_by(clients, FIRST)
        shutil.rmtree(directory)
        found = await advised_by(clients, "")
        assert found.degraded
        assert found.ranked[0].eligible
        version(directory, 2)
        assert not (await advised_by(clients, SECOND)).degraded


async def test_a_model_past_its_age_is_not_asked(redis_url: str, tmp_path: Path) -> None:
    version(tmp_path, 1)
    async with (
        predicting(redis_url, tmp_path, model_max_age_days=1) as clients,
        clients.node() as node,
        clients.desktop("ann") as ann,
    ):
        await serve(clients, node, ann, "call-1")
        found = await advice(clients)
        assert found.model_version == ""
        assert found.degraded_reasons[0] == "MODEL_STALE"
