"""What was seen over time: a series for each measure of each thing, cut where it began anew."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from math import inf

import numpy as np

from tests.soak.growth import Segment


@dataclass(frozen=True, slots=True)
class Mark:
    """A fault: when, in seconds of the run, and what was done to whom."""

    at: float
    what: str
    whom: str


@dataclass(slots=True)
class Recorded:
    """All series of a run. `life` tells one life of a thing from the next, for instance a pid."""

    points: dict[tuple[str, str], dict[int, list[tuple[float, float]]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    marks: list[Mark] = field(default_factory=list)

    def add(self, measure: str, of: str, life: int, at: float, value: float) -> None:
        """One more point, later than those before."""
        self.points[measure, of][life].append((at, value))

    def segments(self, measure: str, of: str, until: float = inf) -> list[Segment]:
        """One for each life that began before `until`, as far as that."""
        kept = [
            np.array([point for point in points if point[0] <= until], dtype=np.float64)
            for points in self.points[measure, of].values()
        ]
        return [Segment(points[:, 0], points[:, 1]) for points in kept if len(points)]

    def names(self, measure: str) -> Iterator[str]:
        """Of what the measure was taken."""
        return iter(sorted(of for kind, of in self.points if kind == measure))

    def last(self, measure: str, of: str) -> float:
        """The newest value; 0 if there is none."""
        lives = self.points.get((measure, of))
        return max(points[-1] for points in lives.values())[1] if lives else 0.0

    def most(self, measure: str, of: str) -> float:
        """The largest value; 0 if there is none."""
        lives = self.points.get((measure, of), {})
        return max((value for points in lives.values() for _, value in points), default=0.0)

    def as_json(self) -> dict[str, object]:
        """For a file: whoever wants to draw or judge them otherwise has them all."""
        series = [
            {"measure": measure, "of": of, "lives": list(lives.values())}
            for (measure, of), lives in self.points.items()
        ]
        return {"series": series, "marks": [asdict(mark) for mark in self.marks]}
