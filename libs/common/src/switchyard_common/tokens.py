"""Bearer tokens: JWTs signed by keys from a file or by a shared secret, and nothing else.

Each key is bound to the one algorithm of its kind, so a token cannot choose how it is checked
(RFC 8725, 3.1). There is no key unless the operator gives one.
"""

import json
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pydantic import SecretStr

from switchyard_common.errors import StartError
from switchyard_common.identity import Identity, make_identity, unauthenticated

_LEEWAY_SECONDS = 5
_LOOK_EVERY_SECONDS = 5.0
_MOST_KEPT = 10_000
_LONGEST_TOKEN = 8 * 1024
SHORTEST_SECRET = 32
_ALGORITHMS = {"OKP": "EdDSA", "EC": "ES256"}
_REQUIRED = ["exp", "aud", "sub", "tenant", "roles"]


@dataclass(frozen=True, slots=True)
class Key:
    """A key and the one algorithm it is for; `id` is the token's `kid`, empty for any."""

    id: str
    algorithm: str
    material: Any


class TokenVerifier:
    """Checks tokens: signature, audience, expiry, and the claims `tenant`, `roles`, `sub`.

    Keys come from a JWK set or a PEM public key (read anew when the file changes), or from a secret
    of at least 32 characters. A token that passed is remembered until it expires, because checking
    a signature costs 100 µs.
    """

    def __init__(
        self,
        audience: str,
        *,
        key_file: Path | None = None,
        secret: SecretStr | None = None,
        issuer: str = "",
        now: Callable[[], float] = time.time,
    ) -> None:
        self._audience = audience
        self._issuer = issuer or None
        self._file = key_file
        self._secret = secret
        self._now = now
        self._log = structlog.stdlib.get_logger()
        self._changed = 0.0
        self._looked = now()
        self._known: OrderedDict[str, Identity] = OrderedDict()
        self._keys = self._load()

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
        roles = claims["roles"]
        return make_identity(
            claims["tenant"],
            roles if isinstance(roles, list) else (roles,),
            claims["sub"],
            float(claims["exp"]),
        )

    def _key_of(self, token: str) -> Key:
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError as error:
            raise _bad("it is not a JWT") from error
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


_PROBLEMS: dict[type[Exception], str] = {
    jwt.InvalidAudienceError: "it is meant for another audience",
    jwt.InvalidIssuerError: "it comes from another issuer",
    jwt.MissingRequiredClaimError: f"it lacks one of the claims {', '.join(_REQUIRED)}",
    jwt.ImmatureSignatureError: "it is not valid yet",
}


def read_keys(file: Path) -> list[Key]:
    """The public keys in a JWK set (RFC 7517) or a PEM file; StartError if there are none.

    Ed25519 signs with EdDSA, P-256 with ES256; other kinds are refused.
    """
    text = file.read_text()
    try:
        if "-----BEGIN" in text:
            return [_bound("", load_pem_public_key(text.encode()))]
        return [_from_jwk(each) for each in json.loads(text)["keys"]]
    except (ValueError, KeyError, TypeError, jwt.PyJWTError) as error:
        raise StartError(
            f"{file}: no token keys could be read; give a JWK set with public keys on Ed25519 "
            "(EdDSA) or P-256 (ES256), or one such key as PEM"
        ) from error


def _from_jwk(jwk: dict[str, Any]) -> Key:
    if "d" in jwk or "k" in jwk:
        raise ValueError("a private key or secret does not belong into this file")
    return _bound(
        str(jwk.get("kid", "")), jwt.PyJWK(jwk, jwk.get("alg") or _ALGORITHMS[jwk["kty"]]).key
    )


def _bound(name: str, material: object) -> Key:
    if isinstance(material, Ed25519PublicKey):
        return Key(name, "EdDSA", material)
    if isinstance(material, EllipticCurvePublicKey) and isinstance(material.curve, SECP256R1):
        return Key(name, "ES256", material)
    raise ValueError("only Ed25519 and P-256")


def _bad(problem: str) -> Exception:
    return unauthenticated("BAD_TOKEN", f"the bearer token was refused: {problem}")


def _expired() -> Exception:
    return unauthenticated("TOKEN_EXPIRED", "the bearer token has expired; fetch a new one")
