"""Bounded overtaking: a contact is overtaken when a later one with the same needs gets an agent
who could have had it.

Contacts of one lane never overtake each other. Between lanes of the same needs (which differ in a
preferred agent, or in who has just let the contact pass) each contact may be overtaken as often as
its queue allows, over its whole life; and no contact goes before more than `MOST_PASSED` others.
"""

from bisect import bisect_left
from collections.abc import Hashable, Iterator, Mapping

from switchyard_router.domain.lanes import Given, Lane, Place

MOST_PASSED = 50


class Passing:
    """Overtaking between some lanes. Cost grows with served contacts x lanes x contacts passed."""

    def __init__(self, lanes: Mapping[int, Lane]) -> None:
        self._lanes = lanes
        self._alike: dict[Hashable, list[int]] = {}
        for index, lane in lanes.items():
            self._alike.setdefault(lane.needs, []).append(index)
        self._fits = {
            index: frozenset(lanes[index].rows.tolist())
            for alike in self._alike.values()
            if len(alike) > 1
            for index in alike
        }

    def by(self, given: Given, index: int, position: int) -> tuple[str, ...]:
        """Contacts that the one of a place in a lane overtakes."""
        if len(self._alike[self._lanes[index].needs]) == 1:
            return ()
        return tuple(
            contact_id
            for other in self._others(index)
            for _, contact_id in self._passed(given, index, position, other)
        )

    def give_back(self, given: Given) -> bool:
        """Give one agent to a lane that may not be overtaken so often; False if all is well."""
        for alike in self._alike.values():
            if len(alike) > 1:
                for place, index, position in sorted(_served(self._lanes, given, alike))[::-1]:
                    wronged = self._wronged(given, place, index, position)
                    if wronged is not None:
                        given[wronged].append(given[index].pop(position))
                        return True
        return False

    def _wronged(self, given: Given, place: Place, index: int, position: int) -> int | None:
        """The lane that the contact of a place must not overtake; None if it may."""
        passed = [
            (other, contact)
            for other in self._others(index)
            for contact in self._passed(given, index, position, other)
        ]
        if len(passed) > MOST_PASSED:
            return min(passed, key=lambda found: found[1])[0]
        for other, contact in passed:
            lane = self._lanes[other]
            before = lane.overtaken.get(contact[1], 0)
            if before + self._times(given, other, contact) > lane.max_overtakes:
                return other
        return None

    def _passed(self, given: Given, index: int, position: int, other: int) -> list[Place]:
        """Contacts of another lane that are passed; one more than MOST_PASSED at most."""
        if given[index][position] not in self._fits[other]:
            return []
        contacts, first = self._lanes[other].contacts, len(given[other])
        end = bisect_left(contacts, self._lanes[index].contacts[position])
        return list(contacts[first : min(end, first + MOST_PASSED + 1)])

    def _times(self, given: Given, lane: int, contact: Place) -> int:
        """How often a waiting contact is overtaken by what is given."""
        return sum(
            place > contact and given[index][position] in self._fits[lane]
            for place, index, position in _served(self._lanes, given, self._others(lane))
        )

    def _others(self, index: int) -> list[int]:
        return [other for other in self._alike[self._lanes[index].needs] if other != index]


def _served(
    lanes: Mapping[int, Lane], given: Given, among: list[int]
) -> Iterator[tuple[Place, int, int]]:
    for index in among:
        for position in range(len(given[index])):
            yield lanes[index].contacts[position], index, position
