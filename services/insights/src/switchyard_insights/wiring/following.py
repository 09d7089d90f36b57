"""The readers of the logs, put together."""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from switchyard_common.lifecycle import Lifecycle
from switchyard_common.redis_clients import open_redis

from switchyard_insights.adapters.redis.connection import ping
from switchyard_insights.adapters.redis.decision_log import RedisDecisionLog
from switchyard_insights.adapters.redis.event_log import Reader, StreamLog
from switchyard_insights.entrypoints.health import Ping
from switchyard_insights.service.backing_off import BackOff
from switchyard_insights.service.decision_log import FollowDecisions, KeptHistory
from switchyard_insights.service.following import Follow, ReadingMeter
from switchyard_insights.service.logs import EventLog
from switchyard_insights.settings import InsightsSettings

_GROUP = "insights"
_BOT_EVENTS = "sw:gateway:events"
_DECISIONS_AT_ONCE = 200


@asynccontextmanager
async def following(
    settings: InsightsSettings, history: KeptHistory, meter: ReadingMeter, lifecycle: Lifecycle
) -> AsyncIterator[Ping]:
    """Reads all logs for the length of the block; yields what tells whether they answer."""
    tenant = settings.tenant
    async with AsyncExitStack() as stack:
        seconds = settings.redis_timeout_seconds
        events = f"sy:{{{tenant}}}:events"
        url = settings.redis_url.get_secret_value()
        bot_url = (settings.bot_redis_url or settings.redis_url).get_secret_value()
        redis = await stack.enter_async_context(open_redis(url, seconds, events))
        bots = await stack.enter_async_context(open_redis(bot_url, seconds, _BOT_EVENTS))
        reader = _reader(settings)
        logs: tuple[EventLog, ...] = (
            StreamLog(redis, events, "router", reader),
            StreamLog(bots, _BOT_EVENTS, "bot", reader),
        )
        for log in logs:
            pause = BackOff(log.name, settings.back_off_seconds)
            follow = Follow(log, history, tenant, meter, pause)
            task = lifecycle.supervise(follow.run(), f"reader of {log.name}")
            stack.push_async_callback(lifecycle.end, task)
        kept = RedisDecisionLog(redis, tenant, _DECISIONS_AT_ONCE)
        pause = BackOff("decisions", settings.back_off_seconds)
        decisions = FollowDecisions(kept, history, tenant, meter, pause)
        task = lifecycle.supervise(decisions.run(), "reader of decisions")
        stack.push_async_callback(lifecycle.end, task)
        yield partial(ping, redis)


def _reader(settings: InsightsSettings) -> Reader:
    # The same after a restart, so that the group does not remember ever more readers.
    place = settings.port or os.getpid()
    return Reader(
        group=_GROUP,
        consumer=f"{socket.gethostname()}:{place}",
        batch=settings.batch,
        claim_ms=int(settings.claim_seconds * 1000),
    )
