"""What every client of Redis or Valkey is opened with here."""

from typing import Any

from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.maint_notifications import MaintNotificationsConfig


def redis_options(seconds: float) -> dict[str, Any]:
    """redis-py's options for a client that gives up after `seconds` and repeats nothing by itself.

    A step that timed out may have happened, and its caller knows what to do then. redis-py would
    try three more times. With its maintenance notifications, on by default and known to one
    vendor's servers only, its pool hands out connections that the server has closed: after a
    restart of the server every second command failed (8.1.0, `ConnectionPool.ensure_connection`).
    """
    return {
        "socket_timeout": seconds,
        "socket_connect_timeout": seconds,
        "retry": Retry(NoBackoff(), 0),
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
    }
