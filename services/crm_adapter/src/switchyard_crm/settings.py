"""Settings of the CRM adapter, from the environment."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict
from switchyard_common.settings import ServiceSettings


class CrmSettings(ServiceSettings):
    """What can be set, as CRM_…; times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="CRM_", frozen=True, extra="ignore")

    port: int = Field(default=7102, ge=0, le=65535)
    metrics_port: int = Field(default=9102, ge=0, le=65535)
    database_url: str = "sqlite+aiosqlite:///.switchyard/crm.sqlite"
    database_readers: int = Field(default=4, ge=1, le=100)
    busy_seconds: float = Field(default=1.0, gt=0)
    """How long a call waits for a lock or for a free connection."""
    context_seconds: float = Field(default=0.3, gt=0)
    """How long GetContext takes at most when the caller sets no deadline."""
    health_interval_seconds: float = Field(default=1.0, gt=0)
    default_region: str = Field(default="CN", pattern="^[A-Z]{2}$")
    """Where telephone numbers without country code are, ISO 3166."""
