"""Connections to the server that may write, whichever that is just now.

A connection is handed out after the server said four things: that it is a master, what its history
is, what time it has, and that it serves this tenant's keys.
"""

import asyncio
import random
from typing import Any, Protocol

import structlog
from redis.asyncio.connection import Connection, SSLConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import MovedError, RedisError, ResponseError
from switchyard_common.redis_topology import topology_of
from switchyard_common.store_url import Address, Kind, Login, StoreUrl

_ELSEWHERE = frozenset(
    ("READONLY", "MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN", "LOADING", "UNBLOCKED")
)
"""Error codes of a server that is not, or not now, the one to talk to.

ASK is not followed: while a slot moves key by key, half of the keys a script needs are at either
end. The store counts as down until the move is over.
"""
_FIRST_RETRY_SECONDS = 0.05
_LAST_RETRY_SECONDS = 1.0
_WATCH_SECONDS = 1.0
_MOST_BEHIND_MS = 10_000


class StoreMeter(Protocol):
    """Counts what happens to the store."""

    def reconnected(self) -> None:
        """A connection was opened after one was lost."""
        ...

    def failed_over(self) -> None:
        """The store's history is another one: promoted, or restarted."""
        ...

    def without_store(self, seconds: float) -> None:
        """So much more time without a writer."""
        ...


class NotTheWriter(RedisConnectionError):
    """The server may not write, or its clock is behind what was seen."""


