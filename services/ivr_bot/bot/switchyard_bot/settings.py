"""Settings of the bot, from environment variables. Pure.

A plain dataclass: Rasa pins a pydantic that pydantic-settings, used elsewhere, no longer supports.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from switchyard_bot.project import here

_LOG_LEVELS = ("debug", "info", "warning", "error")


class BadSettings(Exception):
    """Settings that cannot work; the text names the variables and the fixes, one a line."""


@dataclass(frozen=True)
class RedisAddress:
    """Where conversations and locks are kept."""

    host: str
    port: int
    db: int
    username: str | None
    password: str | None
    tls: bool


@dataclass(frozen=True)
class Settings:
    """Everything ``serve.py`` can be told; the defaults suit one machine."""

    bind: str
    port: int
    metrics_port: int
    models_dir: Path
    model: Path | None  # None: the one trained from the folder as it is
    redis: RedisAddress | None  # None: conversations live in this process's memory
    redis_prefix: str
    record_seconds: int
    actions_url: str
    api_token: str | None  # None: Rasa's own HTTP API stays off
    tls_cert: Path | None
    tls_key: Path | None
    tls_ca: Path | None  # None: clients are not asked for certificates
    log_level: str
    stock: bool  # for benchmarks: Rasa as it comes, unpatched and with TensorFlow

    @property
    def tracker_store(self) -> str:
        """Which of Rasa's kinds of store keeps conversations in Redis."""
        return _STOCK_STORE if self.stock else _OWN_STORE


_STOCK_STORE, _OWN_STORE = "redis", "switchyard_bot.store.ConversationStore"


def read(environment: Mapping[str, str]) -> Settings:
    """Reads ``BOT_*`` variables.

    Raises:
        BadSettings: something is malformed, or plaintext would leave the machine.
    """
    found = _Reader(environment)
    settings = Settings(
        bind=found.text("BOT_BIND", "127.0.0.1"),
        port=found.number("BOT_PORT", 7105, 65535),
        metrics_port=found.number("BOT_METRICS_PORT", 9105, 65535),
        models_dir=Path(found.text("BOT_MODELS_DIR", str(_default_models_dir()))),
        model=found.path("BOT_MODEL"),
        redis=found.redis("BOT_REDIS_URL"),
        redis_prefix=found.text("BOT_REDIS_PREFIX", "switchyard"),
        record_seconds=found.number("BOT_RECORD_SECONDS", 86_400, 31_536_000),
        actions_url=found.text("BOT_ACTIONS_URL", "http://127.0.0.1:7104/webhook"),
        api_token=found.optional("BOT_API_TOKEN"),
        tls_cert=found.path("BOT_TLS_CERT"),
        tls_key=found.path("BOT_TLS_KEY"),
        tls_ca=found.path("BOT_TLS_CA"),
        log_level=found.text("BOT_LOG_LEVEL", "info").lower(),
        stock=found.flag("BOT_STOCK"),
    )
    found.problems.extend(_problems(settings))
    if found.problems:
        raise BadSettings("\n".join(found.problems))
    return settings


def _default_models_dir() -> Path:
    return here().root.parents[2] / ".switchyard" / "models"


def _problems(settings: Settings) -> list[str]:
    problems = []
    if (settings.tls_cert is None) != (settings.tls_key is None):
        problems.append("BOT_TLS_CERT and BOT_TLS_KEY belong together; set both or neither")
    if settings.tls_ca is not None and settings.tls_cert is None:
        problems.append("BOT_TLS_CA is of no use without BOT_TLS_CERT and BOT_TLS_KEY; set them")
    if settings.tls_cert is None and not is_loopback(settings.bind):
        problems.append(
            f"BOT_BIND={settings.bind} can be reached from other machines, and there is no TLS; "
            "set BOT_TLS_CERT and BOT_TLS_KEY, or bind to 127.0.0.1"
        )
    if not settings.redis_prefix.isalnum():
        problems.append("BOT_REDIS_PREFIX: only letters and digits; Rasa ignores anything else")
    if settings.log_level not in _LOG_LEVELS:
        problems.append(f"BOT_LOG_LEVEL: one of {', '.join(_LOG_LEVELS)}")
    return problems


def is_loopback(host: str) -> bool:
    """Whether an address is this machine only; an unknown host name counts as not loopback."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class _Reader:
    """Reads variables and collects what is wrong with them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.problems: list[str] = []

    def optional(self, name: str) -> str | None:
        return self._environment.get(name) or None

    def text(self, name: str, default: str) -> str:
        return self.optional(name) or default

    def path(self, name: str) -> Path | None:
        value = self.optional(name)
        if value is None:
            return None
        if not Path(value).is_file():
            self.problems.append(f"{name}: no file at {value}")
        return Path(value)

    def flag(self, name: str) -> bool:
        value = self.text(name, "false").lower()
        if value not in {"true", "false"}:
            self.problems.append(f"{name}: true or false")
        return value == "true"

    def number(self, name: str, default: int, most: int) -> int:
        value = self.text(name, str(default))
        if not value.isascii() or not value.isdigit() or int(value) > most:
            self.problems.append(f"{name}: not a number from 0 to {most}")
            return default
        return int(value)

    def redis(self, name: str) -> RedisAddress | None:
        value = self.optional(name)
        if value is None:
            return None
        try:
            return _redis_address(value)
        except ValueError:
            # The URL may hold a password, so it is not repeated.
            self.problems.append(
                f"{name}: not of the form redis[s]://[user:password@]host[:port][/db]"
            )
            return None


def _redis_address(url: str) -> RedisAddress:
    parts = urlsplit(url)
    if parts.scheme not in {"redis", "rediss"} or not parts.hostname:
        raise ValueError("not a Redis URL")
    return RedisAddress(
        host=parts.hostname,
        port=parts.port or 6379,
        db=int(parts.path.strip("/") or 0),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        tls=parts.scheme == "rediss",
    )
