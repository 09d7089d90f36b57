"""Writes on their way to the CRMs: where they go, how they stand, when to try again."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MAX_ERROR_CHARS = 300


class WriteKind(StrEnum):
    """What is written; the value is what is stored."""

    INTERACTION = "interaction"
    CASE = "case"
    CASE_CHANGE = "case_change"


class DeliveryState(StrEnum):
    """How a write stands in one CRM, or in all."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Dispatch:
    """How a write stands in one source. `last_error` and `remote_id` are empty if there is none."""

    source: str
    state: DeliveryState
    attempts: int = 0
    last_error: str = ""
    remote_id: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a write stands in all sources it goes to. `remote_ids` maps sources to ids."""

    state: DeliveryState
    attempts: int
    last_error: str
    remote_ids: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class KnownRecord:
    """A record of a customer, as a place that a write may go to."""

    id: str
    source: str
    observed_time: datetime


def overall(dispatches: Sequence[Dispatch]) -> Delivery:
    """The delivery that dispatches make: dead if one is, pending if one is, else delivered.

    No dispatches: nothing was to be sent, all is done.
    """
    states = {each.state for each in dispatches}
    state = next(
        (each for each in (DeliveryState.DEAD, DeliveryState.PENDING) if each in states),
        DeliveryState.DELIVERED,
    )
    failed = [each for each in dispatches if each.state is not DeliveryState.DELIVERED]
    return Delivery(
        state=state,
        attempts=max((each.attempts for each in dispatches), default=0),
        last_error="; ".join(
            f"{each.source}: {each.last_error}" for each in failed if each.last_error
        ),
        remote_ids={each.source: each.remote_id for each in dispatches if each.remote_id},
    )


def targets(
    records: Iterable[KnownRecord], named: str, sources: Collection[str]
) -> tuple[KnownRecord, ...]:
    """One record per source that takes the write, sorted by source.

    It is the record that the caller named if it is one of the source, otherwise the one that was
    seen last: a customer who is stored twice in a CRM shall not get everything twice.
    """
    chosen: dict[str, KnownRecord] = {}
    for record in sorted(records, key=lambda each: (each.observed_time, each.id)):
        present = chosen.get(record.source)
        if record.source in sources and (present is None or present.id != named):
            chosen[record.source] = record
    return tuple(chosen[source] for source in sorted(chosen))


@dataclass(frozen=True, slots=True)
class BackOff:
    """How long to wait after a failure: doubling from `first_seconds`, to `longest_seconds`."""

    first_seconds: float
    longest_seconds: float

    def seconds(self, failures: int, chance: float) -> float:
        """The wait after `failures` in a row; `chance`, from 0 to 1, spreads it over its half.

        What failed together then does not come back together (Brooker, "Exponential Backoff And
        Jitter", 2015: equal jitter).
        """
        doublings = min(max(failures - 1, 0), 60)
        whole = min(self.first_seconds * 2.0**doublings, self.longest_seconds)
        return whole * (0.5 + chance / 2)
