"""The action server's settings."""

from pathlib import Path
from zoneinfo import ZoneInfo

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
    router_target: str = "127.0.0.1:7101"
    router_timeout_seconds: float = Field(default=1.0, gt=0)
    callback_queue: str = Field(default="general", pattern=r"^[a-z0-9-]{1,40}$")
    callback_queues: dict[str, str] = Field(default_factory=dict)
    callback_node: str = Field(default="", max_length=64)
    knowledge_dir: Path | None = None
    country: str = Field(default="CN", pattern="^[A-Z]{2}$")
    time_zone: ZoneInfo = Field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    anger: float = Field(default=-0.7, ge=-1, le=0)
    likeness: float = Field(default=0.8, gt=0, le=1)
