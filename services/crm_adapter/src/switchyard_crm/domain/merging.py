"""The edges that bring two customers together, and those that undo it without a trace left."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from switchyard_crm.domain.edges import Bearing, Edge, Reason

type NewId = Callable[[], str]


def uniting(merge: Edge, against: Iterable[Edge], new_id: NewId) -> list[Edge]:
    """A merge, and what takes back the negative edges `against` it.

    What takes them back names the merge as its evidence, so that it can be found again.
    """
    overruled = [
        Edge(
            id=new_id(),
            record_a=edge.record_a,
            record_b=edge.record_b,
            bearing=Bearing.WITHDRAWN,
            reason=Reason.OVERRULE,
            time=merge.time,
            actor=merge.actor,
            evidence=(merge.id,),
            answers=edge.id,
        )
        for edge in against
    ]
    return [merge, *overruled]


def parting(unmerge: Edge, edges: Iterable[Edge], new_id: NewId) -> list[Edge]:
    """A negative edge that answers a merge, and again what that merge took back.

    `edges` are all edges of the records that are one customer through the merge.
    """
    known = {edge.id: edge for edge in edges}
    renewed = [
        replace(known[edge.answers], id=new_id(), time=unmerge.time)
        for edge in known.values()
        if edge.reason is Reason.OVERRULE
        and edge.evidence == (unmerge.answers,)
        and edge.answers in known
    ]
    return [unmerge, *(replace(edge, answers="") for edge in renewed)]
