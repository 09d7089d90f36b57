"""Who asks BottleCRM: a personal access token, or a session whose refresh token is used only once.

A personal access token stays as it is. A session's access token lasts an hour; whoever presents
its refresh token gets a new pair, and the presented one is void from then on (rotation). The new
one therefore has to survive this process, in `state_file`, and nothing may give up in between: a
refresh goes on when the call that needed it is cancelled.
"""

import asyncio
import base64
import hashlib
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from switchyard_common.clock import Clock

from switchyard_crm.adapters.connectors.http import JsonHttp
from switchyard_crm.service.connectors import Invalid, NotFound, Unauthorized

_REFRESH = "auth/refresh-token/"
_BEFORE_EXPIRY = timedelta(seconds=60)


class Access(Protocol):
    """The token of the next call."""

    async def token(self, refused: str = "") -> str:
        """A bearer token that may work; not `refused`, which BottleCRM did not take.

        Raises Unauthorized if there is no other.
        """
        ...

    async def close(self) -> None:
        """Wait for what is under way."""
        ...


class FixedToken:
    """A personal access token: made once in BottleCRM, scoped and revocable there."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def token(self, refused: str = "") -> str:
        """The token; another there is not."""
        if refused:
            raise Unauthorized("the token is refused; make a new one in BottleCRM")
        return self._token

    async def close(self) -> None:
        """Nothing is under way."""


class Session:
    """A signed-in session, for one process at a time."""

    def __init__(self, http: JsonHttp, clock: Clock, first: str, state_file: Path) -> None:
        """`first` is the refresh token from the settings; `state_file` keeps the later ones."""
        self._http = http
        self._clock = clock
        self._first = first
        self._file = state_file
        self._access = ""
        self._following = ""
        self._refresh: asyncio.Task[str] | None = None

    async def token(self, refused: str = "") -> str:
        """The access token, a new one where it is about to end or was refused."""
        if self._access and self._access != refused and not self._ends_soon():
            return self._access
        if self._refresh is None or self._refresh.done():
            self._refresh = asyncio.create_task(self._renew())
            self._refresh.add_done_callback(_heard)
        return await asyncio.shield(self._refresh)

    async def close(self) -> None:
        """Wait for a refresh that is under way: its answer holds the only valid token."""
        if self._refresh is not None:
            await asyncio.wait({self._refresh})

    async def _renew(self) -> str:
        refresh = self._following or await asyncio.to_thread(self._stored)
        try:
            answer = await self._http.call("POST", _REFRESH, body={"refresh": refresh})
        except (Invalid, NotFound) as error:
            raise Unauthorized(f"the session cannot be refreshed: {error}") from None
        self._access, self._following = _texts(answer.body)
        try:
            await asyncio.to_thread(self._store, self._following)
        except OSError as error:
            # This process can go on; the next one could not, so that somebody has to know.
            raise Unauthorized(f"the state file cannot be written ({error.strerror})") from None
        return self._access

    def _ends_soon(self) -> bool:
        return _expiry(self._access) - _BEFORE_EXPIRY <= self._clock.now()

    def _stored(self) -> str:
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))
            first, following = str(kept["first"]), str(kept["refresh"])
        except FileNotFoundError:
            return self._first
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise Unauthorized(f"the state file cannot be read ({type(error).__name__})") from None
        # Somebody signed in anew and changed the settings: then the file's is of the old session.
        return following if first == self._fingerprint() else self._first

    def _store(self, refresh: str) -> None:
        fresh = self._file.with_name(f"{self._file.name}.new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"first": self._fingerprint(), "refresh": refresh}, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._file)

    def _fingerprint(self) -> str:
        return hashlib.sha256(self._first.encode()).hexdigest()


def _heard(task: asyncio.Task[str]) -> None:
    """Whoever waited for the refresh may have gone: nobody else hears of its failure."""
    if not task.cancelled():
        task.exception()


def _texts(body: Any) -> tuple[str, str]:
    access = body.get("access") if isinstance(body, dict) else None
    refresh = body.get("refresh") if isinstance(body, dict) else None
    if not isinstance(access, str) or not isinstance(refresh, str):
        raise Invalid("answered a refresh without tokens")
    return access, refresh


def _expiry(token: str) -> datetime:
    """When a JSON Web Token ends (RFC 7519, section 4.1.4); long ago if it cannot be read."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return datetime.fromtimestamp(float(claims["exp"]), UTC)
    except (LookupError, ValueError, TypeError, OverflowError):
        return datetime.fromtimestamp(0, UTC)
