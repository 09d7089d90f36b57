"""Settings of the service for tests: free ports, quick looks."""

from typing import Any

from switchyard_insights.settings import InsightsSettings


def settings(redis_url: str, database_url: str, **more: Any) -> InsightsSettings:
    """As the environment would give them."""
    values: dict[str, Any] = {"redis_url": redis_url, "database_url": database_url} | more
    return InsightsSettings(
        port=0, metrics_port=0, health_interval_seconds=0.05, drain_seconds=0, **values
    )
