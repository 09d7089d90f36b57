"""Lines of waiting calls, one for each stage, in the order of their places."""

from bisect import insort
from collections import deque
from collections.abc import Iterator

from switchyard_router.domain.evaluation.rules import NOWHERE


class Lines:
    """A call stands in one line at most. Joining at the end, and leaving from the front or for
    ever, is O(1); anything else O(length of the line)."""

    def __init__(self, stages: int, arrive_s: list[float]) -> None:
        self.place = list(arrive_s)
        """By call: lower goes first, equals in the order in which they came."""
        self.stage = [NOWHERE] * len(arrive_s)
        """By call: the line it stands in."""
        self.of_stage: list[deque[int]] = [deque() for _ in range(stages)]
        """Calls in their order; among them may be some who left for ever."""

    def join(self, call: int, stage: int) -> None:
        """Take the place in a line."""
        line = self.of_stage[stage]
        self.stage[call] = stage
        if line and self.key(line[-1]) > self.key(call):
            insort(line, call, key=self.key)
        else:
            line.append(call)

    def leave(self, call: int) -> None:
        """Leave the line."""
        line = self.of_stage[self.stage[call]]
        self.stage[call] = NOWHERE
        if line[0] == call:
            line.popleft()
        else:
            line.remove(call)

    def leave_for_ever(self, call: int) -> None:
        """Leave the line, not to join any again; the entry goes when it has come to the front."""
        self.stage[call] = NOWHERE

    def head(self, stage: int) -> int:
        """Who is first in a line; NOWHERE: nobody."""
        line = self.of_stage[stage]
        while line:
            call = line[0]
            if self.stage[call] == stage:
                return call
            line.popleft()
        return NOWHERE

    def waiting(self, stage: int) -> Iterator[int]:
        """All in a line, in their order."""
        return (call for call in self.of_stage[stage] if self.stage[call] == stage)

    def key(self, call: int) -> tuple[float, int]:
        """What lines are sorted by."""
        return self.place[call], call
