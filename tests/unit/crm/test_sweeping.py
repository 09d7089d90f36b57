"""Sweeps of what changed in a CRM: whatever happens between two pages, nothing is left out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from switchyard_crm.adapters.connectors.sweeping import (
    Position,
    Row,
    Sweep,
    decode_position,
    encode_position,
)
from switchyard_crm.service.connectors import Invalid

pytestmark = pytest.mark.unit

SECOND = timedelta(seconds=1)
START = datetime(2026, 1, 1, tzinfo=UTC)
OVERLAP_SECONDS = 30.0


@dataclass
class Log:
    """A CRM that answers whole seconds, compares microseconds and shows changes late."""

    now: datetime = START
    changed: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)

    def change(self, record: str, lag: timedelta) -> None:
        self.changed[record] = (self.now, self.now + lag)

    def _visible(self) -> list[tuple[datetime, str]]:
        return [(time, key) for key, (time, shown) in self.changed.items() if shown <= self.now]

    async def since(self, start: datetime, limit: int) -> Sequence[Row]:
        found = sorted(entry for entry in self._visible() if entry[0] >= start)
        return [_row(*entry) for entry in found[:limit]]

    async def within(
        self, start: datetime, end: datetime, after_id: str, limit: int
    ) -> Sequence[Row]:
        found = [(key, time) for time, key in self._visible() if start <= time < end]
        return [_row(time, key) for key, time in sorted(found) if key > after_id][:limit]


def _row(time: datetime, key: str) -> Row:
    return Row(time.replace(microsecond=0), key, key)


@dataclass
class Reader:
    """Reads pages and keeps what it saw of each record."""

    log: Log
    limit: int
    cursor: str = ""
    seen: dict[str, datetime] = field(default_factory=dict)
    pages: int = 0

    async def page(self) -> bool:
        position, _ = decode_position(self.cursor)
        sweep = Sweep(SECOND, OVERLAP_SECONDS)
        swept = await sweep.page(self.log, position, self.limit, self.log.now)
        assert len(swept.rows) <= self.limit
        for row in swept.rows:
            self.seen[row.id] = max(self.seen.get(row.id, START), row.time)
        self.cursor = encode_position(swept.position)
        self.pages += 1
        return swept.more

    async def all(self) -> None:
        while await self.page():
            assert self.pages < 1000, "a sweep goes on for ever"


async def test_reads_a_mass_update_that_fills_many_pages() -> None:
    log = Log()
    for number in range(250):
        log.change(f"r{number:03}", timedelta())
    log.now += timedelta(minutes=5)
    reader = Reader(log, limit=20)
    await reader.all()
    assert len(reader.seen) == 250


async def test_rests_without_reading_the_same_again() -> None:
    log = Log()
    log.change("r1", timedelta())
    log.now += timedelta(minutes=5)
    reader = Reader(log, limit=20)
    await reader.all()
    reader.seen.clear()
    await reader.all()
    assert reader.seen == {}


async def test_finds_what_became_visible_late() -> None:
    log = Log()
    log.change("late", timedelta(seconds=20))
    log.now += timedelta(seconds=10)
    log.change("early", timedelta())
    reader = Reader(log, limit=20)
    await reader.all()
    assert set(reader.seen) == {"early"}
    log.now += timedelta(seconds=15)
    await reader.all()
    assert set(reader.seen) == {"early", "late"}


async def test_goes_back_for_what_became_visible_late_after_full_pages() -> None:
    log = Log()
    log.change("a-late", timedelta(seconds=20))
    for number in range(9):
        log.change(f"r{number}", timedelta())
        log.now += timedelta(seconds=1)
    reader = Reader(log, limit=2)
    await reader.all()
    assert "a-late" not in reader.seen
    log.now += timedelta(seconds=15)
    await reader.all()
    assert "a-late" in reader.seen


step = st.one_of(
    st.tuples(st.just("change"), st.integers(0, 30), st.integers(0, 25)),
    st.tuples(st.just("wait"), st.sampled_from((0, 1, 400_000, 1_000_000, 45_000_000)), st.just(0)),
    st.tuples(st.just("page"), st.just(0), st.just(0)),
)


@settings(max_examples=150, deadline=None)
@given(limit=st.integers(1, 7), steps=st.lists(step, max_size=80))
async def test_no_change_is_lost_whatever_happens_between_pages(
    limit: int, steps: list[tuple[str, int, int]]
) -> None:
    log = Log()
    reader = Reader(log, limit)
    for kind, first, second in steps:
        if kind == "change":
            log.change(f"r{first:02}", timedelta(seconds=second))
        elif kind == "wait":
            log.now += timedelta(microseconds=first)
        else:
            await reader.page()
    log.now += timedelta(seconds=OVERLAP_SECONDS)
    await reader.all()  # the sweep that is under way, which began before some changes showed
    await reader.all()  # the one after it
    for record, (time, _) in log.changed.items():
        assert reader.seen[record] == time.replace(microsecond=0)


def test_a_cursor_survives_being_stored() -> None:
    position = Position(START, "0035")
    assert decode_position(encode_position(position, removed="x")) == (position, {"removed": "x"})


@pytest.mark.parametrize("cursor", ["x", "[]", "{}", '{"time": "yesterday", "id": ""}', "null"])
def test_refuses_a_cursor_that_it_did_not_write(cursor: str) -> None:
    with pytest.raises(Invalid):
        decode_position(cursor)
