"""Ways to find records of one person, and how good each is on people who are known."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from switchyard_crm.domain.clusters import Member, clusters
from switchyard_crm.domain.edges import Bearing, Edge, Reason
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.matching.blocked import BLOCKED_BY_DEFAULT
from switchyard_crm.domain.matching.comparable import Comparable, comparable
from switchyard_crm.domain.matching.guard import Verdict, VerdictKind, judge
from switchyard_crm.domain.matching.limits import is_of_one_name, is_shared
from switchyard_crm.domain.matching.person_names import name_key
from switchyard_crm.domain.names import CustomerId

from benchmarks.crm.people import GeneratedRecord

_NAIVE_KINDS = frozenset((IdentifierKind.PHONE, IdentifierKind.EMAIL))

type Clusters = Sequence[int]
"""For each record the number of its cluster."""


@dataclass(frozen=True, slots=True)
class Score:
    """Shares of pairs, and the size of the largest cluster."""

    precision: float
    recall: float
    f1: float
    largest_cluster: int


def score(records: Sequence[GeneratedRecord], found: Clusters) -> Score:
    """How good a partition is."""
    people = Counter(record.person for record in records)
    sizes = Counter(found)
    both = Counter(zip((record.person for record in records), found, strict=True))
    right, claimed, true = (_pairs(each.values()) for each in (both, sizes, people))
    precision, recall = right / max(claimed, 1), right / max(true, 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-12)
    return Score(precision, recall, f1, max(sizes.values()))


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


def naive(records: Sequence[GeneratedRecord]) -> Clusters:
    """Who shares a phone or an e-mail address is one person."""
    pairs = [
        (holders[0], other)
        for value, holders in _holders(records).items()
        if value.kind in _NAIVE_KINDS
        for other in holders[1:]
    ]
    return components(len(records), pairs)


def components(count: int, pairs: Iterable[tuple[int, int]]) -> Clusters:
    """The connected components of a graph."""
    parents = list(range(count))

    def root(each: int) -> int:
        while parents[each] != each:
            parents[each] = parents[parents[each]]
            each = parents[each]
        return each

    for a, b in pairs:
        parents[root(a)] = root(b)
    return [root(each) for each in range(count)]


@dataclass(frozen=True, slots=True)
class Judged:
    """All pairs that have something in common, judged by the guard; what it took per pair."""

    verdicts: Mapping[tuple[int, int], Verdict]
    shared: frozenset[Identifier]
    forms: Sequence[Comparable]
    judging_microseconds: float


def judge_all(records: Sequence[GeneratedRecord]) -> Judged:
    """The guard's verdict on every pair of records that have a value in common that may tell."""
    holders = _holders(records)
    keys = [name_key(record.profile.display_name) for record in records]
    names = {value: len({keys[each] for each in those} - {""}) for value, those in holders.items()}
    shared = frozenset(
        value for value, many in names.items() if is_shared(many, len(holders[value]))
    )
    of_one_name = frozenset(value for value, many in names.items() if is_of_one_name(many))
    forms = [comparable(record.profile) for record in records]
    common = defaultdict[tuple[int, int], list[Identifier]](list)
    for value, those in holders.items():
        if value not in shared and not BLOCKED_BY_DEFAULT.holds(value):
            for pair in combinations(those, 2):
                common[pair].append(value)
    began = time.process_time()
    verdicts = {
        (a, b): judge(forms[a], forms[b], values, shared, of_one_name)
        for (a, b), values in common.items()
    }
    took = time.process_time() - began
    return Judged(verdicts, shared, forms, took / max(len(verdicts), 1) * 1e6)


def guarded(records: Sequence[GeneratedRecord], judged: Judged) -> Clusters:
    """The clusters the service makes of the guard's verdicts."""
    ids = {record_id(number): number for number in range(len(records))}
    members = [
        Member(record_id(number), record.profile.provenance.observed_time)
        for number, record in enumerate(records)
    ]
    found = clusters(members, _edges(records, judged))
    return [ids[found.anchors[record_id(number)]] for number in range(len(records))]


def possible(records: Sequence[GeneratedRecord], judged: Judged) -> Clusters:
    """What could be found at best by what records have in common: the guard never errs."""
    right = [pair for pair in judged.verdicts if len({records[each].person for each in pair}) == 1]
    return components(len(records), right)


def _edges(records: Sequence[GeneratedRecord], judged: Judged) -> Iterator[Edge]:
    for number, ((a, b), verdict) in enumerate(judged.verdicts.items()):
        if verdict.kind is VerdictKind.LINK or verdict.veto:
            yield Edge(
                f"{number:09}",
                record_id(a),
                record_id(b),
                Bearing.APART if verdict.veto else Bearing.TOGETHER,
                Reason.GUARD,
                records[b].profile.provenance.observed_time,
                evidence=verdict.evidence,
            )


def true_pairs(records: Sequence[GeneratedRecord]) -> Iterator[tuple[int, int]]:
    """All pairs of records that are of one person."""
    own = defaultdict[int, list[int]](list)
    for number, record in enumerate(records):
        own[record.person].append(number)
    for those in own.values():
        yield from combinations(those, 2)


def _holders(records: Sequence[GeneratedRecord]) -> dict[Identifier, list[int]]:
    holders = defaultdict[Identifier, list[int]](list)
    for number, record in enumerate(records):
        for value in record.profile.identifiers:
            holders[value].append(number)
    return holders


def record_id(number: int) -> CustomerId:
    """The id of the record of that number; ids are in the order of the numbers."""
    return CustomerId(f"{number:09}")
