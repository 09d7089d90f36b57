"""Access tokens of Salesforce: by client credentials, or by a signed assertion (JWT bearer).

From help.salesforce.com, "OAuth 2.0 Client Credentials Flow" and "OAuth 2.0 JWT Bearer Flow": both
give a token without a lifetime and without a refresh token; it ends with the session, which a call
answers with 401 INVALID_SESSION_ID, and a new one is asked for. An assertion is RS256, its audience
is the login server's address, and it lives three minutes here. Refused credentials are a 400 with
an `error` of RFC 6749, section 5.2.
"""

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from switchyard_common.clock import Clock

from switchyard_crm.adapters.connectors.http import JsonHttp
from switchyard_crm.service.connectors import Invalid, Unauthorized

_PATH = "services/oauth2/token"
_ASSERTION_SECONDS = 180
_REFUSALS = frozenset(
    ("invalid_client", "invalid_client_id", "invalid_grant", "unauthorized_client", "invalid_app")
)


class Grant(Protocol):
    """What is shown to the token endpoint."""

    def form(self) -> Mapping[str, str]:
        """The form's fields."""
        ...


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """A connected app that runs as a user of its own."""

    client_id: str
    client_secret: str = field(repr=False)

    def form(self) -> Mapping[str, str]:
        """The form's fields."""
        return {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }


@dataclass(frozen=True, slots=True)
class SignedAssertion:
    """A connected app that knows our certificate, for a user who allowed it."""

    client_id: str
    username: str = field(repr=False)
    audience: str
    key: RSAPrivateKey = field(repr=False)
    clock: Clock = field(repr=False)

    def form(self) -> Mapping[str, str]:
        """The form's fields, with an assertion made now."""
        claims = {
            "iss": self.client_id,
            "sub": self.username,
            "aud": self.audience,
            "exp": int(self.clock.now().timestamp()) + _ASSERTION_SECONDS,
        }
        told = f"{_part({'alg': 'RS256', 'typ': 'JWT'})}.{_part(claims)}"
        signature = self.key.sign(told.encode(), padding.PKCS1v15(), hashes.SHA256())
        return {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": f"{told}.{_encoded(signature)}",
        }


class Tokens:
    """One token for all calls, renewed once when the session has ended."""

    def __init__(self, http: JsonHttp, grant: Grant) -> None:
        self._http = http
        self._grant = grant
        self._token = ""
        self._renewing = asyncio.Lock()

    async def current(self) -> str:
        """The token. Raises Unauthorized, or what the connection does."""
        return self._token or await self.renewed("")

    async def renewed(self, stale: str) -> str:
        """Another token than the one that was refused; several callers make one request."""
        async with self._renewing:
            if self._token == stale:
                self._token = await self._asked()
            return self._token

    async def _asked(self) -> str:
        answer = await self._http.call(
            "POST",
            _PATH,
            form=self._grant.form(),
            accept=frozenset((HTTPStatus.BAD_REQUEST,)),
        )
        body = answer.body if isinstance(answer.body, dict) else {}
        if body.get("error") in _REFUSALS:
            raise Unauthorized(f"the token endpoint refuses the credentials ({body['error']})")
        token = body.get("access_token")
        if answer.status != HTTPStatus.OK or not isinstance(token, str) or not token:
            raise Invalid(f"the token endpoint answered {answer.status} without a token")
        return token


def private_key(pem: str) -> RSAPrivateKey:
    """The key of a PEM text. Raises ValueError, whose text holds nothing of it."""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        raise ValueError("is no private key in PEM without a password") from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("is no RSA key")
    return key


def _part(claims: Mapping[str, Any]) -> str:
    return _encoded(json.dumps(claims, separators=(",", ":")).encode())


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
