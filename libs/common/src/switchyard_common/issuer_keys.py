"""An issuer's keys from the URL where it publishes them (`jwks_uri` of OpenID Connect)."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Protocol
from urllib.parse import urlsplit

import structlog

from switchyard_common.errors import DomainError, ErrorKind
from switchyard_common.http_post import BadAnswer, HttpPost
from switchyard_common.token_keys import Key, published_keys

_DEADLINE_SECONDS = 3.0
_LARGEST_BYTES = 256 * 1024
_OK = 200
_FRESH_SECONDS = 300.0
_BETWEEN_LOOKS_SECONDS = 10.0

type Fetch = Callable[[], Awaitable[bytes]]


class KeyMeter(Protocol):
    """Counts what fetching keys came to."""

    def token_keys_fetched(self, *, whole: bool) -> None:
        """The issuer was asked; `whole` unless it gave no keys."""
        ...


class IssuerKeys:
    """Keeps an issuer's keys, and asks for them anew when they may have changed.

    Asked is beside the calls once keys are five minutes old; before a call goes on, when there are
    none yet or a token names a key that is not among them. There is one question at a time, and
    none within ten seconds of another, whatever tokens name: strangers cannot make this process
    flood the issuer. While the issuer is away the keys last `stale_seconds`.
    """

    def __init__(
        self,
        fetch: Fetch,
        stale_seconds: float,
        meter: KeyMeter | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._stale_seconds = stale_seconds
        self._meter = meter
        self._monotonic = monotonic
        self._fetched = self._asked = float("-inf")
        self._asking: asyncio.Task[None] | None = None
        self._log = structlog.stdlib.get_logger()
        self.keys: tuple[Key, ...] = ()

    async def look(self, key_id: str = "") -> None:
        """Make sure that `keys` can be used, and hold `key_id` if the issuer publishes it.

        UNAVAILABLE (TOKEN_KEYS_UNREACHABLE), with the time to wait, if there are none that may
        still be used.
        """
        if self._age() >= self._stale_seconds or (key_id and not self._holds(key_id)):
            await self._ask()
        elif self._age() >= _FRESH_SECONDS:
            self._begin()
        if self._age() >= self._stale_seconds:
            raise _unreachable()

    def _holds(self, key_id: str) -> bool:
        return any(key.id == key_id for key in self.keys)

    def _age(self) -> float:
        return self._monotonic() - self._fetched

    async def _ask(self) -> None:
        asking = self._begin()
        if asking is not None:
            await asyncio.shield(asking)  # a caller that goes away does not end it for the others

    def _begin(self) -> asyncio.Task[None] | None:
        """The question under way, one that begins now, or None: it is too early for another."""
        if self._asking is not None and not self._asking.done():
            return self._asking
        now = self._monotonic()
        if now - self._asked < _BETWEEN_LOOKS_SECONDS:
            return None
        self._asked = now
        self._asking = asyncio.create_task(self._renew(), name="token keys")
        return self._asking

    async def _renew(self) -> None:
        try:
            keys = published_keys(await self._fetch())
        except (OSError, BadAnswer, ValueError) as error:
            self._log.error("token_keys_unreachable", problem=str(error) or type(error).__name__)
            self._count(whole=False)
            return
        self._fetched = self._monotonic()
        self._count(whole=True)
        if [key.id for key in keys] != [key.id for key in self.keys]:
            self._log.info("token_keys_loaded", keys=len(keys))
        self.keys = keys

    def _count(self, *, whole: bool) -> None:
        if self._meter is not None:
            self._meter.token_keys_fetched(whole=whole)


def fetched_from(url: str) -> Fetch:
    """Gets what `url` (no redirects) answers. OSError, BadAnswer; ForbiddenDestination, an OSError,
    if the URL leads where no setting may lead."""
    parts = urlsplit(url)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"

    async def fetch() -> bytes:
        async with HttpPost(url, _DEADLINE_SECONDS, 1, _LARGEST_BYTES) as issuer:
            answer = await issuer.get(path)
        if answer.status != _OK:
            raise BadAnswer(f"the issuer answered {answer.status}")
        return answer.content

    return fetch


def _unreachable() -> DomainError:
    return DomainError(
        kind=ErrorKind.UNAVAILABLE,
        reason="TOKEN_KEYS_UNREACHABLE",
        message="tokens cannot be checked: their issuer's keys could not be fetched; try again, or "
        "show a client certificate",
        retry_after_seconds=_BETWEEN_LOOKS_SECONDS,
    )
