"""Comparing records that were written with those that they have an identifier in common with.

A batch is one transaction: who holds the same values, what the guard says of each pair, the edges
that follow, the customers that follow from these. The cost per record is bounded: a value that many
names share, or more records than one person has, proposes nobody.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from switchyard_crm.domain.customer import LOCAL_SOURCE
from switchyard_crm.domain.edges import Bearing, Edge, Reason, in_force
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.matching.blocked import BLOCKED_BY_DEFAULT, BlockedValues
from switchyard_crm.domain.matching.comparable import Comparable, comparable
from switchyard_crm.domain.matching.guard import OF_ONE_NAME, Verdict, VerdictKind, judge
from switchyard_crm.domain.matching.limits import MAX_RECORDS, is_of_one_name, is_shared
from switchyard_crm.domain.names import CustomerId, TenantId
from switchyard_crm.domain.records import Profile
from switchyard_crm.service.identities import (
    Held,
    Identities,
    IdentityUnit,
    Neighbourhood,
    Suspicion,
)
from switchyard_crm.service.regrouping import Regrouping

# A batch keeps other writers waiting: a fifth of a second of work.
BATCH_RECORDS = 200
# The guard could not decide; it gives no figure.
_REVIEW_PROBABILITY = 0.5

type Pair = tuple[CustomerId, CustomerId]
type Holders = Mapping[Identifier, Held]
type Proves = Callable[[Identifier], bool]


@dataclass(frozen=True, slots=True)
class Relinked:
    """What became of a batch: records compared, pairs linked, taken apart, and left to people."""

    compared: int = 0
    linked: int = 0
    parted: int = 0
    suspected: int = 0

    def plus(self, other: "Relinked") -> "Relinked":
        """Both together."""
        return Relinked(
            self.compared + other.compared,
            self.linked + other.linked,
            self.parted + other.parted,
            self.suspected + other.suspected,
        )


class RelinkBatch:
    """Compares a batch of records that wait."""

    def __init__(
        self,
        identities: Identities,
        regrouping: Regrouping,
        size: int = BATCH_RECORDS,
        blocked: BlockedValues = BLOCKED_BY_DEFAULT,
    ) -> None:
        self._identities = identities
        self._regrouping = regrouping
        self._size = size
        self._blocked = blocked

    async def run(self, tenant: TenantId) -> Relinked:
        """Compares at most `size` records; `compared` is 0 when none waits.

        Raises StoreUnavailable, WriteConflict: then nothing of the batch is stored.
        """
        async with self._identities.changing(tenant) as unit:
            waiting = await unit.flagged(self._size)
            if not waiting:
                return Relinked()
            read = {id_: each for id_, each in waiting.items() if each is not None}
            relinked = await self._compare(unit, read) if read else Relinked()
            await unit.compared(waiting)
        return relinked.plus(Relinked(compared=len(waiting)))

    async def _compare(self, unit: IdentityUnit, waiting: Mapping[CustomerId, Profile]) -> Relinked:
        wanted = {value for profile in waiting.values() for value in _looked_up(profile)}
        holders = await unit.holders(wanted, MAX_RECORDS)
        proposed = _proposals(waiting, holders)
        near = await unit.around({end for pair in proposed for end in pair} | set(waiting))
        standing = _standing(near, waiting.keys())
        pairs = proposed | set(standing)
        others = {end for pair in pairs for end in pair} - set(waiting)
        profiles = {**await unit.profiles(others), **waiting}
        untold = _common_values(pairs, profiles) - holders.keys()
        holders = {**holders, **await unit.holders(untold, MAX_RECORDS)}
        verdicts = _judged(pairs, profiles, holders, self._blocked)
        return await self._carry_out(unit, near, standing, verdicts)

    async def _carry_out(
        self,
        unit: IdentityUnit,
        near: Neighbourhood,
        standing: Mapping[Pair, Sequence[Edge]],
        verdicts: Mapping[Pair, Verdict],
    ) -> Relinked:
        linked, parted, added = 0, 0, list[Edge]()
        looked_at = _looked_at_by_people(near)
        for pair, verdict in sorted(verdicts.items()):
            said = standing.get(pair, ())
            bearing = _bearing(verdict)
            one = near.records[pair[0]].customer == near.records[pair[1]].customer
            if bearing is Bearing.APART and one and near.records[pair[0]].customer in looked_at:
                bearing = None  # a person put them together
            void = [edge for edge in said if edge.bearing is not bearing]
            added.extend(self._void(edge, verdict) for edge in void)
            parted += sum(edge.bearing is Bearing.TOGETHER for edge in void)
            if bearing is not None and len(void) == len(said):
                added.append(self._said(pair, bearing, verdict))
                linked += bearing is Bearing.TOGETHER
        found = await self._regrouping.apply(unit, near, added)
        suspicions = _suspicions(verdicts, found.anchors, near)
        suspected = await unit.suspect(suspicions, self._regrouping.now())
        return Relinked(linked=linked, parted=parted, suspected=suspected)

    def _said(self, pair: Pair, bearing: Bearing, verdict: Verdict) -> Edge:
        return self._regrouping.edge(pair, bearing, Reason.GUARD, evidence=verdict.evidence)

    def _void(self, edge: Edge, verdict: Verdict) -> Edge:
        return self._regrouping.edge(
            (edge.record_a, edge.record_b),
            Bearing.WITHDRAWN,
            Reason.GUARD,
            evidence=verdict.evidence,
            answers=edge.id,
        )


def _looked_up(profile: Profile) -> set[Identifier]:
    """What a record is known by, and what others may know it by."""
    origin = profile.provenance
    known = set(profile.identifiers)
    if origin.source != LOCAL_SOURCE:
        known.add(Identifier(IdentifierKind.SOURCE_RECORD, origin.source_id, origin.source))
    return known


def _proposals(waiting: Mapping[CustomerId, Profile], holders: Holders) -> set[Pair]:
    pairs = set[Pair]()
    for record, profile in waiting.items():
        for value in _looked_up(profile):
            held = holders.get(value)
            if held is not None and not is_shared(held.names, held.total):
                pairs.update(_pair(record, other) for other in held.records if other != record)
    return pairs


def _pair(a: CustomerId, b: CustomerId) -> Pair:
    return (a, b) if a < b else (b, a)


def _standing(near: Neighbourhood, waiting: Set[CustomerId]) -> dict[Pair, list[Edge]]:
    """What the guard said of the records that wait, and still holds.

    What rests on there being one name for a value is judged anew, as they may bring another one.
    """
    found = dict[Pair, list[Edge]]()
    for edge in in_force(near.edges):
        of_waiting = not edge.ends.isdisjoint(waiting) or OF_ONE_NAME in edge.evidence
        if edge.reason is Reason.GUARD and of_waiting:
            found.setdefault(_pair(edge.record_a, edge.record_b), []).append(edge)
    return found


def _common_values(
    pairs: Iterable[Pair], profiles: Mapping[CustomerId, Profile]
) -> set[Identifier]:
    known = {record: _looked_up(profile) for record, profile in profiles.items()}
    none = set[Identifier]()
    return {value for a, b in pairs for value in known.get(a, none) & known.get(b, none)}


def _judged(
    pairs: Iterable[Pair],
    profiles: Mapping[CustomerId, Profile],
    holders: Holders,
    blocked: BlockedValues,
) -> dict[Pair, Verdict]:
    forms = {record: comparable(profile) for record, profile in profiles.items()}
    known = {record: _looked_up(profile) for record, profile in profiles.items()}
    verdicts = dict[Pair, Verdict]()
    for pair in pairs:
        if pair[0] in profiles and pair[1] in profiles:
            common = sorted(known[pair[0]] & known[pair[1]])
            verdicts[pair] = _judge(forms[pair[0]], forms[pair[1]], common, holders, blocked)
    return verdicts


def _judge(
    a: Comparable,
    b: Comparable,
    common: list[Identifier],
    holders: Holders,
    blocked: BlockedValues,
) -> Verdict:
    held = {value: holders[value] for value in common if value in holders}
    shared = {value for value, its in held.items() if is_shared(its.names, its.total)}
    of_one_name = {value for value, its in held.items() if is_of_one_name(its.names)}
    return judge(a, b, common, shared, of_one_name, blocked)


def _bearing(verdict: Verdict) -> Bearing | None:
    if verdict.kind is VerdictKind.LINK:
        return Bearing.TOGETHER
    return Bearing.APART if verdict.veto else None


def _looked_at_by_people(near: Neighbourhood) -> frozenset[CustomerId]:
    """Customers that a person put together: no veto splits them."""
    return frozenset(
        near.records[edge.record_a].customer
        for edge in in_force(near.edges)
        if edge.by_person and edge.bearing is Bearing.TOGETHER
    )


def _suspicions(
    verdicts: Mapping[Pair, Verdict],
    anchors: Mapping[CustomerId, CustomerId],
    near: Neighbourhood,
) -> list[Suspicion]:
    told_apart = {edge.ends for edge in in_force(near.edges) if edge.bearing is Bearing.APART}
    return [
        Suspicion(*pair, _REVIEW_PROBABILITY, verdict.evidence)
        for pair, verdict in sorted(verdicts.items())
        if verdict.kind is VerdictKind.REVIEW
        and anchors[pair[0]] != anchors[pair[1]]
        and frozenset(pair) not in told_apart
    ]
