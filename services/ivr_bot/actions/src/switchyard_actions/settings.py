"""The action server's settings."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict
from switchyard_common.settings import ServiceSettings


class ActionsSettings(ServiceSettings):
    """Environment variables with the prefix ACTIONS_."""

    model_config = SettingsConfigDict(env_prefix="ACTIONS_", frozen=True, extra="ignore")

    port: int = Field(default=7104, ge=0, le=65535)
    metrics_port: int = Field(default=9104, ge=0, le=65535)
    crm_target: str = "127.0.0.1:7102"
    crm_timeout_seconds: float = Field(default=1.0, gt=0)
    tenant: str = Field(default="demo", pattern=r"^[a-z0-9-]{1,40}$")
