"""A store with people, and a CRM that remembers what it was told."""

from collections.abc import AsyncIterator, Iterator

import pytest
from switchyard_common.clock import FakeClock

from tests.fakes.crm.outbox import WANG_IN_CRM, OutboxWorld, outbox_world, people
from tests.fakes.crm.people import NOW
from tests.fakes.crm.remembering_crm import (
    RememberingConnector,
    RememberingCrm,
    remembering_crm,
)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
async def world(database_url: str, clock: FakeClock) -> AsyncIterator[OutboxWorld]:
    async with outbox_world(database_url, clock) as opened:
        await opened.fill(people())
        await opened.unite("c-1", WANG_IN_CRM)
        yield opened


@pytest.fixture
def crm() -> Iterator[RememberingCrm]:
    with remembering_crm() as running:
        yield running


@pytest.fixture
def connector(crm: RememberingCrm) -> RememberingConnector:
    return RememberingConnector(crm.port)
