"""Settings of the gateway: environment variables that begin with GATEWAY_."""

import json
import re
from pathlib import Path
from typing import Annotated, Self, override
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict
from switchyard_common.door import DoorSettings
from switchyard_common.settings import ServiceSettings
from switchyard_common.token_source import TokenSource, safe_keys_url
from switchyard_common.tokens import SHORTEST_SECRET

from switchyard_gateway.domain.files import FILE_TYPES, FileLimits

_SHORTEST_SECRET = 16


class GatewaySettings(DoorSettings):
    """What the gateway can be told. `port` is HTTP; `grpc_port` the conversation service, whose
    door the inherited settings are about."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", frozen=True, extra="ignore")

    port: int = Field(7100, ge=0, le=65535)
    grpc_port: int = Field(7103, ge=0, le=65535)
    metrics_port: int = Field(9103, ge=0, le=65535)
    redis_url: SecretStr
    router_target: str = "127.0.0.1:7101"
    router_timeout_seconds: float = Field(2.0, gt=0)
    crm_target: str = "127.0.0.1:7102"
    crm_timeout_seconds: float = Field(4.0, gt=0)
    bot_url: str = "http://127.0.0.1:7105"
    bot_deadline_seconds: float = Field(5.0, gt=0)
    bot_at_once: int = Field(32, ge=1)
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
    chats_at_once: int = Field(60, ge=1)
    """New chats that one address may open at once."""
    chats_per_second: float = Field(1.0, gt=0)
    """New chats that one address may open in the long run."""
    customer_keys: Path | None = None
    """Public keys of the company's own login, whose tokens say who opens a chat."""
    customer_keys_url: str = ""
    """Where that login publishes its keys: its `jwks_uri`."""
    customer_secret: SecretStr | None = Field(default=None, min_length=SHORTEST_SECRET)
    customer_audience: str = ""
    customer_issuer: str = ""
    customer_handles: str = Field("", max_length=64)
    """Namespace in which the CRM knows customers by the token's `sub`; empty: it does not."""
    absent_waiting_seconds: float = Field(60.0, gt=0)
    absent_with_agent_seconds: float = Field(300.0, gt=0)
    examples_file: Path | None = None
    greets: bool = True
    """Whether the bot says the first word."""
    bot_patience_seconds: float = Field(45.0, ge=0)
    """How long a bot that is away (it restarts) is waited for."""
    silence_seconds: float = Field(90.0, gt=0)
    """After this the bot asks whether the customer is there, if it wants to know something."""
    idle_close_seconds: float = Field(1800.0, gt=0)
    """After this a conversation with the bot is closed."""
    max_events: int = Field(100_000, ge=1000)
    """Events kept in the stream."""
    keep_texts: bool = False
    """Whether events hold what customers wrote, redacted: see the privacy notes before."""
    callbacks: bool = True
    """Whether who waits for a person may be called back instead."""
    callback_node: str = ""
    """Platform node that makes these calls; empty: the agent who accepts one dials."""
    country: str = Field("CN", pattern="^[A-Z]{2}$")
    """Where telephone numbers without a country code are at home, by ISO 3166-1."""
    upload_types: Annotated[tuple[str, ...], NoDecode] = FILE_TYPES
    """Media types that customers may send, with commas between them; empty: no files at all."""
    upload_bytes: int = Field(5 * 1024 * 1024, ge=1, le=16 * 1024 * 1024)
    uploads_per_conversation: int = Field(10, ge=1)
    uploads_total_bytes: int = Field(256 * 1024 * 1024, ge=1)
    """What all files together may take in Redis."""
    upload_keep_seconds: float = Field(24 * 3600.0, gt=0)

    webhook_secret: SecretStr = SecretStr("")
    """Signs the webhook channel's messages both ways; empty: there is no such channel."""
    webhook_url: str = ""
    """Where the webhook channel delivers to."""
    wechat_app_id: str = ""
    """AppID of a WeChat official account; empty: there is no such channel."""
    wechat_token: SecretStr = SecretStr("")
    wechat_aes_key: SecretStr = SecretStr("")
    """EncodingAESKey: safe mode. Empty: plain mode."""
    wechat_secret: SecretStr = SecretStr("")
    wechat_api_url: str = "https://api.weixin.qq.com"
    wechat_answer_seconds: float = Field(4.0, gt=0, le=60)
    """What the bot says within this time is the answer itself. The platform waits five seconds."""
    channel_give_up_seconds: float = Field(3600.0, gt=0)
    """After so long a message that cannot be delivered is dropped."""
    channel_peers: int = Field(1000, ge=1)
    """Customers of channels whom this process delivers to at once."""

    @field_validator("customer_keys_url")
    @classmethod
    def _is_safe_for_keys(cls, url: str) -> str:
        return safe_keys_url(url)

    @field_validator("allowed_origins", "upload_types", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(part.strip() for part in value.split(",") if part.strip())

    @field_validator("upload_types")
    @classmethod
    def _can_be_recognised(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not set(value) <= set(FILE_TYPES):
            raise ValueError(f"must be some of {','.join(FILE_TYPES)}")
        return value

    @field_validator("redis_url")
    @classmethod
    def _is_one_server(cls, value: SecretStr) -> SecretStr:
        if urlsplit(value.get_secret_value()).scheme not in ("redis", "rediss", "unix"):
            raise ValueError(
                "must be redis://, rediss:// or unix://, the URL of one server: conversations and "
                "their events are written in one step, which no cluster and no Sentinel URL allows"
            )
        return value

    @field_validator("bot_url", "webhook_url", "wechat_api_url")
    @classmethod
    def _is_url(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.field_name == "webhook_url":
            return value
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must look like http://host:port")
        return value

    @model_validator(mode="after")
    def _channels_are_whole(self) -> Self:
        secret, url = self.webhook_secret.get_secret_value(), self.webhook_url
        if bool(secret) != bool(url):
            raise ValueError(
                "GATEWAY_WEBHOOK_SECRET and GATEWAY_WEBHOOK_URL belong together: set both or none"
            )
        if secret and len(secret) < _SHORTEST_SECRET:
            raise ValueError(
                f"GATEWAY_WEBHOOK_SECRET: too short; use at least {_SHORTEST_SECRET} characters"
            )
        if self.wechat_app_id and not (
            self.wechat_token.get_secret_value() and self.wechat_secret.get_secret_value()
        ):
            raise ValueError(
                "GATEWAY_WECHAT_APP_ID also needs GATEWAY_WECHAT_TOKEN and GATEWAY_WECHAT_SECRET"
            )
        key = self.wechat_aes_key.get_secret_value()
        if key and not re.fullmatch("[A-Za-z0-9+/]{43}", key):
            raise ValueError("GATEWAY_WECHAT_AES_KEY: must be the 43 characters of EncodingAESKey")
        return self

    @model_validator(mode="after")
    def _customers_are_whole(self) -> Self:
        self.customer_source.check(lambda field: self.env_name(f"customer_{field}"))
        return self

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

    @property
    def customer_source(self) -> TokenSource:
        """Whose tokens say who a customer is."""
        return TokenSource(
            audience=self.customer_audience,
            issuer=self.customer_issuer,
            keys=self.customer_keys,
            keys_url=self.customer_keys_url,
            secret=self.customer_secret,
            stale_seconds=self.token_keys_stale_seconds,
            life_seconds=self.token_life_seconds,
        )

    @property
    def file_limits(self) -> FileLimits:
        """What customers may send, and how much of it is kept."""
        return FileLimits(
            types=self.upload_types,
            largest_bytes=self.upload_bytes,
            per_conversation=self.uploads_per_conversation,
            total_bytes=self.uploads_total_bytes,
            keep_seconds=self.upload_keep_seconds,
        )

    def grpc_face(self) -> ServiceSettings:
        """The same process as its gRPC server sees it."""
        return _GrpcFace(**{**self.model_dump(), "port": self.grpc_port})


class _GrpcFace(ServiceSettings):
    """Takes nothing from the environment; names the gateway's variables in its messages."""

    @classmethod
    @override
    def env_name(cls, field: str) -> str:
        return GatewaySettings.env_name("grpc_port" if field == "port" else field)
