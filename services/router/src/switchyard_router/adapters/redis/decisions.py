"""Decision records in Redis: written beside the step they explain, never in its way.

Keeping one costs its record and up to six index entries, all O(log n); a page costs O(log n) and
one read for each decision looked at. Memory is bounded by `most`: about 1.7 KB for each with 20
candidates.
"""

from collections.abc import Sequence

from switchyard_router.adapters.redis.keys import Keys
from switchyard_router.adapters.redis.link import Link
from switchyard_router.adapters.redis.scripts import Scripts, store_errors
from switchyard_router.adapters.redis.wire import Argument, Command
from switchyard_router.domain.decision_search import DecisionFilter, DecisionRow
from switchyard_router.service.decisions import OfferEnd

_PER_SCRIPT = 20
"""The store serves nobody else meanwhile: about a millisecond."""
_NEWER_THAN_ALL = "~"


class RedisDecisions:
    """Encoded decisions by id, indexes to find them, and what became of their offers."""

    def __init__(self, link: Link, keys: Keys, scripts: Scripts, most: int) -> None:
        self._link = link
        self._keys = keys
        self._scripts = scripts
        self._most = most

    async def put(self, rows: Sequence[DecisionRow]) -> None:
        """Keep decisions, and forget the oldest beyond the bound; one step for every 20."""
        for start in range(0, len(rows), _PER_SCRIPT):
            arguments: list[Argument] = [self._most]
            for row in rows[start : start + _PER_SCRIPT]:
                arguments += (row.id, _hex(row.time_ms), row.data, row.contact, row.agent)
                arguments += (row.queue, row.arm, "1" if row.degraded else "")
            await self._scripts.run("keep_decisions", *arguments)

    async def get(self, decision_id: str) -> bytes | None:
        """An encoded decision, None if unknown or forgotten."""
        with store_errors():
            data: bytes | None = await self._link.call(
                "GET", self._keys.of("decision", decision_id)
            )
        return data

    async def find(
        self, wanted: DecisionFilter, before: str, at_most: int
    ) -> list[tuple[str, bytes | None]]:
        """(position, encoded decision) of the newest ones before a position; "": from the newest.

        Only the filter's most selective field and its times are applied. Forgotten ones are None.
        """
        index, value = wanted.index()
        key = self._keys.of("decisions_by", f"{index}:{value}")
        newest = f"({min(before or _NEWER_THAN_ALL, _hex(wanted.to_ms))}"
        with store_errors():
            members: list[bytes] = await self._link.call(
                *("ZRANGE", key, newest, f"[{_hex(wanted.from_ms)}", "BYLEX", "REV"),
                *("LIMIT", 0, at_most),
            )
            if not members:
                return []
            places = [member.decode() for member in members]
            records = [self._keys.of("decision", place.partition(":")[2]) for place in places]
            found: list[bytes | None] = await self._link.call("MGET", *records)
        return list(zip(places, found, strict=True))

    async def offers(self, offer_ids: Sequence[str]) -> list[OfferEnd | None]:
        """What became of offers, in the order asked for; None for forgotten ones."""
        fields = ("state", "reason", "end_ms")
        commands: list[Command] = [
            ("HMGET", self._keys.of("offer", offer_id), *fields) for offer_id in offer_ids
        ]
        with store_errors():
            replies: list[list[bytes | None]] = await self._link.calls(commands)
        return [_offer_end(reply) for reply in replies]


def _hex(time_ms: int) -> str:
    return f"{time_ms:012x}"


def _offer_end(reply: Sequence[bytes | None]) -> OfferEnd | None:
    state, reason, end_ms = ((value or b"").decode() for value in reply)
    return OfferEnd(state, reason, int(end_ms or 0)) if state else None
