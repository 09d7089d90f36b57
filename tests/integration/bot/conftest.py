"""One bot for all tests of a module."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from switchyard_common.embedded import EmbeddedValkey

from tests.fakes.bot.world import World, running_world


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, valkey_server: EmbeddedValkey
) -> AsyncIterator[World]:
    async with running_world(tmp_path_factory.mktemp("bot"), valkey_server.url) as running:
        yield running