class Writer:
    """Opens connections to the writer, and tells when they are no longer to be used.

    `changes` counts how often the store's history became another one: with each, writes that were
    acknowledged may be lost. One connection attempt at a time; after a failure the next waits, up
    to a second, and callers meanwhile fail at once.
    """

    def __init__(self, url: StoreUrl, key: str, timeout_seconds: float, meter: StoreMeter) -> None:
        self._url = url
        self._key = key
        self._timeout_seconds = timeout_seconds
        self._meter = meter
        self._topology = topology_of(url, key, self._ask)
        self._lock = asyncio.Lock()
        self._term = asyncio.Event()
        self._address: Address | None = None
        self._history = ""
        self._failures = 0
        self._not_before = 0.0
        self._problem: BaseException = RedisConnectionError("not connected yet")
        self._down_since: float | None = None
        self._clock: tuple[int, float] | None = None
        self._floor_ms = 0
        self._log = structlog.stdlib.get_logger()
        self.changes = 0

    async def open(self) -> tuple[Any, asyncio.Event]:
        """A connection to the writer, and what is set when it is no longer to be used.

        Raises redis-py's exceptions and OSError.
        """
        async with self._lock:
            now = asyncio.get_running_loop().time()
            if now < self._not_before:
                raise RedisConnectionError(f"{self._problem} (tried just now)")
            try:
                connection = await self._open()
            except (RedisError, OSError) as error:
                self._failed(error)
                raise
            self._succeeded()
            return connection, self._term

    def lost(self, error: BaseException) -> None:
        """A connection failed, or its server turned out not to be the writer: ask anew."""
        self._leave()
        if isinstance(error, MovedError):
            self._topology.redirected(Address(error.host, error.port))

    async def watch(self) -> None:
        """Notice a writer that was replaced without breaking its connections; until cancelled."""
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            self._count_down_time()
            address = self._address
            if address is None or not self._topology.moves_unseen:
                continue
            try:
                present = await self._topology.writer()
            except RedisError as error:
                self._log.warning("store_topology_unknown", problem=str(error))
                continue
            if present != address and self._address == address:
                self._log.warning("store_moved", before=str(address), now=str(present))
                self._leave()

    async def _open(self) -> Any:
        address = self._address or await self._topology.writer()
        connection = self._connection(address, self._url.login, self._url.database)
        try:
            await connection.connect()
            await self._check(connection, address)
        except BaseException as error:
            await connection.disconnect(nowait=True)
            if isinstance(error, MovedError):
                self._topology.redirected(Address(error.host or address.host, error.port))
            raise
        self._address = address
        return connection

    async def _check(self, connection: Any, address: Address) -> None:
        commands = [("INFO", "replication"), ("TIME",), ("EXISTS", self._key)]
        await connection.send_packed_command(connection.pack_commands(commands))
        told, time, _ = [await connection.read_response() for _ in commands]
        facts = dict(line.partition(":")[::2] for line in told.decode().splitlines())
        if facts.get("role") != "master":
            raise NotTheWriter(f"{address} is a {facts.get('role', 'server without a role')}")
        now_ms = int(time[0]) * 1000 + int(time[1]) // 1000
        self._check_clock(facts["master_replid"], now_ms, address)
        self._clock = now_ms, asyncio.get_running_loop().time()
        self._take_history(facts["master_replid"], address)

    def _check_clock(self, history: str, now_ms: int, address: Address) -> None:
        """Fences rise with the store's clock: a new writer must be past what the old one gave."""
        behind = self._floor_ms - now_ms
        if history == self._history or behind <= 0:
            return
        if behind <= _MOST_BEHIND_MS:
            raise NotTheWriter(f"the clock of {address} is {behind} ms behind: waiting for it")
        self._log.error("store_clock_went_back", store=str(address), behind_ms=behind)

    def _take_history(self, history: str, address: Address) -> None:
        before, self._history = self._history, history
        if before not in ("", history):
            self.changes += 1
            self._meter.failed_over()
            self._log.warning("store_history_changed", store=str(address))

    def _succeeded(self) -> None:
        if self._failures or self._down_since is not None:
            self._log.info("store_reconnected", store=str(self._address))
            self._meter.reconnected()
        self._count_down_time()
        self._failures, self._not_before, self._down_since = 0, 0.0, None

    def _failed(self, error: BaseException) -> None:
        self._leave()
        delay = min(_LAST_RETRY_SECONDS, _FIRST_RETRY_SECONDS * 2**self._failures)
        self._failures = min(self._failures + 1, 10)
        self._not_before = asyncio.get_running_loop().time() + delay * random.uniform(0.5, 1.0)
        if str(error) != str(self._problem):
            self._log.warning("store_not_reached", problem=str(error))
        self._problem = error

    def _leave(self) -> None:
        """Whoever uses a connection to the last known writer lets go of it."""
        now = asyncio.get_running_loop().time()
        if self._down_since is None:
            self._down_since = now
            if self._clock is not None:
                store_ms, then = self._clock
                self._floor_ms = store_ms + int((now - then) * 1000)
        self._address = None
        self._term.set()
        self._term = asyncio.Event()

    def _count_down_time(self) -> None:
        if self._down_since is not None:
            now = asyncio.get_running_loop().time()
            self._meter.without_store(now - self._down_since)
            self._down_since = now

    async def _ask(self, address: Address, *command: str) -> Any:
        of_sentinel = self._url.kind is Kind.SENTINEL
        login = self._url.sentinel_login if of_sentinel else self._url.login
        connection = self._connection(address, login, 0)
        try:
            await connection.connect()
            await connection.send_command(*command)
            return await connection.read_response()
        finally:
            await connection.disconnect(nowait=True)

    def _connection(self, address: Address, login: Login, database: int) -> Any:
        """redis-py's connection: it fails within the timeout and repeats no command by itself.

        Repeating is for callers, who have request ids: a step that timed out may have happened.
        """
        made: Any = SSLConnection if self._url.tls is not None else Connection
        return made(
            host=address.host,
            port=address.port,
            db=database,
            username=login.username or None,
            password=login.password or None,
            socket_timeout=self._timeout_seconds,
            socket_connect_timeout=self._timeout_seconds,
            retry=Retry(NoBackoff(), 0),
            **(self._url.tls or {}),
        )


def is_elsewhere(error: RedisError) -> bool:
    """Whether an error says that the server is not the one to talk to."""
    return isinstance(error, RedisError) and code_of(error) in _ELSEWHERE


def code_of(error: RedisError) -> str:
    """The error's code: its first word in the protocol."""
    code = getattr(error, "status_code", None)
    return code or (str(error).split(" ")[0] if isinstance(error, ResponseError) else "")
