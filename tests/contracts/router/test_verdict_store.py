"""Every store of verdicts on models keeps them all, once each, for everybody."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio
from switchyard_router.adapters.redis.client import open_writer
from switchyard_router.adapters.redis.keys import Keys
from switchyard_router.adapters.redis.link import Link
from switchyard_router.adapters.redis.verdicts import RedisVerdicts
from switchyard_router.service.verdicts import VerdictStore

from tests.fakes.router.models import VerdictsInMemory

pytestmark = pytest.mark.integration


@pytest_asyncio.fixture(params=["memory", "redis"])
async def store(request: Any) -> AsyncGenerator[VerdictStore]:
    """One of them, empty."""
    if request.param == "memory":
        yield VerdictsInMemory()
        return
    link = Link(open_writer(request.getfixturevalue("redis_url"), 5.0), 5.0)
    yield RedisVerdicts(link, Keys("test"))
    await link.aclose()


async def test_nothing_is_wrong_at_first(store: VerdictStore) -> None:
    assert await store.withdrawn() == frozenset()


async def test_versions_add_up_and_are_kept_once(store: VerdictStore) -> None:
    await store.withdraw({"m@1"})
    await store.withdraw({"m@2", "m@1"})
    assert await store.withdrawn() == {"m@1", "m@2"}
