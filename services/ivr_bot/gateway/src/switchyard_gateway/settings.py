"""Settings of the gateway: environment variables that begin with GATEWAY_."""

import json
from pathlib import Path
from typing import Annotated, override
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict
from switchyard_common.settings import ServiceSettings


class GatewaySettings(ServiceSettings):
    """What the gateway can be told. `port` is HTTP, `grpc_port` the conversation service."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", frozen=True, extra="ignore")

    port: int = Field(7100, ge=0, le=65535)
    grpc_port: int = Field(7103, ge=0, le=65535)
    metrics_port: int = Field(9103, ge=0, le=65535)
    redis_url: SecretStr
    router_target: str = "127.0.0.1:7101"
    bot_url: str = "http://127.0.0.1:7105"
    bot_deadline_seconds: float = Field(5.0, gt=0)
    bot_at_once: int = Field(32, ge=1)
    tenant: str = "demo"
    node: str = "chat-1"
    """Stable over restarts, and no two processes' at the same time."""
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Pages that may chat, as `https://host`, with commas between them; empty: those that this
    process serves on loopback."""
    default_queue: str = "general"
    queues: Annotated[dict[str, str], NoDecode] = Field(default_factory=dict)
    """Queue ids by the bot's intents or reasons, as JSON."""
    max_entries: int = Field(1000, ge=50)
    """Messages and changes kept of one conversation."""
    message_interval_seconds: float = Field(1.0, gt=0)
    message_burst: int = Field(8, ge=1)
    absent_waiting_seconds: float = Field(60.0, gt=0)
    absent_with_agent_seconds: float = Field(300.0, gt=0)
    examples_file: Path | None = None

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(part.strip() for part in value.split(",") if part.strip())

    @field_validator("bot_url")
    @classmethod
    def _is_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must look like http://host:port")
        return value

    @field_validator("queues", mode="before")
    @classmethod
    def _parse(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except json.JSONDecodeError as error:
            raise ValueError('must be JSON such as {"order_status": "orders"}') from error

    def origins(self, port: int) -> frozenset[str]:
        """The origins that may open the websocket, when HTTP is on this port."""
        if self.allowed_origins:
            return frozenset(origin.rstrip("/") for origin in self.allowed_origins)
        scheme = "https" if self.tls else "http"
        return frozenset(f"{scheme}://{host}:{port}" for host in ("127.0.0.1", "localhost"))

    def grpc_face(self) -> ServiceSettings:
        """The same process as its gRPC server sees it."""
        return _GrpcFace(**{**self.model_dump(), "port": self.grpc_port})


class _GrpcFace(ServiceSettings):
    """Takes nothing from the environment; names the gateway's variables in its messages."""

    @classmethod
    @override
    def env_name(cls, field: str) -> str:
        return GatewaySettings.env_name("grpc_port" if field == "port" else field)
