"""Housekeeping, put together."""

from prometheus_client import CollectorRegistry
from switchyard_common.sql.database import Database

from switchyard_insights.adapters.housekeeping_metrics import HousekeepingMetrics
from switchyard_insights.adapters.sql.forgetful_store import SqlForgetfulStore
from switchyard_insights.adapters.sql.hourly_rows import SqlHourlyRows
from switchyard_insights.service.exporting import ExportHours
from switchyard_insights.service.forgetting import PruneHistory
from switchyard_insights.service.housekeeping import Housekeeping
from switchyard_insights.settings import InsightsSettings
from switchyard_insights.wiring.clock import now_ms


def housekeeping(
    settings: InsightsSettings, database: Database, registry: CollectorRegistry
) -> Housekeeping:
    """What the settings ask for; nothing is exported or deleted without being asked for."""
    folder, days = settings.export_folder, settings.keep_days
    rows, store = SqlHourlyRows(database), SqlForgetfulStore(database)
    return Housekeeping(
        tenant=settings.tenant,
        export=None if folder is None else ExportHours(rows, folder, now_ms),
        late_hours=settings.export_late_hours,
        prune=None if days is None else PruneHistory(store, None, now_ms),
        keep_days=days or 0,
        meter=HousekeepingMetrics(registry, now_ms),
        now_ms=now_ms,
        retry_seconds=settings.housekeeping_retry_seconds,
    )
