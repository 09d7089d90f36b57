"""What somebody or something said about two records: one person, two people, or no longer so.

Edges are kept for ever. An edge is taken back by another one that answers it; what was answered
once stays out of force, whatever becomes of the answer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from switchyard_crm.domain.names import CustomerId


class Bearing(StrEnum):
    """What an edge says of its two records; the value is what is stored."""

    TOGETHER = "together"
    APART = "apart"
    WITHDRAWN = "withdrawn"
    """Nothing any more: it only takes back the edge that it answers."""


class Reason(StrEnum):
    """Why there is an edge; the value is what is stored."""

    MERGE = "merge"
    """A person declared two customers one."""
    UNMERGE = "unmerge"
    """A person took a merge back."""
    LINK = "link"
    """A person tied a record to a customer."""
    UNLINK = "unlink"
    """A person untied a record from a customer."""
    REVIEW = "review"
    """A person decided a suspected duplicate."""
    OVERRULE = "overrule"
    """A person merged what somebody had declared to be two people."""
    GUARD = "guard"
    """The guarded comparison of two records found one person, or no longer does."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One statement about two records of a tenant.

    `evidence` holds no values of the records. `actor` is empty for the guard. `answers` is the id
    of the edge that this one takes back, or empty.
    """

    id: str
    record_a: CustomerId
    record_b: CustomerId
    bearing: Bearing
    reason: Reason
    time: datetime
    actor: str = ""
    evidence: tuple[str, ...] = ()
    answers: str = ""

    @property
    def by_person(self) -> bool:
        """Somebody decided it; the guard did not."""
        return self.reason is not Reason.GUARD

    @property
    def ends(self) -> frozenset[CustomerId]:
        """The two records, in no order."""
        return frozenset((self.record_a, self.record_b))


def in_force(edges: Iterable[Edge]) -> list[Edge]:
    """The edges that nothing answers, without those that only took something back."""
    known = list(edges)
    answered = {edge.answers for edge in known if edge.answers}
    return [
        edge for edge in known if edge.id not in answered and edge.bearing is not Bearing.WITHDRAWN
    ]
