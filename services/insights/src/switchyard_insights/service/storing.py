"""Storing facts of which one may be refused."""

from collections.abc import Sequence

from switchyard_insights.domain.events import Fact
from switchyard_insights.service.ports import History, Stored, Unstorable


async def store_what_can_be(history: History, facts: Sequence[Fact]) -> Stored:
    """Store facts in one step; where that is refused by halves, down to the one at fault.

    Raises HistoryUnavailable. One bad fact among n costs about 2 log2 n steps.
    """
    if not facts:
        return Stored(0, 0)
    try:
        return await history.store(facts)
    except Unstorable:
        if len(facts) == 1:
            return Stored(0, 0, refused=1)
    half = len(facts) // 2
    first = await store_what_can_be(history, facts[:half])
    second = await store_what_can_be(history, facts[half:])
    return Stored(
        first.kept + second.kept, first.pruned + second.pruned, first.refused + second.refused
    )
