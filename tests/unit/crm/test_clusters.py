"""Which records are one customer: what holds for every history of edges."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations, count

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from switchyard_crm.domain.clusters import Clustering, Member, Obstacle, clusters, obstacle
from switchyard_crm.domain.edges import Bearing, Edge, Reason, in_force
from switchyard_crm.domain.merging import parting, uniting
from switchyard_crm.domain.names import CustomerId

pytestmark = pytest.mark.unit

CAP = 4
START = datetime(2026, 11, 22, tzinfo=UTC)
RECORDS = tuple(CustomerId(f"r{number}") for number in range(9))
MEMBERS = tuple(
    Member(record, START + timedelta(seconds=number)) for number, record in enumerate(RECORDS)
)


def edge(number: int, a: str, b: str, bearing: Bearing, reason: Reason, answers: str = "") -> Edge:
    time = START + timedelta(minutes=number)
    ends = (CustomerId(a), CustomerId(b))
    return Edge(f"e{number:03}", *ends, bearing, reason, time, answers=answers)


def together(number: int, a: str, b: str, reason: Reason = Reason.GUARD) -> Edge:
    return edge(number, a, b, Bearing.TOGETHER, reason)


def apart(number: int, a: str, b: str, answers: str = "") -> Edge:
    return edge(number, a, b, Bearing.APART, Reason.UNMERGE, answers)


def partition(found: Clustering, among: Sequence[str] = RECORDS) -> set[frozenset[str]]:
    groups = {frozenset(found.cluster(CustomerId(record)) & set(among)) for record in among}
    return set(groups)


pairs = st.sampled_from(list(combinations(RECORDS, 2)))


@st.composite
def histories(draw: st.DrawFn) -> list[Edge]:
    edges: list[Edge] = []
    for number, (a, b) in enumerate(draw(st.lists(pairs, max_size=16))):
        bearing = draw(st.sampled_from(Bearing))
        reason = draw(st.sampled_from([Reason.GUARD, Reason.MERGE, Reason.LINK]))
        said = edge(number, a, b, bearing, reason)
        if edges and (bearing is Bearing.WITHDRAWN or draw(st.integers(0, 5)) == 0):
            said = replace(said, answers=draw(st.sampled_from(edges)).id)
        edges.append(said)
    return edges


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_the_arguments_does_not_matter(edges: list[Edge], random: object) -> None:
    shuffled, members = list(edges), list(MEMBERS)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    random.shuffle(members)  # type: ignore[attr-defined]
    expected, found = clusters(MEMBERS, edges, CAP), clusters(members, shuffled, CAP)
    assert found.anchors == expected.anchors
    assert found.refused == expected.refused


@given(histories())
def test_no_cluster_holds_both_ends_of_a_negative_edge(edges: list[Edge]) -> None:
    found = clusters(MEMBERS, edges, CAP)
    for each in in_force(edges):
        if each.bearing is Bearing.APART:
            assert found.anchors[each.record_a] != found.anchors[each.record_b]


@given(histories())
def test_no_cluster_is_over_the_cap(edges: list[Edge]) -> None:
    assert max(map(len, partition(clusters(MEMBERS, edges, CAP)))) <= CAP


@given(histories())
def test_every_cluster_is_named_by_one_of_its_records(edges: list[Edge]) -> None:
    anchors = clusters(MEMBERS, edges, CAP).anchors
    assert all(anchors[anchor] == anchor for anchor in anchors.values())


@given(histories())
def test_what_is_not_carried_out_is_told(edges: list[Edge]) -> None:
    found = clusters(MEMBERS, edges, CAP)
    refused = {refusal.edge.id for refusal in found.refused}
    for each in in_force(edges):
        if each.bearing is Bearing.TOGETHER and each.id not in refused:
            assert found.anchors[each.record_a] == found.anchors[each.record_b]


@given(histories())
def test_taking_back_nothing_changes_nothing(edges: list[Edge]) -> None:
    told = [*edges, edge(99, "r0", "r1", Bearing.WITHDRAWN, Reason.GUARD, answers="no such edge")]
    assert clusters(MEMBERS, told, CAP) == clusters(MEMBERS, edges, CAP)


@given(histories())
def test_saying_again_what_is_so_changes_nothing(edges: list[Edge]) -> None:
    before = clusters(MEMBERS, edges, CAP)
    again = [
        together(200 + number, a, b)
        for number, (a, b) in enumerate(combinations(RECORDS, 2))
        if before.anchors[a] == before.anchors[b]
    ]
    assert partition(clusters(MEMBERS, [*edges, *again], CAP)) == partition(before)


@given(histories(), pairs)
def test_what_comes_later_from_the_guard_pushes_nothing_apart(
    edges: list[Edge], pair: tuple[CustomerId, CustomerId]
) -> None:
    before = partition(clusters(MEMBERS, edges, CAP))
    after = partition(clusters(MEMBERS, [*edges, together(99, *pair)], CAP))
    assert all(any(old <= new for new in after) for old in before)


@given(histories(), pairs)
def test_a_merge_without_obstacles_unites_the_two_and_nobody_else(
    edges: list[Edge], pair: tuple[CustomerId, CustomerId]
) -> None:
    before = clusters(MEMBERS, edges, CAP)
    found, _ = obstacle(before, edges, pair, CAP)
    assume(found is None)
    after = clusters(MEMBERS, [*edges, together(99, *pair, Reason.MERGE)], CAP)
    first, second = map(before.cluster, pair)
    rest = partition(before) - {first, second}
    assert partition(after) == rest | {first | second}
    assert after.anchors[pair[1]] in first or first == second


@given(histories(), pairs)
def test_a_negative_edge_between_two_clusters_is_an_obstacle_and_is_named(
    edges: list[Edge], pair: tuple[CustomerId, CustomerId]
) -> None:
    against = apart(98, *pair)
    before = clusters(MEMBERS, [*edges, against], 99)
    found, across = obstacle(before, [*edges, against], pair, 99)
    assert found is Obstacle.KEPT_APART
    assert against in across


@st.composite
def merges(draw: st.DrawFn) -> tuple[list[Edge], Edge]:
    """A history among the first six records, and a merge that it allows."""
    known = set(RECORDS[:6])
    edges = [each for each in draw(histories()) if each.ends <= known]
    before = clusters(MEMBERS, edges, CAP)
    allowed = [
        pair
        for pair in combinations(sorted(known), 2)
        if before.anchors[pair[0]] != before.anchors[pair[1]]
        and obstacle(before, edges, pair, CAP)[0] is None
    ]
    pair = draw(st.sampled_from(allowed)) if allowed else None
    if pair is None:
        return [], together(50, "r0", "r1", Reason.MERGE)
    return edges, together(50, *pair, Reason.MERGE)


def unmerge(merge: Edge) -> Edge:
    return apart(90, merge.record_a, merge.record_b, answers=merge.id)


@given(merges())
def test_unmerge_restores_the_partition_and_the_names(drawn: tuple[list[Edge], Edge]) -> None:
    edges, merge = drawn
    before = clusters(MEMBERS, edges, CAP)
    after = clusters(MEMBERS, [*edges, merge, unmerge(merge)], CAP)
    assert after.anchors == before.anchors


def settled(edges: list[Edge], merge: Edge) -> tuple[list[Edge], list[Edge]]:
    """A history with a merge that overrules what is against it, and with that merge undone."""
    ids = (f"x{number:03}" for number in count())
    before = clusters(MEMBERS, edges, CAP)
    _, against = obstacle(before, edges, (merge.record_a, merge.record_b), CAP)
    merged = [*edges, *uniting(merge, against, lambda: next(ids))]
    undone = [*merged, *parting(unmerge(merge), merged, lambda: next(ids))]
    return merged, undone


@given(histories(), pairs)
def test_a_merge_that_overrules_unites_and_its_undoing_leaves_no_trace(
    edges: list[Edge], pair: tuple[CustomerId, CustomerId]
) -> None:
    before = clusters(MEMBERS, edges, CAP)
    first, second = map(before.cluster, pair)
    assume(first != second)
    assume(obstacle(before, edges, pair, CAP)[0] is not Obstacle.TOO_MANY)
    merged, undone = settled(edges, together(80, *pair, Reason.MERGE))
    rest = partition(before) - {first, second}
    assert partition(clusters(MEMBERS, merged, CAP)) == rest | {first | second}
    assert clusters(MEMBERS, undone, CAP).anchors == before.anchors
    apart_before = {each.ends for each in in_force(edges) if each.bearing is Bearing.APART}
    apart_after = {each.ends for each in in_force(undone) if each.bearing is Bearing.APART}
    assert apart_after == apart_before | {frozenset(pair)}


@given(merges(), st.data())
def test_unmerge_restores_the_partition_though_records_arrived_on_either_side(
    drawn: tuple[list[Edge], Edge], data: st.DataObject
) -> None:
    edges, merge = drawn
    before = clusters(MEMBERS, edges, CAP)
    merged = clusters(MEMBERS, [*edges, merge], CAP).cluster(merge.record_a)
    numbers = iter(range(60, 90))
    arrived = [
        together(next(numbers), new, data.draw(st.sampled_from(sorted(merged))))
        for new in RECORDS[6:]
        for _ in range(data.draw(st.integers(0, 3)))
    ]
    after = clusters(MEMBERS, [*edges, merge, *arrived, unmerge(merge)], CAP)
    assert partition(after, RECORDS[:6]) == partition(before, RECORDS[:6])


@given(merges(), st.sampled_from((0, 1)))
def test_who_was_merged_in_between_goes_with_the_record_that_was_named(
    drawn: tuple[list[Edge], Edge], side: int
) -> None:
    edges, merge = drawn
    named = (merge.record_a, merge.record_b)[side]
    later = together(60, named, "r7", Reason.MERGE)
    merged = clusters(MEMBERS, [*edges, merge], CAP)
    assume(obstacle(merged, [*edges, merge], (later.record_a, later.record_b), CAP)[0] is None)
    before = clusters(MEMBERS, edges, CAP)
    after = clusters(MEMBERS, [*edges, merge, later, unmerge(merge)], CAP)
    assert after.cluster(named) == before.cluster(named) | {"r7"}


def test_a_merge_names_the_survivor_and_the_guard_the_oldest() -> None:
    assert set(clusters(MEMBERS[:3], [together(1, "r2", "r1")]).anchors.values()) == {"r0", "r1"}
    survivor = clusters(MEMBERS[:3], [together(1, "r2", "r1", Reason.MERGE)])
    assert survivor.anchors == {"r0": "r0", "r1": "r2", "r2": "r2"}


def test_an_older_record_does_not_rename_a_merged_customer() -> None:
    said = [together(1, "r2", "r1", Reason.MERGE), together(2, "r0", "r1")]
    assert set(clusters(MEMBERS[:3], said).anchors.values()) == {"r2"}


def test_of_two_contradicting_statements_the_persons_stands() -> None:
    said = [together(1, "r0", "r1"), apart(2, "r0", "r2"), together(3, "r1", "r2", Reason.LINK)]
    found = clusters(MEMBERS[:3], said)
    assert found.anchors == {"r0": "r0", "r1": "r1", "r2": "r1"}
    assert [(each.edge.id, each.obstacle) for each in found.refused] == [
        ("e001", Obstacle.KEPT_APART)
    ]


def test_beyond_the_cap_nobody_is_added() -> None:
    said = [together(number, "r0", record) for number, record in enumerate(RECORDS[1:])]
    found = clusters(MEMBERS, said, CAP)
    assert len(found.cluster(RECORDS[0])) == CAP
    assert {each.obstacle for each in found.refused} == {Obstacle.TOO_MANY}


def test_what_was_taken_back_stays_so_when_its_answer_is_taken_back() -> None:
    merge = together(1, "r0", "r1", Reason.MERGE)
    undone = apart(2, "r0", "r1", answers=merge.id)
    overruled = edge(3, "r0", "r1", Bearing.WITHDRAWN, Reason.OVERRULE, undone.id)
    found = clusters(MEMBERS[:2], [merge, undone, overruled])
    assert found.anchors == {"r0": "r0", "r1": "r1"}


def test_edges_of_records_that_are_gone_count_for_nothing() -> None:
    found = clusters(MEMBERS[:2], [together(1, "r0", "r5"), together(2, "r5", "r1")])
    assert found.anchors == {"r0": "r0", "r1": "r1"}
