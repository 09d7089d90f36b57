"""Finding out who calls: a bearer token, else the client's certificate, else nobody."""

from functools import lru_cache
from typing import Any

import grpc

from switchyard_common.identity import (
    Identity,
    certificate_identity,
    development_identity,
    unauthenticated,
)
from switchyard_common.local_call import LocalContext
from switchyard_common.tokens import TokenVerifier

_SCHEME = "bearer "
_URIS = "peer_uri"

type Context = grpc.aio.ServicerContext[Any, Any]


class Authenticator:
    """Tells the identity behind a call.

    Without `tls` and without `verifier` everybody is the development identity of `tenant`: the
    process listens on loopback only then. A token counts for more than the certificate of the
    connection it comes on; one that is refused refuses the call.
    """

    def __init__(self, tenant: str, verifier: TokenVerifier | None, *, tls: bool) -> None:
        self._verifier = verifier
        self._tls = tls
        self._anybody = None if tls or verifier else development_identity(tenant)

    @property
    def open_to_anybody(self) -> bool:
        """Whether callers are not told apart."""
        return self._anybody is not None

    async def identify(self, context: Context) -> Identity:
        """The caller; UNAUTHENTICATED if nobody vouches for it, UNAVAILABLE if that cannot be told
        now."""
        if isinstance(context, LocalContext) and context.identity is not None:
            return context.identity
        if self._anybody is not None:
            return self._anybody
        token = self._token(context)
        if token is not None and self._verifier is not None:
            return await self._verifier.check(token)
        known = self._certified(context)
        if known is None:
            raise unauthenticated(
                "NO_IDENTITY", f"nobody vouches for the caller; present {self._wanted()}"
            )
        return known

    def _certified(self, context: Context) -> Identity | None:
        if not self._tls:
            return None
        return _from_names(tuple((context.auth_context() or {}).get(_URIS, ())))

    def _token(self, context: Context) -> str | None:
        for key, value in context.invocation_metadata() or ():
            if key == "authorization":
                text = value if isinstance(value, str) else value.decode("ascii", "replace")
                if not text.lower().startswith(_SCHEME):
                    raise unauthenticated("BAD_TOKEN", "authorization must be 'Bearer' and a token")
                return text[len(_SCHEME) :].strip()
        return None

    def _wanted(self) -> str:
        ways = ["a client certificate that names it (switchyard://…)"] if self._tls else []
        ways += ["a bearer token"] if self._verifier else []
        return " or ".join(ways)


@lru_cache(4096)
def _from_names(names: tuple[bytes, ...]) -> Identity | None:
    return certificate_identity(name.decode("utf-8", "replace") for name in names)
