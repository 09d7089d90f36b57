"""The part of a service's settings that all services share, and how bad settings are reported."""

import ipaddress
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

BAD_SETTINGS_EXIT_CODE = 2
_MAX_PORT = 65535


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files for mutual TLS: own certificate chain, its key, the CA that vouches for peers."""

    cert: Path
    key: Path
    ca: Path


class ServiceSettings(BaseSettings):
    """Base of every service's settings; a subclass sets `env_prefix` and its default ports.

    Port 0 means any free port. Plaintext is for loopback only: any other bind address needs
    all three TLS files.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    bind: str = "127.0.0.1"
    port: int
    metrics_port: int
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_ca: Path | None = None
    token_file: Path | None = None
    """A bearer token that this process shows to the services it calls."""
    health_port: int | None = None
    """Where a gRPC server tells its health without TLS, and nothing else; none: only with the rest.
    Kubernetes' probes know no certificates."""
    drain_seconds: float = Field(default=10.0, ge=0)
    max_connection_age_seconds: float | None = Field(default=None, gt=0)

    @classmethod
    def env_name(cls, field: str) -> str:
        """The environment variable that sets a field, for messages: `ROUTER_PORT`."""
        return f"{cls.model_config.get('env_prefix', '')}{field}".upper()

    @property
    def tls(self) -> TlsFiles | None:
        """The TLS files, or None for plaintext on loopback."""
        if self.tls_cert is None or self.tls_key is None or self.tls_ca is None:
            return None
        return TlsFiles(cert=self.tls_cert, key=self.tls_key, ca=self.tls_ca)

    # A validator rather than bounds on the fields, which a subclass's defaults would undo.
    @field_validator("port", "metrics_port", "health_port")
    @classmethod
    def _is_a_port(cls, port: int | None) -> int | None:
        if port is not None and not 0 <= port <= _MAX_PORT:
            raise ValueError(f"a port is a number from 0 (any free one) to {_MAX_PORT}")
        return port

    @model_validator(mode="after")
    def _tls_is_whole(self) -> Self:
        paths = {name: getattr(self, name) for name in ("tls_cert", "tls_key", "tls_ca")}
        missing = [self.env_name(name) for name, path in paths.items() if path is None]
        if 0 < len(missing) < len(paths):
            raise ValueError(f"TLS needs all three files; also set {' and '.join(missing)}")
        for name, path in paths.items():
            if path is not None and not path.is_file():
                raise ValueError(
                    f"{self.env_name(name)}: no file at {path}; give an existing PEM file"
                )
        return self

    @model_validator(mode="after")
    def _token_is_there(self) -> Self:
        if self.token_file is not None and not self.token_file.is_file():
            raise ValueError(
                f"{self.env_name('token_file')}: no file at {self.token_file}; give an existing one"
            )
        return self

    @model_validator(mode="after")
    def _plaintext_stays_on_loopback(self) -> Self:
        if self.tls is None and not is_loopback(self.bind):
            names = ", ".join(self.env_name(name) for name in ("tls_cert", "tls_key", "tls_ca"))
            raise ValueError(
                f"{self.env_name('bind')}={self.bind} can be reached from other machines, and "
                f"there is no TLS; set {names}, or bind to 127.0.0.1"
            )
        return self


def is_loopback(host: str) -> bool:
    """Whether a bind address is this machine only; an unknown host name counts as not loopback."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def load_settings[S: BaseSettings](cls: type[S]) -> S:
    """Read settings from the environment.

    Bad ones end the process with exit code 2 and one line each on stderr: variable, problem, fix.
    """
    try:
        return cls()
    except ValidationError as error:
        print(f"{cls.__name__}: bad settings\n{describe(error, cls)}", file=sys.stderr)
        raise SystemExit(BAD_SETTINGS_EXIT_CODE) from error


def describe(error: ValidationError, cls: type[BaseSettings]) -> str:
    """One line per problem: `  ROUTER_PORT: problem; fix`. No values: one may be a secret."""
    prefix = cls.model_config.get("env_prefix", "")
    return "\n".join(
        _line(
            f"{prefix}{'__'.join(map(str, problem['loc']))}".upper(),
            problem["type"],
            problem["msg"],
        )
        for problem in error.errors(include_url=False, include_input=False)
    )


def _line(name: str, kind: str, message: str) -> str:
    text = message.removeprefix("Value error, ")
    if kind == "value_error" and (not name or name.endswith("_")):
        return f"  {text}"
    if kind == "missing":
        return f"  {name}: not set; set it in the environment"
    fix = "change it" if name in os.environ else "set it in the environment"
    return f"  {name}: {text[0].lower()}{text[1:]}; {fix}"
