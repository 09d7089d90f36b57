"""A service whose customers help themselves, and the gateway that sends them codes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.crm.running import RunningCrm
from tests.fakes.crm.self_serving import Gateway, furnished, gateway, serving


@pytest.fixture
async def codes() -> AsyncIterator[Gateway]:
    async with gateway() as running:
        yield running


@pytest.fixture
async def database(tmp_path: Path) -> Path:
    return await furnished(tmp_path)


@pytest.fixture
async def service(database: Path, codes: Gateway) -> AsyncIterator[RunningCrm]:
    async with serving(database, codes) as running:
        yield running
