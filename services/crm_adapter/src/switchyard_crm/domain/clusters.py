"""Which records are one customer: a partition of records, computed from all that was said of them.

Constrained union-find. Statements that keep records apart come first; then each statement that
brings two records together is carried out unless it would put both ends of a negative one into the
same cluster, or make a cluster larger than the cap. People's statements come before the guard's,
both in order of time: so what a person decided is never lost to the guard, what comes later pushes
nothing out that stood before, and without a merge everything is as if it had never been.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from switchyard_crm.domain.edges import Bearing, Edge, Reason, in_force
from switchyard_crm.domain.names import CustomerId

CLUSTER_CAP = 10
"""Most records of one customer. Beyond, a person has to look: it is more often an accident."""

# Of these the first record's customer survives.
_MERGES = frozenset((Reason.MERGE, Reason.REVIEW))


class Obstacle(StrEnum):
    """Why two clusters cannot become one."""

    KEPT_APART = "kept apart"
    TOO_MANY = "too many records"


@dataclass(frozen=True, slots=True)
class Member:
    """A record, and when it was first stored."""

    id: CustomerId
    first_time: datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """A statement that brings two records together and was not carried out."""

    edge: Edge
    obstacle: Obstacle


@dataclass(frozen=True, slots=True)
class Clustering:
    """Every record's cluster, by the id of the cluster's anchor, and what was refused."""

    anchors: Mapping[CustomerId, CustomerId]
    refused: tuple[Refusal, ...]

    def cluster(self, record: CustomerId) -> frozenset[CustomerId]:
        """All records of a record's cluster, itself among them. KeyError for an unknown one."""
        anchor = self.anchors[record]
        return frozenset(each for each, its in self.anchors.items() if its == anchor)


def clusters(
    members: Iterable[Member], edges: Iterable[Edge], cap: int = CLUSTER_CAP
) -> Clustering:
    """The partition; the same for any order of the arguments.

    Edges with an end outside `members` count for nothing. A cluster is named by its anchor: the
    survivor of its last merge, otherwise the record that was stored first.
    """
    forest = _Forest(members, cap)
    standing = [edge for edge in in_force(edges) if forest.knows(edge)]
    for edge in standing:
        if edge.bearing is Bearing.APART:
            forest.keep_apart(edge)
    together = [edge for edge in standing if edge.bearing is Bearing.TOGETHER]
    refused = []
    for edge in sorted(together, key=_precedence):
        if (obstacle := forest.unite(edge)) is not None:
            refused.append(Refusal(edge, obstacle))
    return Clustering(forest.anchors(), tuple(refused))


def obstacle(
    found: Clustering, edges: Iterable[Edge], pair: tuple[CustomerId, CustomerId], cap: int
) -> tuple[Obstacle | None, tuple[Edge, ...]]:
    """What keeps the clusters of two records from becoming one, and the edges that do.

    A person's statement must be free of obstacles when it is made: then it changes nothing but
    these two clusters.
    """
    first, second = (found.cluster(record) for record in pair)
    across = tuple(
        edge
        for edge in in_force(edges)
        if edge.bearing is Bearing.APART
        and not edge.ends.isdisjoint(first)
        and not edge.ends.isdisjoint(second)
    )
    if first == second:
        return None, ()
    if len(first) + len(second) > cap:
        return Obstacle.TOO_MANY, across
    return (Obstacle.KEPT_APART if across else None), across


def _precedence(edge: Edge) -> tuple[bool, datetime, str]:
    return not edge.by_person, edge.time, edge.id


@dataclass(slots=True)
class _Cluster:
    """`opponents` are the records that a negative edge keeps apart from one of `members`."""

    anchor: Member
    members: set[CustomerId]
    opponents: set[CustomerId] = field(default_factory=set)
    merged: bool = False


class _Forest:
    """Clusters that grow."""

    def __init__(self, members: Iterable[Member], cap: int) -> None:
        self._cap = cap
        self._of = {member.id: _Cluster(member, {member.id}) for member in members}

    def knows(self, edge: Edge) -> bool:
        return edge.record_a in self._of and edge.record_b in self._of

    def keep_apart(self, edge: Edge) -> None:
        """Before any `unite`: clusters still are single records."""
        self._of[edge.record_a].opponents.add(edge.record_b)
        self._of[edge.record_b].opponents.add(edge.record_a)

    def unite(self, edge: Edge) -> Obstacle | None:
        """Carries out an edge, or tells what stands against it."""
        first, second = self._of[edge.record_a], self._of[edge.record_b]
        if first is second:
            return None
        if not first.opponents.isdisjoint(second.members):
            return Obstacle.KEPT_APART
        if len(first.members) + len(second.members) > self._cap:
            return Obstacle.TOO_MANY
        merge = edge.reason in _MERGES
        anchor = first.anchor if merge else _anchor(first, second)
        merged = merge or first.merged or second.merged
        if len(first.members) < len(second.members):
            first, second = second, first
        first.anchor, first.merged = anchor, merged
        first.members |= second.members
        first.opponents |= second.opponents
        self._of.update(dict.fromkeys(second.members, first))
        return None

    def anchors(self) -> dict[CustomerId, CustomerId]:
        return {record: cluster.anchor.id for record, cluster in self._of.items()}


def _anchor(first: _Cluster, second: _Cluster) -> Member:
    """Of two clusters that no merge brings together, a merged one keeps its name."""
    if first.merged != second.merged:
        return first.anchor if first.merged else second.anchor
    return min(first.anchor, second.anchor, key=lambda member: (member.first_time, member.id))
