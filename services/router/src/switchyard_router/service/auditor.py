"""Watches the invariants from outside the scripts that keep them: what it counts must stay 0."""

from typing import Protocol

from switchyard_router.domain.records import StoredEvent
from switchyard_router.domain.states import STAYING_EVENTS, TRANSITIONS, WITH_AGENT
from switchyard_router.service.board import Board
from switchyard_router.service.store_clock import StoreClock

_GRACE_MS = 20_000
_ENDED = ("offer.declined", "offer.timed_out", "offer.rescinded", "offer.failed")


class InvariantMeter(Protocol):
    """Exports what the auditor finds."""

    def double_assignment(self) -> None:
        """A contact got a second accepted offer while the first was good."""
        ...

    def forbidden_transition(self) -> None:
        """A contact went where the table does not lead."""
        ...

    def inconsistent(self, orphan_contacts: int, stuck_agents: int) -> None:
        """Present numbers of contacts nobody holds, and of agents holding what is not theirs."""
        ...


class Auditor:
    """Checks every event, and the whole board when asked. Memory grows with live contacts."""

    def __init__(self, board: Board, clock: StoreClock, meter: InvariantMeter) -> None:
        self._board = board
        self._clock = clock
        self._meter = meter
        self._accepted: dict[str, str] = {}
        self._suspect_since: dict[tuple[str, str], int] = {}

    def on_event(self, event: StoredEvent) -> None:
        """Check one event."""
        if event.type == "offer.accepted":
            offer = str(event.data["offer"])
            if self._accepted.get(event.subject, offer) != offer:
                self._meter.double_assignment()
            self._accepted[event.subject] = offer
        elif event.type in _ENDED:
            self._accepted.pop(event.subject, None)
        elif event.type.startswith("contact."):
            self._check_transition(event)

    def forget(self) -> None:
        """Events were missed: what was accepted before them proves nothing."""
        self._accepted.clear()

    def sweep(self) -> None:
        """Compare what agents hold with where contacts are; what disagrees for 20 s is reported."""
        now = self._clock.now_ms()
        orphans, stuck = self._orphans(), self._stuck()
        found = {("contact", contact) for contact in orphans} | {
            ("agent", agent) for agent in stuck
        }
        self._suspect_since = {key: self._suspect_since.get(key, now) for key in found}
        proven = [
            kind for (kind, _), since in self._suspect_since.items() if now - since >= _GRACE_MS
        ]
        self._meter.inconsistent(proven.count("contact"), proven.count("agent"))

    def _check_transition(self, event: StoredEvent) -> None:
        before, after = str(event.data["previous_state"]), str(event.data["state"])
        if after in ("QUEUED", "COMPLETED", "ABANDONED", "CANCELLED", "EXPIRED"):
            self._accepted.pop(event.subject, None)
        if event.type not in STAYING_EVENTS and after not in TRANSITIONS.get(before, ()):
            self._meter.forbidden_transition()

    def _orphans(self) -> set[str]:
        held = {contact for live in self._board.agents.lives for contact in live.held}
        bound = (*WITH_AGENT, "OFFERING")
        return {
            c.id for c in self._board.contacts.values() if c.state in bound and c.id not in held
        }

    def _stuck(self) -> set[str]:
        agents = self._board.agents
        return {
            agent_id
            for agent_id, live in zip(agents.ids, agents.lives, strict=True)
            for contact_id in live.held
            if (contact := self._board.contacts.get(contact_id)) is None
            or contact.agent != agent_id
        }
