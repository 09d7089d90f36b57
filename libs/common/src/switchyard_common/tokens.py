"""Bearer tokens: JWTs signed by keys of a file or of an issuer, or by a shared secret.

There is no key unless the operator gives one, see `token_keys`.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import structlog
from pydantic import SecretStr

from switchyard_common.errors import StartError
from switchyard_common.identity import Identity, make_identity, unauthenticated
from switchyard_common.issuer_keys import IssuerKeys
from switchyard_common.token_keys import Key, read_keys

_LEEWAY_SECONDS = 5
_LOOK_EVERY_SECONDS = 5.0
_MOST_KEPT = 10_000
_LONGEST_TOKEN = 8 * 1024
SHORTEST_SECRET = 32
LONGEST_LIFE_SECONDS = 24 * 3600.0
_REQUIRED = ["exp", "aud", "sub", "tenant", "roles"]


class TokenVerifier:
    """Checks tokens: signature, audience, expiry, and the claims `tenant`, `roles`, `sub`.

    Keys come from a JWK set or a PEM public key (read anew when the file changes), from an issuer,
    or from a secret of at least 32 characters. A token may be shown again and again until it
    expires: one that lasts longer than `longest_life_seconds` from now is refused. A token that
    passed is remembered until it expires, because checking a signature costs 100 µs.
    """

    def __init__(
        self,
        audience: str,
        *,
        key_file: Path | None = None,
        issuer_keys: IssuerKeys | None = None,
        secret: SecretStr | None = None,
        issuer: str = "",
        longest_life_seconds: float = LONGEST_LIFE_SECONDS,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._audience = audience
        self._issuer = issuer or None
        self._longest_life_seconds = longest_life_seconds
        self._file = key_file
        self._published = issuer_keys
        self._secret = secret
        self._now = now
        self._log = structlog.stdlib.get_logger()
        self._changed = 0.0
        self._looked = now()
        self._known: OrderedDict[str, Identity] = OrderedDict()
        self._keys = self._load()

    async def check(self, token: str) -> Identity:
        """As `verify`, with the issuer's keys of now; also raises UNAVAILABLE
        (TOKEN_KEYS_UNREACHABLE) if there are none."""
        if self._published is not None:
            await self._published.look("" if token in self._known else _key_id(token))
            if self._published.keys is not self._keys:
                self._keys = self._published.keys
                self._known.clear()
        return self.verify(token)

    def verify(self, token: str) -> Identity:
        """Whom a token speaks for; UNAUTHENTICATED with TOKEN_EXPIRED or BAD_TOKEN."""
        self._follow_file()
        known = self._known.get(token)
        if known is None:
            known = self._known[token] = self._check(token)
            if len(self._known) > _MOST_KEPT:
                self._known.popitem(last=False)
        if known.expires_at is not None and known.expires_at + _LEEWAY_SECONDS <= self._now():
            del self._known[token]
            raise _expired()
        return known

    def _check(self, token: str) -> Identity:
        if len(token) > _LONGEST_TOKEN:
            raise _bad("it is too long")
        key = self._key_of(token)
        try:
            claims = jwt.decode(
                token,
                key.material,
                algorithms=[key.algorithm],
                audience=self._audience,
                issuer=self._issuer,
                leeway=_LEEWAY_SECONDS,
                options={"require": _REQUIRED},
            )
        except jwt.ExpiredSignatureError as error:
            raise _expired() from error
        except jwt.PyJWTError as error:
            raise _bad(
                _PROBLEMS.get(type(error), "it was not signed by a key known here")
            ) from error
        if claims["exp"] - self._now() > self._longest_life_seconds + _LEEWAY_SECONDS:
            raise _bad(f"it is good for longer than {self._longest_life_seconds:g} s")
        roles = claims["roles"]
        return make_identity(
            claims["tenant"],
            roles if isinstance(roles, list) else (roles,),
            claims["sub"],
            float(claims["exp"]),
        )

    def _key_of(self, token: str) -> Key:
        header = _header(token)
        name, algorithm = header.get("kid", ""), header.get("alg")
        fitting = [key for key in self._keys if key.algorithm == algorithm]
        for key in fitting:
            if key.id == name or not key.id:
                return key
        if len(fitting) == 1 and not name:
            return fitting[0]
        raise _bad("it was not signed by a key known here")

    def _load(self) -> tuple[Key, ...]:
        keys: list[Key] = []
        if self._file is not None:
            self._changed = self._file.stat().st_mtime
            keys += read_keys(self._file)
        if self._secret is not None:
            keys.append(Key("", "HS256", self._secret.get_secret_value().encode()))
        return tuple(keys)

    def _follow_file(self) -> None:
        if self._file is None or self._now() - self._looked < _LOOK_EVERY_SECONDS:
            return
        self._looked = self._now()
        try:
            if self._file.stat().st_mtime != self._changed:
                self._keys = self._load()
                self._known.clear()
                self._log.info("token_keys_loaded", keys=len(self._keys))
        except (OSError, StartError) as error:  # the old keys go on until the file is whole again
            self._log.error("token_keys_unreadable", problem=str(error))


def _header(token: str) -> dict[str, Any]:
    try:
        return jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise _bad("it is not a JWT") from error


def _key_id(token: str) -> str:
    if len(token) > _LONGEST_TOKEN:
        raise _bad("it is too long")
    return str(_header(token).get("kid", ""))


_PROBLEMS: dict[type[Exception], str] = {
    jwt.InvalidAudienceError: "it is meant for another audience",
    jwt.InvalidIssuerError: "it comes from another issuer",
    jwt.MissingRequiredClaimError: f"it lacks one of the claims {', '.join(_REQUIRED)}",
    jwt.ImmatureSignatureError: "it is not valid yet",
}


def _bad(problem: str) -> Exception:
    return unauthenticated("BAD_TOKEN", f"the bearer token was refused: {problem}")


def _expired() -> Exception:
    return unauthenticated("TOKEN_EXPIRED", "the bearer token has expired; fetch a new one")
