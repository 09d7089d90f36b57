"""Waiting contacts in lines: those that the same agents can serve equally well stand in one line.

A dispatching pass looks only at lines that may have changed: somebody joined, an agent of their
queue changed and has room, or a time came. So its cost does not grow with the number that wait,
but with the number of different lines of the queues that the changed agents serve.
"""

from bisect import bisect_left, insort
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush

from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.lanes import Place
from switchyard_router.service.board import Board
from switchyard_router.service.deciding import Decider


@dataclass(slots=True, eq=False)
class Line:
    """Contacts with equal signatures, in order. `overtaken`: counts of those who were."""

    key: Hashable
    needs: Hashable
    queue: str
    channel: str
    places: list[Place] = field(default_factory=list)
    overtaken: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Filed:
    line: Line
    place: Place
    awaits: str = ""


class WaitingLines:
    """Follows a board's queued contacts. Memory: one entry per contact, one object per line."""

    def __init__(self, board: Board, decider: Decider) -> None:
        self._board = board
        self._decider = decider
        self._lines: dict[Hashable, Line] = {}
        self._of_queue: dict[str, dict[Line, None]] = {}
        self._filed: dict[str, _Filed] = {}
        self._awaiting: dict[str, set[str]] = {}
        """Contacts by the agent whom they would rather have."""
        self._again: set[str] = set()
        self._due: list[tuple[int, str, int]] = []
        """(ms, contact id, -1) or (ms, "", row): when to look again."""
        self._due_ms: dict[str, int] = {}
        """When each contact is due; other entries of its are out of date."""
        self._look: dict[Line, int] = {}
        """When (ms) time alone may help a line."""

    def changed(self, now_ms: int) -> list[Line]:
        """Lines to look at because of what changed since the last call."""
        rows, contacts = self._touched(now_ms)
        found: dict[Line, None] = {}
        for contact_id in contacts:
            line = self._file(contact_id, now_ms)
            if line is not None:
                found[line] = None
        if rows and self._lines:
            found.update(dict.fromkeys(self._served_by(list(rows))))
        for line in [line for line, look_ms in self._look.items() if look_ms <= now_ms]:
            del self._look[line]
            found[line] = None
        return [line for line in found if line.places]

    def all(self) -> Collection[Line]:
        """The lines that somebody waits in."""
        return self._lines.values()

    def next_ms(self) -> int | None:
        """When (ms) time alone may change a line; None: never."""
        times = [*self._look.values(), *(due[0] for due in self._due[:1])]
        return min(times, default=None)

    def look_at(self, line: Line, when_ms: int) -> None:
        """Look at a line again at a time."""
        self._look[line] = min(when_ms, self._look.get(line, when_ms))

    def look_at_agent(self, row: int, when_ms: int) -> None:
        """Look at the lines of an agent again at a time."""
        heappush(self._due, (when_ms, "", row))

    def look_again_queue(self, queue_id: str) -> None:
        """File the contacts of a queue anew: its configuration changed."""
        self._again.update(contact_id for _, contact_id in self._board.line(queue_id))

    def look_again_all(self) -> None:
        """File everybody anew."""
        self._again.update(self._filed)

    def leave_out(self, contact_id: str) -> None:
        """Keep a contact out of its line until something about it changes."""
        self._remove(contact_id)

    def _touched(self, now_ms: int) -> tuple[set[int], dict[str, None]]:
        """Rows of agents and ids of contacts that changed, or whose time came."""
        agents = self._board.agents
        rows, contacts = set(agents.touched), dict(self._board.touched)
        agents.touched.clear()
        self._board.touched.clear()
        contacts.update(dict.fromkeys(self._again))
        self._again.clear()
        while self._due and self._due[0][0] <= now_ms:
            due_ms, contact_id, row = heappop(self._due)
            if not contact_id:
                rows.add(row)
            elif self._due_ms.get(contact_id) == due_ms:
                del self._due_ms[contact_id]
                contacts[contact_id] = None
        if self._awaiting:
            for row in rows:
                contacts.update(dict.fromkeys(self._awaiting.get(agents.ids[row], ())))
        return rows, contacts

    def _served_by(self, rows: list[int]) -> Iterable[Line]:
        """Lines that agents of these rows who have room could serve."""
        for queue_id, channels in self._board.agents.room_by_queue(rows).items():
            for line in self._of_queue.get(queue_id, ()):
                if line.channel in channels:
                    yield line

    def _file(self, contact_id: str, now_ms: int) -> Line | None:
        """Put a contact into its line; None for one that is not to be offered now."""
        self._remove(contact_id)
        contact = self._board.contacts.get(contact_id)
        if contact is None:
            self._due_ms.pop(contact_id, None)
        if contact is None or contact.state != "QUEUED" or contact.queue not in self._board.queues:
            return None
        if contact.hold_until_ms > now_ms:
            self._wake_for(contact_id, contact.hold_until_ms)
            return None
        line = self._line(contact)
        place = (contact.order_ms, contact_id)
        insort(line.places, place)
        awaits = contact.preferred_agent if contact.preferred_until_ms > now_ms else ""
        self._filed[contact_id] = _Filed(line, place, awaits)
        if awaits:
            self._awaiting.setdefault(awaits, set()).add(contact_id)
        if contact.overtaken:
            line.overtaken[contact_id] = contact.overtaken
        change = self._decider.changes_at(contact)
        if change is not None:
            self._wake_for(contact_id, max(change, now_ms + 1))
        return line

    def _wake_for(self, contact_id: str, when_ms: int) -> None:
        if self._due_ms.get(contact_id) != when_ms:
            self._due_ms[contact_id] = when_ms
            heappush(self._due, (when_ms, contact_id, -1))

    def _line(self, contact: Waiting) -> Line:
        key = self._decider.signature(contact)
        line = self._lines.get(key)
        if line is None:
            needs = self._decider.needs_key(contact)
            line = self._lines[key] = Line(key, needs, contact.queue, contact.channel)
            self._of_queue.setdefault(contact.queue, {})[line] = None
        return line

    def _remove(self, contact_id: str) -> None:
        filed = self._filed.pop(contact_id, None)
        if filed is None:
            return
        line = filed.line
        del line.places[bisect_left(line.places, filed.place)]
        line.overtaken.pop(contact_id, None)
        if filed.awaits:
            self._awaiting[filed.awaits].discard(contact_id)
            if not self._awaiting[filed.awaits]:
                del self._awaiting[filed.awaits]
        if not line.places:
            del self._lines[line.key], self._of_queue[line.queue][line]
            self._look.pop(line, None)
