"""Settings of the history's service, from the environment."""

from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict
from switchyard_common.settings import ServiceSettings
from switchyard_common.store_url import parse_store_url


class InsightsSettings(ServiceSettings):
    """What can be set, as INSIGHTS_…; times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="INSIGHTS_", frozen=True, extra="ignore")

    port: int = Field(default=7109, ge=0, le=65535)
    metrics_port: int = Field(default=9109, ge=0, le=65535)
    tenant: str = Field(default="demo", pattern="^[a-z0-9-]{1,40}$")
    redis_url: SecretStr = SecretStr("redis://127.0.0.1:6390/0")
    """Where the router's event log is: one server, Sentinels that know it, or a cluster."""
    bot_redis_url: SecretStr | None = None
    """Where the bot's event log is; none: in the same server."""
    redis_timeout_seconds: float = Field(default=5.0, gt=1.0)
    database_url: SecretStr = SecretStr("sqlite+aiosqlite:///.switchyard/history.sqlite")
    busy_seconds: float = Field(default=5.0, gt=0)
    """How long a step waits for a lock or for a free connection; then it is tried again."""
    batch: int = Field(default=1000, ge=1, le=10_000)
    """How many events are stored in one step, at most; so many are in memory."""
    claim_seconds: float = Field(default=60.0, ge=0.1)
    """After how much silence a reader's unfinished events are given to another one."""
    back_off_seconds: float = Field(default=10.0, gt=0)
    """How long at most is waited between two tries."""
    export_folder: Path | None = None
    """Where complete hours are put as Parquet; none: nowhere."""
    export_late_hours: int = Field(default=48, ge=1)
    """So many last hours are looked at each time, and written anew if rows came late."""
    keep_days: int | None = Field(default=None, ge=1)
    """What is older is deleted, but for imported logs; none: everything is kept."""
    housekeeping_retry_seconds: float = Field(default=60.0, gt=0)
    health_interval_seconds: float = Field(default=1.0, gt=0)

    @field_validator("redis_url", "bot_redis_url")
    @classmethod
    def _names_a_store(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            parse_store_url(url.get_secret_value())
        return url
