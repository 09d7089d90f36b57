"""Kept decisions: found by a filter, page by page, newest first."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from switchyard_router.domain.decision_search import DecisionFilter
from switchyard_router.domain.names import bad_field

_DEFAULT_PAGE, _MOST_PAGE = 100, 1000
_MOST_LOOKED_AT = 2000
_MOST_BYTES = 2 * 1024 * 1024
_CHUNK = 200
_DIGEST = 8
_PLACE = re.compile(r"[0-9a-f]{12}:[A-Za-z0-9._~-]{1,128}")


@dataclass(frozen=True, slots=True)
class OfferEnd:
    """What became of an offer: its state, why, and when (store's ms; 0: it is open)."""

    state: str
    reason: str
    end_ms: int


class DecisionIndex(Protocol):
    """Kept decisions in the order of their time."""

    async def find(
        self, wanted: DecisionFilter, before: str, at_most: int
    ) -> list[tuple[str, bytes | None]]:
        """(place, encoded decision) of the newest ones before a place, by the filter's index."""
        ...


@dataclass(frozen=True, slots=True)
class DecisionPage[T]:
    """Decisions, newest first, and the token of the next page (empty on the last one)."""

    decisions: list[T]
    next_token: str


class FindDecisions[T]:
    """Reads pages of decisions.

    `open_record` turns an encoded decision into a value, and says whether it fits and how many
    bytes it takes in an answer. A page ends early after 2,000 decisions looked at or 2 MiB.
    """

    def __init__(
        self,
        index: DecisionIndex,
        open_record: Callable[[bytes, DecisionFilter], tuple[T, int] | None],
    ) -> None:
        self._index = index
        self._open = open_record

    async def execute(
        self, wanted: DecisionFilter, text: str, size: int, token: str
    ) -> DecisionPage[T]:
        """One page of what a filter (and its text) asks for.

        Raises INVALID for a page size or a token that cannot be.
        """
        if not 0 <= size <= _MOST_PAGE:
            raise bad_field("page_size", f"give 1 to {_MOST_PAGE}, or 0 for {_DEFAULT_PAGE}")
        place = _place_in(token, text)
        size, total, found = size or _DEFAULT_PAGE, 0, list[T]()
        for _ in range(0, _MOST_LOOKED_AT, _CHUNK):
            rows = await self._index.find(wanted, place, _CHUNK)
            for place, data in rows:
                opened = self._open(data, wanted) if data is not None else None
                if opened is None:
                    continue
                found.append(opened[0])
                total += opened[1]
                if len(found) == size or total >= _MOST_BYTES:
                    over = len(rows) < _CHUNK and place == rows[-1][0]
                    return DecisionPage(found, "" if over else _token_of(place, text))
            if len(rows) < _CHUNK:
                return DecisionPage(found, "")
        return DecisionPage(found, _token_of(place, text))


def _token_of(place: str, text: str) -> str:
    return _digest(text) + place


def _place_in(token: str, text: str) -> str:
    if not token:
        return ""
    if not _PLACE.fullmatch(token[_DIGEST:]):
        raise bad_field("page_token", "give the token of the last page, or nothing")
    if token[:_DIGEST] != _digest(text):
        raise bad_field("page_token", "belongs to another filter; begin anew without it")
    return token[_DIGEST:]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST]
