"""A server's door: how callers are told apart, how much one may ask, and what the door counts.

`admission` is the door itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry, Counter, Gauge
from pydantic import Field, SecretStr, field_validator, model_validator

from switchyard_common.audit_chain import AuditKey
from switchyard_common.audit_journal import AuditJournal
from switchyard_common.issuer_keys import IssuerKeys, KeyMeter, fetched_from
from switchyard_common.limits import LimitSettings
from switchyard_common.settings import ServiceSettings, is_loopback
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
    def takes_tokens(self) -> bool:
        """Whether bearer tokens can be checked."""
        return bool(self.token_keys or self.token_secret or self.token_keys_url)

    def verifier(self, meter: KeyMeter) -> TokenVerifier | None:
        """What checks bearer tokens; None when none can be checked."""
        if not self.takes_tokens:
            return None
        return TokenVerifier(
            self.token_audience,
            key_file=self.token_keys,
            issuer_keys=self._issuer_keys(meter),
            secret=self.token_secret,
            issuer=self.token_issuer,
            longest_life_seconds=self.token_life_seconds,
        )

    def _issuer_keys(self, meter: KeyMeter) -> IssuerKeys | None:
        if not self.token_keys_url:
            return None
        return IssuerKeys(fetched_from(self.token_keys_url), self.token_keys_stale_seconds, meter)

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
        parts = urlsplit(url)
        safe = parts.scheme == "https" or (
            parts.scheme == "http" and is_loopback(parts.hostname or "")
        )
        if url and (not safe or not parts.hostname or "@" in parts.netloc):
            raise ValueError(
                "must be https://host/path without a password in it, as whoever changes the keys "
                "on their way is let in; http is for loopback"
            )
        return url

    @model_validator(mode="after")
    def _issuer_is_named(self) -> Self:
        if not self.token_keys_url:
            return self
        name = self.env_name("token_keys_url")
        if self.token_keys is not None or self.token_secret is not None:
            raise ValueError(
                f"{name} stands alone: unset {self.env_name('token_keys')} and "
                f"{self.env_name('token_secret')}, or they would let in what the issuer does not"
            )
        if not self.token_issuer:
            raise ValueError(
                f"{self.env_name('token_issuer')}: not set; name the issuer, as the tokens' `iss` "
                f"does, whose keys {name} has"
            )
        return self

    @model_validator(mode="after")
    def _audit_is_whole(self) -> Self:
        if (self.audit_dir is None) != (self.audit_key is None):
            names = self.env_name("audit_dir"), self.env_name("audit_key")
            raise ValueError(f"{names[0]} and {names[1]} belong together: set both or none")
        return self

    @model_validator(mode="after")
    def _tokens_are_whole(self) -> Self:
        names = self.env_name("token_keys"), self.env_name("token_secret")
        if self.takes_tokens and not self.token_audience:
            raise ValueError(
                f"{self.env_name('token_audience')}: not set; name the audience that tokens for "
                "this service carry"
            )
        if self.token_keys is not None and not self.token_keys.is_file():
            raise ValueError(f"{names[0]}: no file at {self.token_keys}; give a JWK set or a PEM")
        if not self.client_certificates and not self.takes_tokens:
            raise ValueError(
                f"{self.env_name('client_certificates')} is off and no token can be checked; set "
                f"{names[0]}, {self.env_name('token_keys_url')} or {names[1]}, or nobody could call"
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
