"""What became of each contact, by the generator's monotonic clock."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
from switchyard.router.v1 import contact_pb2

_OVER = frozenset(
    {
        contact_pb2.WRAP_UP,
        contact_pb2.COMPLETED,
        contact_pb2.ABANDONED,
        contact_pb2.CANCELLED,
        contact_pb2.EXPIRED,
    }
)


@dataclass(slots=True)
class Contact:
    """Moments of one contact in seconds; 0: not yet."""

    created: float = 0.0
    """CreateContact was sent."""
    offered: float = 0.0
    """Its first offer reached a desktop."""
    accepted: float = 0.0
    """The acceptance was sent."""
    bridge: float = 0.0
    """The node was told to join caller and agent."""
    connected: float = 0.0
    """The node was told that they are joined."""
    hung_up: float = 0.0
    """The node reported the hang-up."""
    ended: float = 0.0
    agent: int = -1
    offers: int = 0
    state: int = 0


@dataclass(slots=True)
class Book:
    """All contacts of this generator by name, and what went wrong, by kind."""

    contacts: dict[str, Contact] = field(default_factory=dict)
    problems: Counter[str] = field(default_factory=Counter)
    handovers: list[tuple[float, float]] = field(default_factory=list)
    """(when, seconds) from the message that frees an agent to the agent's next offer."""
    ended: int = 0

    def at(self, name: str) -> Contact:
        """The contact of a name; news of it may come before the answer to its creation."""
        contact = self.contacts.get(name)
        if contact is None:
            contact = self.contacts[name] = Contact()
        return contact

    def heard(self, contact: Contact, state: int) -> bool:
        """Note a contact's state; True if that ends it."""
        if state not in _OVER or contact.ended:
            return False
        contact.ended, contact.state = perf_counter(), state
        self.ended += 1
        return True

    def created_between(self, start: float, end: float) -> list[Contact]:
        """Contacts whose creation was sent then."""
        return [one for one in self.contacts.values() if start <= one.created < end]

    def forget_ended(self) -> None:
        """Make room: contacts that are over are counted and dropped."""
        self.contacts = {name: one for name, one in self.contacts.items() if not one.ended}
        self.handovers.clear()


def quantiles_ms(seconds: Sequence[float]) -> dict[str, float]:
    """p50, p90, p99 and max in milliseconds; empty for no values."""
    if not seconds:
        return {}
    levels = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    values = 1000 * np.quantile(np.array(seconds), list(levels.values()))
    return {name: round(float(value), 2) for name, value in zip(levels, values, strict=True)}
