"""The public keys that tokens are checked with, as files and issuers publish them.

Each key is bound to the one algorithm of its kind, so a token cannot choose how it is checked
(RFC 8725, 3.1).
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from switchyard_common.errors import StartError

_ALGORITHMS = {"OKP": "EdDSA", "EC": "ES256", "RSA": "RS256"}
_SECRET_PARTS = ("d", "k")
_SMALLEST_RSA_BITS = 2048
_MOST_PUBLISHED = 100
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, jwt.PyJWTError)


@dataclass(frozen=True, slots=True)
class Key:
    """A key and the one algorithm it is for; `id` is the token's `kid`, empty for any."""

    id: str
    algorithm: str
    material: Any


def read_keys(file: Path) -> list[Key]:
    """The public keys in a JWK set (RFC 7517) or a PEM file; StartError if there are none.

    Ed25519 signs with EdDSA, P-256 with ES256, RSA of 2048 bits and more with RS256; a file with
    any other key is refused.
    """
    text = file.read_text()
    try:
        if "-----BEGIN" in text:
            return [_bound("", load_pem_public_key(text.encode()))]
        return [_from_jwk(each) for each in json.loads(text)["keys"]]
    except _UNREADABLE as error:
        raise StartError(
            f"{file}: no token keys could be read; give a JWK set with public keys on Ed25519 "
            "(EdDSA) or P-256 (ES256) or RSA from 2048 bits (RS256), or one such key as PEM"
        ) from error


def published_keys(content: bytes) -> tuple[Key, ...]:
    """The keys of an issuer's JWK set that tokens can be checked with; ValueError without any.

    Issuers publish keys for other uses and of other kinds beside them (RFC 7517, section 5): those
    are left out, and so is a private key, which is no longer anybody's own.
    """
    try:
        jwks = json.loads(content)["keys"][:_MOST_PUBLISHED]
    except _UNREADABLE as error:
        raise ValueError("what the issuer publishes is no JWK set") from error
    found = tuple(key for key in map(_usable, jwks) if key is not None)
    if not found:
        raise ValueError("the issuer publishes no key that tokens can be checked with")
    return found


def _usable(jwk: Any) -> Key | None:
    try:
        return _from_jwk(jwk) if jwk.get("use", "sig") == "sig" else None
    except _UNREADABLE:
        return None


def _from_jwk(jwk: dict[str, Any]) -> Key:
    if any(part in jwk for part in _SECRET_PARTS):
        raise ValueError("a private key or secret does not belong here")
    algorithm = _ALGORITHMS[jwk["kty"]]
    if jwk.get("alg", algorithm) != algorithm:
        raise ValueError("the key is for another algorithm")
    return _bound(str(jwk.get("kid", "")), jwt.PyJWK(jwk, algorithm).key)


def _bound(name: str, material: object) -> Key:
    if isinstance(material, Ed25519PublicKey):
        return Key(name, "EdDSA", material)
    if isinstance(material, EllipticCurvePublicKey) and isinstance(material.curve, SECP256R1):
        return Key(name, "ES256", material)
    if isinstance(material, RSAPublicKey) and material.key_size >= _SMALLEST_RSA_BITS:
        return Key(name, "RS256", material)
    raise ValueError("only Ed25519, P-256, and RSA from 2048 bits")
