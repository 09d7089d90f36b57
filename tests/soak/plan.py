"""What a run does, and how much may grow in it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Plan:
    """One run, as its options say. 0 leaves a kind of load out."""

    minutes: float = 20.0
    calls_per_minute: float = 30.0
    """Simulated calls of the demo company's floor, a Poisson process."""
    chats: int = 3
    """Customers who chat with the bot at any time."""
    phones: int = 1
    """Callers at the bot's telephone at any time."""
    no_faults: bool = False
    sample_seconds: float = 5.0
    settle_seconds: float = 120.0
    """Longest time for what is under way at the end to be over."""
    seed: int = 1
    out: Path = Path(".switchyard/soak")
    """Folder of the report and of the run's logs."""

    @property
    def seconds(self) -> float:
        """How long the load lasts."""
        return self.minutes * 60

    @property
    def warm_up_seconds(self) -> float:
        """What is left out after each start of a process: caches and pools fill in it."""
        return min(150.0, self.seconds / 8)


BUDGETS = {
    "memory": 30.0,
    "descriptors": 12.0,
    "threads": 6.0,
    "lasting keys": 60.0,
    "events behind": 120.0,
}
"""How much may be added in an hour before it counts as growth, by measure. Memory is a process's
own (anonymous and shared), in MB; lasting keys are those that never expire, by kind; events behind
are those that a reader of a log was not given or has not finished."""
KEPT_MB_PER_CONTACT = 0.02
"""What a contact may leave in the store for a day: its answers, decisions and events. That is no
leak, but in a run of minutes nothing of it expires."""
STORE = "valkey"


def budget(measure: str, of: str, contacts_per_hour: float) -> float:
    """A series' budget per hour; the store's grows with the contacts that it keeps."""
    kept = KEPT_MB_PER_CONTACT if (measure, of) == ("memory", STORE) else 0.0
    return BUDGETS[measure] + kept * contacts_per_hour
