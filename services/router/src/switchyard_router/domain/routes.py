"""Where queues and plans send contacts: circles are refused when they are stored."""

from collections.abc import Mapping, Sequence

type Node = tuple[str, str]
"""("queue" or "plan", id)"""


def circle(routes: Mapping[Node, Sequence[Node]], start: Node) -> list[Node]:
    """A way from a node back to itself, both ends included; empty if there is none. O(edges)."""
    came_from: dict[Node, Node] = {}
    ahead = [start]
    while ahead:
        here = ahead.pop()
        for following in routes.get(here, ()):
            if following == start:
                way = [start, here]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return way[::-1]
            if following not in came_from:
                came_from[following] = here
                ahead.append(following)
    return []
