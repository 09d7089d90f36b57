"""The nightly search for records of one person that nothing links: by what they resemble.

It only suggests: pairs go to the review queue, the likeliest first and only so many a night. Where
records have a value in common, the guard looks at them once more before, and what it agrees to is
linked. A pair comes into the queue once, whatever becomes of it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from itertools import batched
from typing import Protocol

from switchyard_crm.domain.identifiers import IdentifierKind
from switchyard_crm.domain.matching.births import known_birth
from switchyard_crm.domain.matching.blocked import BLOCKED_BY_DEFAULT, BlockedValues
from switchyard_crm.domain.matching.comparable import comparable
from switchyard_crm.domain.matching.person_names import name_key, person_name
from switchyard_crm.domain.matching.resemblance import Resemblance, resemblance
from switchyard_crm.domain.names import CustomerId, TenantId
from switchyard_crm.domain.records import Profile
from switchyard_crm.service.identities import Identities, Suspicion
from switchyard_crm.service.relinking import Relinked

PAGE_RECORDS = 1000
PAIRS_AT_ONCE = 200
MIN_PROBABILITY = 0.5
MAX_SUGGESTIONS = 1000
MAX_PAIRS = 200_000


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record, and the customer it belongs to."""

    id: CustomerId
    customer: CustomerId
    profile: Profile


class RecordPages(Protocol):
    """Reads all records of a tenant."""

    async def count(self, tenant: TenantId) -> int:
        """How many there are. Raises StoreUnavailable."""
        ...

    async def page(
        self, tenant: TenantId, after: str, limit: int
    ) -> tuple[Sequence[StoredRecord], str]:
        """Records by id, those after an id, at most `limit`, and the id to go on after.

        That is empty on the last page. Records that cannot be read are left out. Raises
        StoreUnavailable.
        """
        ...


@dataclass(frozen=True, slots=True)
class SearchRow:
    """What is searched by: without placeholders, empty where nothing is known.

    `name` is equal for all notations of a name, `characters` is the name if it is written in
    Chinese, `birth` is ISO 8601.
    """

    id: str
    customer: str
    name: str
    characters: str
    birth: str
    phones: tuple[str, ...]
    emails: tuple[str, ...]
    handles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FoundPair:
    """Two records of different customers, and how likely they are of one person, from 0 to 1."""

    record_a: CustomerId
    record_b: CustomerId
    probability: float


class PairSearch(Protocol):
    """Searches rows for pairs; holds them in memory, and nowhere else."""

    def add(self, rows: Sequence[SearchRow]) -> None:
        """Take in rows."""
        ...

    def pairs(self, min_probability: float, limit: int) -> Sequence[FoundPair]:
        """The likeliest pairs first, at most `limit`."""
        ...


type OpenSearch = Callable[[], AbstractContextManager[PairSearch]]
type Relink = Callable[[TenantId], AsyncIterator[Relinked]]


class TakesSuspicions(Protocol):
    """The way into the review queue."""

    async def run(self, tenant: TenantId, suspicions: Sequence[Suspicion]) -> int:
        """Keeps those that nobody had and that nothing has decided; how many."""
        ...


@dataclass(frozen=True, slots=True)
class SearchProgress:
    """How far a search is: records read of all, pairs found, linked, and left to people."""

    read: int
    total: int
    found: int = 0
    linked: int = 0
    suggested: int = 0


class FindDuplicates:
    """Searches a tenant's records for pairs that nothing links."""

    def __init__(
        self,
        pages: RecordPages,
        open_search: OpenSearch,
        identities: Identities,
        suspect: TakesSuspicions,
        relink: Relink,
        blocked: BlockedValues = BLOCKED_BY_DEFAULT,
    ) -> None:
        self._pages = pages
        self._open_search = open_search
        self._identities = identities
        self._suspect = suspect
        self._relink = relink
        self._blocked = blocked

    async def run(
        self, tenant: TenantId, most: int = MAX_SUGGESTIONS
    ) -> AsyncIterator[SearchProgress]:
        """Searches, and tells how far it is; about `most` pairs come into the queue.

        Records that wait to be compared are compared first. Raises StoreUnavailable,
        WriteConflict: what was suggested before stays; and whatever opening the search raises.
        """
        progress = SearchProgress(0, await self._pages.count(tenant))
        yield progress
        progress = replace(progress, linked=await self._compare(tenant))
        with self._open_search() as search:
            async for read in self._fill(tenant, search):
                progress = replace(progress, read=progress.read + read)
                yield progress
            pairs = await asyncio.to_thread(search.pairs, MIN_PROBABILITY, MAX_PAIRS)
        progress = replace(progress, found=len(pairs))
        yield progress
        # Most of the likeliest were suggested in another night.
        for some in batched(pairs, PAIRS_AT_ONCE):
            if progress.suggested >= most:
                break
            linked, suggested = await self._settle(tenant, some)
            progress = replace(
                progress,
                linked=progress.linked + linked,
                suggested=progress.suggested + suggested,
            )
            yield progress

    async def _fill(self, tenant: TenantId, search: PairSearch) -> AsyncIterator[int]:
        after = ""
        while True:
            records, after = await self._pages.page(tenant, after, PAGE_RECORDS)
            rows = [search_row(record, self._blocked) for record in records]
            await asyncio.to_thread(search.add, rows)
            yield len(rows)
            if not after:
                return

    async def _settle(self, tenant: TenantId, pairs: Sequence[FoundPair]) -> tuple[int, int]:
        """How many of some pairs the guard links, and how many people are asked about."""
        suspicions = list[Suspicion]()
        async with self._identities.changing(tenant) as unit:
            ends = {end for pair in pairs for end in (pair.record_a, pair.record_b)}
            profiles = await unit.profiles(ends)
            for pair in pairs:
                one, other = profiles.get(pair.record_a), profiles.get(pair.record_b)
                if one is None or other is None:
                    continue
                common = sorted(set(one.identifiers) & set(other.identifiers))
                if common:
                    await unit.flag((pair.record_a, pair.record_b))
                found = resemblance(comparable(one), comparable(other), common)
                if not found.vetoed:
                    suspicions.append(_suspicion(pair, found))
        linked = await self._compare(tenant)
        return linked, await self._suspect.run(tenant, suspicions)

    async def _compare(self, tenant: TenantId) -> int:
        linked = 0
        async for relinked in self._relink(tenant):
            linked += relinked.linked
        return linked


def _suspicion(pair: FoundPair, found: Resemblance) -> Suspicion:
    return Suspicion(pair.record_a, pair.record_b, pair.probability, found.evidence)


def search_row(record: StoredRecord, blocked: BlockedValues = BLOCKED_BY_DEFAULT) -> SearchRow:
    """What a record is searched by."""
    profile = record.profile
    name = person_name(profile.display_name)
    birth = known_birth(profile.birth_date)
    return SearchRow(
        id=record.id,
        customer=record.customer,
        name=name_key(profile.display_name),
        characters=name.surname + name.given if name is not None and name.formal else "",
        birth=birth.isoformat() if birth is not None else "",
        phones=_values(profile, IdentifierKind.PHONE, blocked),
        emails=_values(profile, IdentifierKind.EMAIL, blocked),
        handles=_values(profile, IdentifierKind.HANDLE, blocked),
    )


def _values(profile: Profile, kind: IdentifierKind, blocked: BlockedValues) -> tuple[str, ...]:
    return tuple(
        f"{each.namespace}/{each.value}" if each.namespace else each.value
        for each in profile.values(kind)
        if not blocked.holds(each)
    )
