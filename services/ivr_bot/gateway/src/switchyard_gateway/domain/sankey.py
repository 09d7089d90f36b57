"""Journeys as a Sankey diagram: columns of stops by turn, bands between them. Pure.

Column 1 holds the first stop of every journey, column 2 the second, and so on; a journey's end
stands in the column after its last stop. Heights are in journeys.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from switchyard_gateway.domain.journeys import ENDS, Journey, Stop, without_repeats

MORE = Stop("", "more")
"""Stands for what is beyond the last column, and for rare stops of a column."""


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """What a node shows: a stop, or an end."""

    stop: Stop | None = None
    end: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A node with its size in journeys, and where it begins in its column (gaps not counted)."""

    column: int
    mark: Mark
    size: int
    rank: int
    start: int


@dataclass(frozen=True, slots=True)
class Band:
    """Journeys from one node to one in the next column; starts are within the nodes."""

    source: Node
    target: Node
    size: int
    source_start: int
    target_start: int


@dataclass(frozen=True, slots=True)
class Sankey:
    """All there is to draw. Columns are numbered from 0."""

    columns: int
    nodes: Sequence[Node]
    bands: Sequence[Band]


def layout(journeys: Iterable[Journey], columns: int = 8, most: int = 10) -> Sankey:
    """Places nodes and bands: at most `columns` of stops and `most` different stops in each."""
    tracks = [_track(journey, columns) for journey in journeys if journey.stops]
    tracks = _fold_rare(tracks, most)
    nodes = _nodes(tracks)
    flows = Counter(
        ((column, source), (column + 1, target))
        for track in tracks
        for column, (source, target) in enumerate(pairwise(track))
    )
    bands = _bands(nodes, flows)
    width = max((column for column, _ in nodes), default=-1) + 1
    return Sankey(width, list(nodes.values()), bands)


def _track(journey: Journey, columns: int) -> list[Mark]:
    stops = without_repeats(journey.stops)
    shown = stops if len(stops) <= columns else (*stops[: columns - 1], MORE)
    return [*(Mark(stop=stop) for stop in shown), Mark(end=journey.end)]


def _fold_rare(tracks: list[list[Mark]], most: int) -> list[list[Mark]]:
    kept = []
    for column in range(max(map(len, tracks), default=0)):
        sizes = Counter(
            track[column] for track in tracks if column < len(track) and not track[column].end
        )
        kept.append({mark for mark, _ in sizes.most_common(most)})
    return [
        [mark if mark.end or mark in kept[at] else Mark(stop=MORE) for at, mark in enumerate(track)]
        for track in tracks
    ]


def _nodes(tracks: Sequence[Sequence[Mark]]) -> dict[tuple[int, Mark], Node]:
    sizes = Counter((at, mark) for track in tracks for at, mark in enumerate(track))
    by_column: dict[int, list[tuple[Mark, int]]] = {}
    for (column, mark), size in sizes.items():
        by_column.setdefault(column, []).append((mark, size))
    nodes = {}
    for column, marks in by_column.items():
        start = 0
        for rank, (mark, size) in enumerate(sorted(marks, key=_order)):
            nodes[column, mark] = Node(column, mark, size, rank, start)
            start += size
    return nodes


def _order(counted: tuple[Mark, int]) -> tuple[int, int, str]:
    """Stops by size, then ends as people expect them: the good one first."""
    mark, size = counted
    if mark.end:
        return 1, ENDS.index(mark.end), ""
    return 0, -size, repr(mark.stop)


def _bands(
    nodes: dict[tuple[int, Mark], Node],
    flows: Counter[tuple[tuple[int, Mark], tuple[int, Mark]]],
) -> list[Band]:
    """Bands leave and reach a node in the order of the nodes at their other ends."""
    ordered = sorted(flows, key=lambda flow: (nodes[flow[0]].start, nodes[flow[1]].start))
    into: Counter[tuple[int, Mark]] = Counter()
    out: Counter[tuple[int, Mark]] = Counter()
    bands = []
    for source, target in ordered:
        size = flows[source, target]
        bands.append(Band(nodes[source], nodes[target], size, out[source], into[target]))
        out[source] += size
        into[target] += size
    return bands
