"""Generates call logs: days of an invented centre, played through a small event loop, as files."""

import csv
import datetime as dt
import gzip
import io
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from switchyard_demo.calllog.calls import CallType
from switchyard_demo.calllog.fifo import serve_in_order
from switchyard_demo.calllog.kpis import CallRecord
from switchyard_demo.calllog.plan import PlannedAgent, PlannedContact
from switchyard_demo.calllog.row import COLUMNS
from switchyard_demo.calllog.synthetic.callers import arrival_times, callers_of_day
from switchyard_demo.calllog.synthetic.profile import CentreProfile
from switchyard_demo.calllog.synthetic.rows import LogRow, RowMaker, in_log_order
from switchyard_demo.calllog.synthetic.staff import Employee, hire, rota

TURNAROUND_SECONDS = 4
"""Pause after each service; the real log's agents never did better."""
_HANG_UP_SECONDS = 9
_NIGHT_CALLERS_PER_HOUR = 0.6
_FIRST_CALL_ID = 33_000


class Centre:
    """The invented centre: the same employees every day, new callers each day."""

    def __init__(self, profile: CentreProfile, seed: int) -> None:
        self._profile, self._seed = profile, seed
        self.employees = hire(profile, np.random.default_rng([seed, 0]))

    def day(self, day: dt.date) -> list[LogRow]:
        """All rows of one day; they depend on the seed and the day, not on other days."""
        rng = np.random.default_rng([self._seed, day.toordinal()])
        callers_per_hour = self._profile.callers_per_hour(day.weekday())
        contacts = callers_of_day(callers_per_hour, self._profile, rng)
        on_duty = rota(self.employees, callers_per_hour, self._profile, rng)
        service = _Service({who.code: who for who in self.employees}, contacts, rng)
        records = serve_in_order(
            contacts, on_duty, service_time=service.seconds, turnaround_seconds=TURNAROUND_SECONDS
        )
        maker = RowMaker(self._profile, rng)
        rows = [_row_of(maker, day, c, r) for c, r in zip(contacts, records, strict=True)]
        rows += [
            maker.left_in_vru(day, int(at), CallType.REGULAR)
            for at in arrival_times(_hangs_per_hour(callers_per_hour, self._profile), rng)
        ]
        return rows + maker.phantoms(rows)


class _Service:
    """Service times by caller and agent, drawn beforehand: order of service changes nothing."""

    def __init__(
        self, who: dict[str, Employee], contacts: list[PlannedContact], rng: np.random.Generator
    ) -> None:
        self._who = who
        self._luck = dict(zip((c.name for c in contacts), rng.random(len(contacts)), strict=True))
        self._short = dict(
            zip(
                (c.name for c in contacts),
                rng.integers(2, _HANG_UP_SECONDS, len(contacts)),
                strict=True,
            )
        )

    def seconds(self, contact: PlannedContact, agent: PlannedAgent) -> float:
        """Whole seconds that this agent takes for this caller."""
        who = self._who[agent.code]
        if self._luck[contact.name] < who.hangs_up:
            return float(self._short[contact.name])
        return float(max(1, round(contact.service_seconds * who.pace)))


def _hangs_per_hour(callers_per_hour: Iterable[float], profile: CentreProfile) -> list[float]:
    return [
        profile.hangs_in_vru * callers or _NIGHT_CALLERS_PER_HOUR for callers in callers_per_hour
    ]


def _row_of(maker: RowMaker, day: dt.date, contact: PlannedContact, record: CallRecord) -> LogRow:
    at, waited = int(contact.arrival_seconds), int(record.wait_seconds)
    if record.agent is None or record.service_seconds is None:
        return maker.gave_up(day, at, contact.type, waited)
    return maker.answered(day, at, contact.type, waited, int(record.service_seconds), record.agent)


def write_logs(
    directory: Path,
    first_day: dt.date,
    days: int,
    *,
    profile: CentreProfile | None = None,
    seed: int = 1,
) -> list[Path]:
    """Writes the days as monthly files ``YYYY-MM.csv.gz`` into the directory; returns their paths.

    Existing files of those months are replaced. Same arguments: the same bytes. Raises
    ``ValueError`` for less than one day.
    """
    if days < 1:
        raise ValueError(f"a log has at least one day, not {days}")
    centre = Centre(profile or CentreProfile(), seed)
    months: defaultdict[str, list[LogRow]] = defaultdict(list)
    for offset in range(days):
        day = first_day + dt.timedelta(days=offset)
        months[f"{day:%Y-%m}"] += centre.day(day)
    directory.mkdir(parents=True, exist_ok=True)
    call_ids: Counter[str] = Counter()
    paths = []
    for month, rows in months.items():
        path = directory / f"{month}.csv.gz"
        path.write_bytes(gzip.compress(_csv_of(rows, call_ids).encode(), mtime=0))
        paths.append(path)
    return paths


def _csv_of(rows: Iterable[LogRow], call_ids: Counter[str]) -> str:
    """The rows as text; every line of the centre counts its own calls, over all months."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for row in in_log_order(rows):
        call_ids[row.line] += 1
        table.writerow(row.cells(_FIRST_CALL_ID + call_ids[row.line]))
    return text.getvalue()
