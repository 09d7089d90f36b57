"""Bearer tokens: JWTs signed by keys of a file or of an issuer, or by a shared secret.

There is no key unless the operator gives one, see `token_keys`.
"""

import time
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, override

import jwt
import structlog
from pydantic import SecretStr

from switchyard_common.errors import DomainError, StartError
from switchyard_common.identity import Identity, make_identity, unauthenticated
from switchyard_common.issuer_keys import IssuerKeys
from switchyard_common.token_keys import Key, read_keys

_LEEWAY_SECONDS = 5
_LOOK_EVERY_SECONDS = 5.0
LONGEST_TOKEN = 8 * 1024
"""Characters."""
SHORTEST_SECRET = 32
LONGEST_LIFE_SECONDS = 24 * 3600.0
_ALWAYS_REQUIRED = ("exp", "aud", "sub")


class SignedTokens[T](ABC):
    """Checks tokens: signature, audience, expiry, and what else `required` names; a subclass reads
    what they say.

    Keys come from a JWK set or a PEM public key (read anew when the file changes), from an issuer,
    or from a secret of at least 32 characters. A token may be shown again and again until it
    expires: one that lasts longer than `longest_life_seconds` from now is refused. A token that
    passed is remembered until it expires, because checking a signature costs 100 µs.
    """

    required: ClassVar[tuple[str, ...]] = ()
    most_remembered: ClassVar[int] = 10_000

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
        self._known: OrderedDict[str, tuple[T, float]] = OrderedDict()
        self._keys = self._load()

    async def check(self, token: str) -> T:
        """As `verify`, with the issuer's keys of now; also raises UNAVAILABLE
        (TOKEN_KEYS_UNREACHABLE) if there are none."""
        if self._published is not None:
            await self._published.look("" if token in self._known else _key_id(token))
            if self._published.keys is not self._keys:
                self._keys = self._published.keys
                self._known.clear()
        return self.verify(token)

    def verify(self, token: str) -> T:
        """What a token says; UNAUTHENTICATED with TOKEN_EXPIRED or BAD_TOKEN."""
        self._follow_file()
        said, expires_at = known = self._known.get(token) or self._check(token)
        if expires_at + _LEEWAY_SECONDS <= self._now():
            self._known.pop(token, None)
            raise _expired()
        self._known.setdefault(token, known)
        if len(self._known) > self.most_remembered:
            self._known.popitem(last=False)
        return said

    @abstractmethod
    def read(self, claims: Mapping[str, Any]) -> T:
        """What claims that were signed say; UNAUTHENTICATED if they cannot be read."""

    def _check(self, token: str) -> tuple[T, float]:
        if len(token) > LONGEST_TOKEN:
            raise bad_token("it is too long")
        key = self._key_of(token)
        try:
            claims = jwt.decode(
                token,
                key.material,
                algorithms=[key.algorithm],
                audience=self._audience,
                issuer=self._issuer,
                leeway=_LEEWAY_SECONDS,
                options={"require": [*_ALWAYS_REQUIRED, *self.required]},
            )
        except jwt.ExpiredSignatureError as error:
            raise _expired() from error
        except jwt.MissingRequiredClaimError as error:
            raise bad_token(f"it lacks the claim {error.claim}") from error
        except jwt.PyJWTError as error:
            raise bad_token(
                _PROBLEMS.get(type(error), "it was not signed by a key known here")
            ) from error
        if claims["exp"] - self._now() > self._longest_life_seconds + _LEEWAY_SECONDS:
            raise bad_token(f"it is good for longer than {self._longest_life_seconds:g} s")
        return self.read(claims), float(claims["exp"])

    def _key_of(self, token: str) -> Key:
        header = _header(token)
        name, algorithm = header.get("kid", ""), header.get("alg")
        fitting = [key for key in self._keys if key.algorithm == algorithm]
        for key in fitting:
            if key.id == name or not key.id:
                return key
        if len(fitting) == 1 and not name:
            return fitting[0]
        raise bad_token("it was not signed by a key known here")

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


class TokenVerifier(SignedTokens[Identity]):
    """Checks the tokens of callers, with the claims `tenant`, `roles`, `sub`."""

    required = ("tenant", "roles")

    @override
    def read(self, claims: Mapping[str, Any]) -> Identity:
        """Whom a token speaks for."""
        roles = claims["roles"]
        return make_identity(
            claims["tenant"],
            roles if isinstance(roles, list) else (roles,),
            claims["sub"],
            float(claims["exp"]),
        )


def _header(token: str) -> dict[str, Any]:
    try:
        return jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise bad_token("it is not a JWT") from error


def _key_id(token: str) -> str:
    if len(token) > LONGEST_TOKEN:
        raise bad_token("it is too long")
    return str(_header(token).get("kid", ""))


_PROBLEMS: dict[type[Exception], str] = {
    jwt.InvalidAudienceError: "it is meant for another audience",
    jwt.InvalidIssuerError: "it comes from another issuer",
    jwt.ImmatureSignatureError: "it is not valid yet",
}


def bad_token(problem: str) -> DomainError:
    """The refusal of a token."""
    return unauthenticated("BAD_TOKEN", f"the bearer token was refused: {problem}")


def _expired() -> DomainError:
    return unauthenticated("TOKEN_EXPIRED", "the bearer token has expired; fetch a new one")
