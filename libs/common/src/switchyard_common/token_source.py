"""Whose tokens count, as a process is told by its settings."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from switchyard_common.issuer_keys import IssuerKeys, KeyMeter, fetched_from
from switchyard_common.settings import is_loopback
from switchyard_common.tokens import SignedTokens


@dataclass(frozen=True, slots=True)
class TokenSource:
    """Keys from a file, or from where an issuer publishes them, or a shared secret; or none."""

    audience: str
    issuer: str
    keys: Path | None
    keys_url: str
    secret: SecretStr | None
    stale_seconds: float
    """How long keys last while their issuer cannot be reached."""
    life_seconds: float
    """A token that expires later than so long from now is refused."""

    @property
    def given(self) -> bool:
        """Whether tokens can be checked."""
        return bool(self.keys or self.secret or self.keys_url)

    def check(self, name: Callable[[str], str]) -> None:
        """ValueError if the settings do not fit together; `name` is a field's variable."""
        if self.keys_url and (self.keys is not None or self.secret is not None):
            raise ValueError(
                f"{name('keys_url')} stands alone: unset {name('keys')} and {name('secret')}, or "
                "they would let in what the issuer does not"
            )
        if self.keys_url and not self.issuer:
            raise ValueError(
                f"{name('issuer')}: not set; name the issuer, as the tokens' `iss` does, whose "
                f"keys {name('keys_url')} has"
            )
        if self.given and not self.audience:
            raise ValueError(
                f"{name('audience')}: not set; name the audience that tokens for this service carry"
            )
        if self.keys is not None and not self.keys.is_file():
            raise ValueError(f"{name('keys')}: no file at {self.keys}; give a JWK set or a PEM")

    def tokens[T: SignedTokens[Any]](self, kind: Callable[..., T], meter: KeyMeter) -> T | None:
        """What checks tokens of a kind; None when none can be checked."""
        if not self.given:
            return None
        return kind(
            self.audience,
            key_file=self.keys,
            issuer_keys=self._issuer_keys(meter),
            secret=self.secret,
            issuer=self.issuer,
            longest_life_seconds=self.life_seconds,
        )

    def _issuer_keys(self, meter: KeyMeter) -> IssuerKeys | None:
        if not self.keys_url:
            return None
        return IssuerKeys(fetched_from(self.keys_url), self.stale_seconds, meter)


def safe_keys_url(url: str) -> str:
    """The URL, if nobody can change the keys on their way here; ValueError."""
    parts = urlsplit(url)
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    if url and (not safe or not parts.hostname or "@" in parts.netloc):
        raise ValueError(
            "must be https://host/path without a password in it, as whoever changes the keys "
            "on their way is let in; http is for loopback"
        )
    return url
