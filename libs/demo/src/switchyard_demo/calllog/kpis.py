"""The figures of a day, from neutral records: the same code measures a log and its replay.

* offered: callers who asked for a person, whether answered or not.
* abandoned share: abandoned / offered.
* ASA, average speed of answer: mean wait of the answered callers only.
* service level: answered within the target / offered. A caller who abandons within the target
  counts as offered and not as answered in time, that is, against the service level; how many there
  were is reported beside it.
* AHT, average handle time: mean service time over services of 10 to 3600 s by a named agent.
  Shorter ones are agents hanging up and are counted apart; the mean over all recorded services of
  named agents is reported as raw.
* occupancy: time in service within presence / presence, summed over agents; overlapping services of
  one agent count once. With presence inferred from services this is too high (see ``presence.py``).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from switchyard_demo.calllog.calls import (
    OVERLONG_ABOVE_SECONDS,
    SHORT_BELOW_SECONDS,
    LoggedCall,
    ServiceQuality,
    quality_of,
)
from switchyard_demo.calllog.presence import Interval, Presence, overlap_seconds

SERVICE_LEVEL_TARGET_SECONDS = 20.0
SERVICE_LEVEL_FORMULA = "answered within target / offered; early abandonments count against"


@dataclass(frozen=True, slots=True)
class CallRecord:
    """What became of one caller who asked for a person; times in seconds after midnight."""

    arrival_seconds: float
    wait_seconds: float
    answered: bool
    service_start_seconds: float | None = None
    service_seconds: float | None = None
    """``None`` where not answered or not recorded."""
    agent: str | None = None
    """``None`` where not answered or not known."""


@dataclass(frozen=True, slots=True)
class Kpis:
    """Figures of a day as the module's text defines them; ``None`` where there are no data."""

    offered: int
    answered: int
    abandoned: int
    abandoned_share: float | None
    asa_seconds: float | None
    service_level: float | None
    service_level_target_seconds: float
    abandoned_within_target: int
    aht_seconds: float | None
    aht_raw_seconds: float | None
    services_short: int
    services_overlong: int
    occupancy: float | None
    busy_seconds: float
    presence_seconds: float


def records_of(calls: Iterable[LoggedCall]) -> list[CallRecord]:
    """Logged calls as neutral records."""
    return [
        CallRecord(
            call.arrival_seconds,
            call.wait_seconds,
            call.answered,
            call.service_start_seconds,
            call.service_seconds,
            call.agent,
        )
        for call in calls
    ]


def measure(
    records: Sequence[CallRecord],
    presence: Presence,
    target_seconds: float = SERVICE_LEVEL_TARGET_SECONDS,
) -> Kpis:
    """Figures of the records, with the agents' presence for the occupancy."""
    answered = np.array([record.answered for record in records], dtype=np.bool_)
    waits = np.array([record.wait_seconds for record in records], dtype=np.float64)
    in_time = waits <= target_seconds
    services = np.array(
        [record.service_seconds for record in records if record.agent and record.service_seconds],
        dtype=np.float64,
    )
    short, overlong = services < SHORT_BELOW_SECONDS, services > OVERLONG_ABOVE_SECONDS
    busy, present = _busy_and_present(records, presence)
    offered = len(records)
    return Kpis(
        offered=offered,
        answered=int(answered.sum()),
        abandoned=int((~answered).sum()),
        abandoned_share=_ratio(float((~answered).sum()), offered),
        asa_seconds=_mean(waits[answered]),
        service_level=_ratio(float((answered & in_time).sum()), offered),
        service_level_target_seconds=target_seconds,
        abandoned_within_target=int((~answered & in_time).sum()),
        aht_seconds=_mean(services[~short & ~overlong]),
        aht_raw_seconds=_mean(services),
        services_short=int(short.sum()),
        services_overlong=int(overlong.sum()),
        occupancy=_ratio(busy, present),
        busy_seconds=busy,
        presence_seconds=present,
    )


def _mean(values: NDArray[np.float64]) -> float | None:
    return float(values.mean()) if values.size else None


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _busy_and_present(records: Iterable[CallRecord], presence: Presence) -> tuple[float, float]:
    busy: defaultdict[str, list[Interval]] = defaultdict(list)
    for record in records:
        length, start = record.service_seconds, record.service_start_seconds
        if record.agent is None or length is None or start is None:
            continue
        if quality_of(length) is not ServiceQuality.OVERLONG:
            busy[record.agent].append(Interval(start, start + length))
    worked = sum(overlap_seconds(busy[agent], stretches) for agent, stretches in presence.items())
    return worked, sum(stretch.seconds for stretches in presence.values() for stretch in stretches)
