"""An event log as a Redis Stream, read by a consumer group.

The group knows what it gave to whom until that is acknowledged. What a reader that died has left is
claimed by the others. Reading only reads: the stream is trimmed by those who write it, and they
never wait for a reader.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from switchyard_insights.adapters.redis.connection import log_errors
from switchyard_insights.service.logs import Entry, Page

_NEW = ">"
_BEGINNING = "0-0"
_GONE = ("NOGROUP", "no such key")
_EXISTS = "BUSYGROUP"
_MS = 1000


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, in which group, how much at once; `claim_ms`: silence that counts as death."""

    group: str
    consumer: str
    batch: int
    claim_ms: int
    wait_ms: int = 1000


class StreamLog:
    """The port EventLog on one stream."""

    def __init__(self, redis: Redis, stream: str, name: str, reader: Reader) -> None:
        self._redis: Any = redis  # its types promise text where it answers bytes
        self._stream = stream
        self._name = name
        self._reader = reader
        self._ready = False
        self._newest = _BEGINNING
        self._claim_from = _BEGINNING
        self._next_claim = 0.0

    @property
    def name(self) -> str:
        """As EventLog."""
        return self._name

    async def read(self) -> Page:
        """As EventLog: what others have left lying, or what is new."""
        async with log_errors():
            if not self._ready:
                await self._begin()
            if time.monotonic() >= self._next_claim:
                claimed = await self._claim()
                if claimed.entries or claimed.lost:
                    return claimed
            return await self._read_new()

    async def wait(self) -> None:
        """As EventLog."""
        async with log_errors():
            await self._redis.xread(
                {self._stream: self._newest}, count=1, block=self._reader.wait_ms
            )

    async def done(self, entries: Sequence[Entry]) -> None:
        """As EventLog."""
        if entries:
            ids = [entry.id for entry in entries]
            async with log_errors():
                await self._redis.xack(self._stream, self._reader.group, *ids)

    async def _begin(self) -> None:
        """Make the group if it is missing: it begins with the oldest entry there is."""
        gone = 0
        if await self._redis.exists(self._stream):
            gone = _trimmed(_texts(await self._redis.xinfo_stream(self._stream)))
        try:
            await self._redis.xgroup_create(
                self._stream, self._reader.group, _BEGINNING, mkstream=True, entries_read=gone
            )
        except ResponseError as error:
            if not str(error).startswith(_EXISTS):
                raise
        self._ready = True

    async def _claim(self) -> Page:
        reader = self._reader
        try:
            cursor, entries, gone = await self._redis.xautoclaim(
                self._stream,
                reader.group,
                reader.consumer,
                reader.claim_ms,
                self._claim_from,
                count=reader.batch,
            )
        except ResponseError as error:
            return self._without_group(error)
        self._claim_from = cursor.decode()
        if self._claim_from == _BEGINNING:
            self._next_claim = time.monotonic() + reader.claim_ms / _MS
        return Page(_entries(entries), again=True, lost=len(gone))

    async def _read_new(self) -> Page:
        # In one transaction, so that nothing is trimmed between counting and reading.
        pipeline = self._redis.pipeline(transaction=True)
        pipeline.xinfo_stream(self._stream)
        pipeline.xinfo_groups(self._stream)
        pipeline.xreadgroup(
            self._reader.group, self._reader.consumer, {self._stream: _NEW}, self._reader.batch
        )
        pipeline.time()
        try:
            stream, groups, news, now = await pipeline.execute()
        except ResponseError as error:
            return self._without_group(error)
        info, group = _texts(stream), _of_group(groups, self._reader.group)
        entries = _news(news)
        lost = _lost(info, group)
        behind = _unread(info, group) - lost - len(entries)
        if entries:
            self._newest = entries[-1].id
        else:
            self._newest = _text(info["last-generated-id"])
        waiting_seconds = _age_seconds(entries[-1].id, now) if behind > 0 and entries else 0.0
        return Page(entries, lost=lost, behind=max(0, behind), behind_seconds=waiting_seconds)

    def _without_group(self, error: ResponseError) -> Page:
        """The store was emptied or fell back: everything that is there is read anew."""
        if not any(sign in str(error) for sign in _GONE):
            raise error
        self._ready = False
        return Page()


def _lost(stream: Mapping[str, Any], group: Mapping[str, Any]) -> int:
    """Entries trimmed ever, beyond those the group has been given ever."""
    given = group.get("entries-read")
    if given is None:
        return 0
    return max(0, _trimmed(stream) - int(given))


def _trimmed(stream: Mapping[str, Any]) -> int:
    return int(stream["entries-added"]) - int(stream["length"])


def _unread(stream: Mapping[str, Any], group: Mapping[str, Any]) -> int:
    given = group.get("entries-read")
    if given is None:
        return int(group.get("lag") or 0)
    return int(stream["entries-added"]) - int(given)


def _of_group(groups: Sequence[Mapping[Any, Any]], name: str) -> Mapping[str, Any]:
    found = (_texts(group) for group in groups)
    return next((group for group in found if _text(group["name"]) == name), {})


def _news(answer: Any) -> list[Entry]:
    """The entries of the one stream that was asked for; RESP2 answers a list, RESP3 a map."""
    if not answer:
        return []
    pages = answer.values() if isinstance(answer, dict) else (page for _, page in answer)
    found: list[Entry] = []
    for page in pages:
        # RESP3 wraps the entries of each stream once more.
        nested = bool(page) and isinstance(page[0], list) and isinstance(page[0][0], list | tuple)
        found += _entries(page[0] if nested else page)
    return found


def _entries(answer: Sequence[Any]) -> list[Entry]:
    return [Entry(_text(entry_id), fields) for entry_id, fields in answer if fields is not None]


def _age_seconds(entry_id: str, now: tuple[int, int]) -> float:
    return max(0.0, now[0] + now[1] / 1e6 - int(entry_id.partition("-")[0]) / _MS)


def _texts(answer: Mapping[Any, Any]) -> dict[str, Any]:
    return {_text(name): value for name, value in answer.items()}


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
