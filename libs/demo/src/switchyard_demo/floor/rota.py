"""When a simulated agent works: shifts that never leave the floor empty, whatever the hour."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

WORK_SECONDS = 7_200.0
BREAK_SECONDS = 900.0
LUNCH_SECONDS = 2_700.0
OFF_SECONDS = 3_600.0


class Duty(StrEnum):
    """What an agent does."""

    WORK = "work"
    BREAK = "break"
    LUNCH = "lunch"
    OFF = "off"


_DAY = (
    (Duty.WORK, WORK_SECONDS),
    (Duty.BREAK, BREAK_SECONDS),
    (Duty.WORK, WORK_SECONDS),
    (Duty.LUNCH, LUNCH_SECONDS),
    (Duty.WORK, WORK_SECONDS),
    (Duty.BREAK, BREAK_SECONDS),
    (Duty.WORK, WORK_SECONDS),
    (Duty.OFF, OFF_SECONDS),
)
CYCLE_SECONDS = sum(seconds for _, seconds in _DAY)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A duty and how long it goes on, in demo seconds."""

    duty: Duty
    seconds: float


def stretches(agent: int, agents: int) -> Iterator[Stretch]:
    """What an agent does from now on, for ever.

    The agents' days begin evenly spread, so that at any moment about one in ten is off and one in
    ten on a break.
    """
    into_the_day = CYCLE_SECONDS * agent / agents
    for duty, seconds in _DAY:
        if into_the_day < seconds:
            yield Stretch(duty, seconds - into_the_day)
            into_the_day = 0.0
        else:
            into_the_day -= seconds
    while True:
        for duty, seconds in _DAY:
            yield Stretch(duty, seconds)
