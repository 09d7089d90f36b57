"""Erasures that others ask for, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from switchyard_common.lifecycle import Lifecycle
from switchyard_common.redis_clients import open_redis
from switchyard_common.redis_erasures import RedisErasures, erasures_key
from switchyard_common.sql.database import Database

from switchyard_insights.adapters.redis.requested_erasures import RequestedErasures
from switchyard_insights.adapters.sql.forgetful_store import SqlForgetfulStore
from switchyard_insights.service.backing_off import BackOff
from switchyard_insights.service.forgetting import EraseCustomer
from switchyard_insights.service.requested_erasures import EraseRequested, ErasureMeter
from switchyard_insights.settings import InsightsSettings
from switchyard_insights.wiring.clock import now_ms


@asynccontextmanager
async def erasing(
    settings: InsightsSettings, database: Database, meter: ErasureMeter, lifecycle: Lifecycle
) -> AsyncIterator[None]:
    """Erases whoever is asked for in the router's Redis, for the length of the block."""
    url = settings.redis_url.get_secret_value()
    key = erasures_key(settings.tenant)
    async with open_redis(url, settings.redis_timeout_seconds, key) as redis:
        doing = EraseRequested(
            RequestedErasures(RedisErasures(redis, settings.tenant)),
            EraseCustomer(SqlForgetfulStore(database), settings.export_folder, now_ms),
            settings.tenant,
            meter,
            BackOff("erasures", settings.back_off_seconds),
            now_ms,
        )
        task = lifecycle.supervise(doing.run(), "erasures")
        try:
            yield
        finally:
            await lifecycle.end(task)
