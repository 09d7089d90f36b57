"""Answers remembered in the process."""

from collections.abc import AsyncIterator

import pytest
from prometheus_client import CollectorRegistry
from switchyard_common.clock import FakeClock
from switchyard_crm.adapters.cache import SealedCache
from switchyard_crm.entrypoints.source_metrics import SourceMetrics
from switchyard_crm.service.remembering import AnswerCache

from tests.contracts.crm.answer_cache_contract import AnswerCacheContract

pytestmark = pytest.mark.unit


class TestMemoryCache(AnswerCacheContract):
    @pytest.fixture
    async def cache(self, clock: FakeClock) -> AsyncIterator[AnswerCache]:
        cache = SealedCache(None, 3600.0, clock, SourceMetrics(CollectorRegistry()))
        yield cache
        await cache.close()
