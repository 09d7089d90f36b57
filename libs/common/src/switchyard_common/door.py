"""A server's door: how callers are told apart, how much one may ask, and what the door counts.

`admission` is the door itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from prometheus_client import CollectorRegistry, Counter, Gauge
from pydantic import Field, SecretStr, field_validator, model_validator

from switchyard_common.audit_chain import AuditKey
from switchyard_common.audit_journal import AuditJournal
from switchyard_common.issuer_keys import KeyMeter
from switchyard_common.limits import LimitSettings
from switchyard_common.settings import ServiceSettings
from switchyard_common.token_source import TokenSource, safe_keys_url
from switchyard_common.tokens import LONGEST_LIFE_SECONDS, SHORTEST_SECRET, TokenVerifier


class DoorSettings(ServiceSettings):
    """How callers are told apart, and their limits. One process serves one tenant."""

    tenant: str = Field(default="demo", pattern="^[a-z0-9-]{1,40}$")
    client_certificates: bool = True
    """Whether gRPC with TLS demands certificates of its clients; if not, tokens tell them apart."""
    token_keys: Path | None = None
    token_secret: SecretStr | None = Field(default=None, min_length=SHORTEST_SECRET)
    token_keys_url: str = ""
    """Where the issuer of tokens publishes its keys: its `jwks_uri`."""
    token_keys_stale_seconds: float = Field(default=24 * 3600.0, gt=0)
    """How long keys last while their issuer cannot be reached."""
    token_audience: str = ""
    token_issuer: str = ""
    token_life_seconds: float = Field(default=LONGEST_LIFE_SECONDS, gt=0)
    """A token that expires later than so long from now is refused."""
    calls_per_second: float = Field(default=10_000, gt=0)
    call_burst: int = Field(default=20_000, ge=1)
    streams_per_caller: int = Field(default=5_000, ge=1)
    streams_per_agent: int = Field(default=8, ge=1)
    streams: int = Field(default=20_000, ge=1)
    audit_dir: Path | None = None
    """Folder of the audit log's files; none: there are log lines only."""
    audit_key: SecretStr | None = Field(default=None, min_length=SHORTEST_SECRET)
    """Seals the audit log's entries, and hides whom they are about."""
    audit_file_bytes: int = Field(default=64 * 1024 * 1024, ge=4096)
    """An audit file that has grown so large is followed by the next."""

    @property
    def limits(self) -> LimitSettings:
        """How much one caller may ask for."""
        return LimitSettings(
            calls_per_second=self.calls_per_second,
            burst=self.call_burst,
            streams_per_caller=self.streams_per_caller,
            streams_per_agent=self.streams_per_agent,
            streams=self.streams,
        )

    @property
    def token_source(self) -> TokenSource:
        """Whose bearer tokens count."""
        return TokenSource(
            audience=self.token_audience,
            issuer=self.token_issuer,
            keys=self.token_keys,
            keys_url=self.token_keys_url,
            secret=self.token_secret,
            stale_seconds=self.token_keys_stale_seconds,
            life_seconds=self.token_life_seconds,
        )

    @property
    def takes_tokens(self) -> bool:
        """Whether bearer tokens can be checked."""
        return self.token_source.given

    def verifier(self, meter: KeyMeter) -> TokenVerifier | None:
        """What checks bearer tokens; None when none can be checked."""
        return self.token_source.tokens(TokenVerifier, meter)

    @contextmanager
    def journal(self, service: str) -> Iterator[AuditJournal | None]:
        """The audit log for the length of a block; None where none is kept. Raises StartError."""
        if self.audit_dir is None or self.audit_key is None:
            yield None
            return
        key = AuditKey(self.audit_key.get_secret_value())
        with AuditJournal(self.audit_dir, service, key, self.audit_file_bytes) as journal:
            yield journal

    @field_validator("token_keys_url")
    @classmethod
    def _is_safe(cls, url: str) -> str:
        return safe_keys_url(url)

    @model_validator(mode="after")
    def _audit_is_whole(self) -> Self:
        if (self.audit_dir is None) != (self.audit_key is None):
            names = self.env_name("audit_dir"), self.env_name("audit_key")
            raise ValueError(f"{names[0]} and {names[1]} belong together: set both or none")
        return self

    @model_validator(mode="after")
    def _tokens_are_whole(self) -> Self:
        self.token_source.check(lambda field: self.env_name(f"token_{field}"))
        if not self.client_certificates and not self.takes_tokens:
            raise ValueError(
                f"{self.env_name('client_certificates')} is off and no token can be checked; set "
                f"{self.env_name('token_keys')}, {self.env_name('token_keys_url')} or "
                f"{self.env_name('token_secret')}, or nobody could call"
            )
        return self


class DoorMetrics:
    """What the door sees; reasons are labels, callers never are. `prefix`: `switchyard_router`."""

    def __init__(self, registry: CollectorRegistry, prefix: str) -> None:
        self._refused = Counter(
            f"{prefix}_refused_calls_total",
            "Calls turned away at the door, by reason.",
            ("reason",),
            registry=registry,
        )
        self._unrecorded = Counter(
            f"{prefix}_audit_unrecorded_total",
            "Deeds that the audit log could not take.",
            registry=registry,
        )
        self._keys_failures = Counter(
            f"{prefix}_token_keys_failures_total",
            "Times that the keys of the tokens' issuer could not be fetched.",
            registry=registry,
        )
        self._streams = Gauge(
            f"{prefix}_open_streams", "Streams open now, of all kinds.", registry=registry
        )

    def refused(self, reason: str) -> None:
        """A caller was turned away."""
        self._refused.labels(reason).inc()

    def unrecorded(self) -> None:
        """A deed could not be written to the audit log."""
        self._unrecorded.inc()

    def token_keys_fetched(self, *, whole: bool) -> None:
        """The tokens' issuer was asked for its keys."""
        if not whole:
            self._keys_failures.inc()

    def streams(self, total: int) -> None:
        """So many streams are open."""
        self._streams.set(total)
