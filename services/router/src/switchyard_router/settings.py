"""The router's settings."""

from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict
from switchyard_common.store_url import parse_store_url

from switchyard_router.face_settings import FaceSettings
from switchyard_router.service.context import CONTEXT_SECONDS


class RouterSettings(FaceSettings):
    """Environment variables with the prefix ROUTER_."""

    model_config = SettingsConfigDict(env_prefix="ROUTER_", frozen=True, extra="ignore")

    port: int = Field(default=7101, ge=0, le=65535)
    metrics_port: int = Field(default=9101, ge=0, le=65535)
    max_connection_age_seconds: float | None = Field(default=1800.0, gt=0)
    redis_url: SecretStr = SecretStr("redis://127.0.0.1:6390/0")
    redis_timeout_seconds: float = Field(default=2.0, gt=0)
    store_wait_replicas: int = Field(default=0, ge=0, le=9)
    store_wait_ms: int = Field(default=500, ge=1)
    crm_target: str = "127.0.0.1:7102"
    context_seconds: float = Field(default=CONTEXT_SECONDS, ge=0.05, le=60)
    max_events: int = Field(default=200_000, ge=1000)
    max_decisions: int = Field(default=100_000, ge=100, le=10_000_000)
    pseudonym_key: SecretStr = Field(min_length=16)
    model_dir: str = ""
    model_poll_seconds: float = Field(default=2.0, gt=0)
    model_budget_ms: float = Field(default=25.0, gt=0)
    model_pause_seconds: float = Field(default=60.0, gt=0)
    model_max_age_days: float = Field(default=90.0, ge=0)
    model_alpha: float = Field(default=0.01, ge=0, lt=1)
    model_shadow: bool = False
    hang_up_seconds: float = Field(default=10.0, ge=0, le=600)

    @field_validator("redis_url")
    @classmethod
    def _names_a_store(cls, url: SecretStr) -> SecretStr:
        parse_store_url(url.get_secret_value())
        return url

    @model_validator(mode="after")
    def _waits_less_than_it_gives_up(self) -> Self:
        if self.store_wait_replicas and self.store_wait_ms >= self.redis_timeout_seconds * 1000:
            raise ValueError(
                f"{self.env_name('store_wait_ms')} must be less than "
                f"{self.env_name('redis_timeout_seconds')}: a command without reply fails after it"
            )
        return self
