"""The router's settings."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict
from switchyard_common.settings import ServiceSettings


class RouterSettings(ServiceSettings):
    """Environment variables with the prefix ROUTER_."""

    model_config = SettingsConfigDict(env_prefix="ROUTER_", frozen=True, extra="ignore")

    port: int = Field(default=7101, ge=0, le=65535)
    metrics_port: int = Field(default=9101, ge=0, le=65535)
    redis_url: SecretStr = SecretStr("redis://127.0.0.1:6390/0")
    redis_timeout_seconds: float = Field(default=2.0, gt=0)
    crm_target: str = "127.0.0.1:7102"
    tenant: str = Field(default="demo", pattern=r"^[a-z0-9-]{1,40}$")
    max_events: int = Field(default=200_000, ge=1000)
    pseudonym_key: SecretStr = Field(min_length=16)
