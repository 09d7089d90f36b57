"""A contact's arm is written when it enters a queue, and as everybody else would deal it."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
import redis
from google.protobuf.duration_pb2 import Duration
from switchyard.router.v1 import queue_pb2
from switchyard_router.domain.arms import arm_of
from switchyard_router.domain.queues import QueueProfile
from switchyard_router.domain.records import Move
from switchyard_router.entrypoints.config_messages import arms_of, dealing, queue_times

from tests.fakes.router.store import NO_REQUEST, NOW_MS, Store, new_contact, open_store
from tests.fakes.router.truth import read

pytestmark = pytest.mark.integration

HOUR = 3_600_000


@pytest_asyncio.fixture
async def store(redis_url: str) -> AsyncGenerator[Store]:
    async with open_store(redis_url) as opened:
        yield opened


async def compare(
    store: Store, queue_id: str, shares: dict[str, float], hours: int
) -> QueueProfile:
    """A queue that compares arms, stored as the configuration service stores it."""
    arms = [
        queue_pb2.PolicyArm(name=name, policy="longest_idle", share=share)
        for name, share in shares.items()
    ]
    queue = queue_pb2.Queue(arms=arms, arm_period=Duration(seconds=3600 * hours))
    await store.add_queue(queue_id)
    await store.config.upsert("queue", queue_id, b"", dealing(queue), version="", check_only=False)
    return QueueProfile(
        id=queue_id,
        plan="",
        policy="",
        times=queue_times(queue),
        version=1,
        arms=arms_of(queue),
        arm_period_ms=hours * HOUR,
    )


async def entered(store: Store, contact_id: str, queue_id: str) -> str:
    record, _ = await store.contacts.create(new_contact(contact_id, queue=queue_id), NO_REQUEST)
    return record.arm


def dealt(queue: QueueProfile, contact_id: str, now_ms: int) -> str:
    arm = arm_of(queue, contact_id, "", now_ms)
    return arm.name if arm else ""


@pytest.mark.parametrize("shares", [{"a": 0.5, "b": 0.5}, {"甲": 0.7, "b": 0.2, "c": 0.1}])
async def test_contacts_are_dealt_the_arm_that_routers_compute(
    store: Store, shares: dict[str, float]
) -> None:
    queue = await compare(store, "q", shares, 0)
    arms = {name: await entered(store, name, "q") for name in (f"c{n}" for n in range(60))}
    assert arms == {name: dealt(queue, name, NOW_MS) for name in arms}
    assert set(arms.values()) > {"b"}


@pytest.mark.parametrize("shares", [{"a": 0.5, "b": 0.5}, {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}])
async def test_turns_are_those_that_routers_compute(store: Store, shares: dict[str, float]) -> None:
    queue = await compare(store, "q", shares, 1)
    for turn in range(40):
        store.scripts.now_ms = NOW_MS + turn * HOUR
        arm = await entered(store, f"c{turn}", "q")
        assert arm == dealt(queue, f"c{turn}", store.scripts.now_ms)


async def test_the_log_says_how_long_turns_are(store: Store, redis_url: str) -> None:
    await compare(store, "q", {"a": 0.5, "b": 0.5}, 1)
    await compare(store, "other", {"a": 0.5, "b": 0.5}, 0)
    for queue_id in ("q", "other"):
        await entered(store, f"in-{queue_id}", queue_id)
    with redis.Redis.from_url(redis_url) as client:
        events = read(client, store.keys.prefix).events
    told = {each["subject"]: each["data"].get("arm_period_ms") for each in events}
    assert (told["in-q"], told["in-other"]) == (HOUR, None)


async def test_an_arm_belongs_to_the_queue_it_was_dealt_in(store: Store) -> None:
    await compare(store, "q", {"only": 1.0}, 0)
    await compare(store, "other", {"there": 1.0}, 0)
    await store.add_queue("plain")
    assert await entered(store, "c", "q") == "only"
    for queue_id, arm in (("other", "there"), ("plain", "")):
        assert await store.contacts.move("c", 0, Move(0, queue=queue_id, reason="TEST")) == "OK"
        assert (await store.contacts.get("c")).arm == arm
