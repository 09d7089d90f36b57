"""Following a CRM: nothing is lost or read for nothing, whatever fails and whoever else follows."""

from datetime import datetime, timedelta

import pytest
import structlog
from prometheus_client import CollectorRegistry
from switchyard_common.clock import FakeClock
from switchyard_crm.adapters.buckets import TokenBucket
from switchyard_crm.domain.errors import StoreUnavailable
from switchyard_crm.domain.records import Profile
from switchyard_crm.entrypoints.source_metrics import SourceMetrics
from switchyard_crm.service.connectors import Changes, RateLimited, Unavailable
from switchyard_crm.service.syncing import Followed, FollowSource, Mark, Pace

from tests.fakes.crm.asking import in_crm
from tests.fakes.crm.connector import FakeConnector
from tests.fakes.crm.people import DEMO, NOW

pytestmark = pytest.mark.unit

CRM = Followed(DEMO, "crm")
EVERY = 60.0
LAG = "switchyard_crm_sync_lag_seconds"


class FakeSyncStore:
    """Keeps pages and the cursor together."""

    def __init__(self) -> None:
        self.mark = Mark()
        self.holder = ""
        self.held_until = NOW - timedelta(days=1)
        self.profiles: list[Profile] = []
        self.removed: list[str] = []
        self.down = False

    async def claim(
        self, followed: Followed, holder: str, now: datetime, until: datetime
    ) -> Mark | None:
        if self.down:
            raise StoreUnavailable
        if self.holder not in ("", holder) and self.held_until >= now:
            return None
        self.holder, self.held_until = holder, until
        return self.mark

    async def take(
        self, followed: Followed, holder: str, before: str, changes: Changes, now: datetime
    ) -> bool:
        if self.down:
            raise StoreUnavailable
        if holder != self.holder or before != self.mark.position:
            return False
        self.profiles.extend(changes.profiles)
        self.removed.extend(changes.removed)
        self.mark = Mark(changes.cursor, self.mark.caught_up_time)
        return True

    async def caught_up(self, followed: Followed, holder: str, now: datetime) -> None:
        self.mark = Mark(self.mark.position, now)


class Bench:
    def __init__(self, store: FakeSyncStore | None = None, holder: str = "me") -> None:
        self.clock = FakeClock(NOW)
        self.registry = CollectorRegistry()
        self.connector = FakeConnector()
        self.store = store or FakeSyncStore()
        self.woken = 0
        self.follow = FollowSource(
            CRM,
            self.connector,
            TokenBucket(1000.0, 1000, self.clock),
            self.store,
            self.wake,
            holder,
            self.clock,
            Pace(EVERY, page=2),
            SourceMetrics(self.registry),
        )

    def wake(self) -> None:
        self.woken += 1

    def changed(self, count: int) -> None:
        for _ in range(count):
            self.connector.change(in_crm("crm", f"x-{len(self.connector.changed)}"))

    def read(self) -> list[str]:
        return [profile.provenance.source_id for profile in self.store.profiles]

    def lag(self) -> float | None:
        return self.registry.get_sample_value(LAG, {"source": "crm"})


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_reads_page_after_page_and_then_rests(bench: Bench) -> None:
    bench.changed(5)
    assert [await bench.follow.step() for _ in range(4)] == [0, 0, EVERY, EVERY]
    assert bench.read() == ["x-0", "x-1", "x-2", "x-3", "x-4"]
    assert bench.woken == 3


async def test_goes_on_where_an_earlier_process_ended(bench: Bench) -> None:
    bench.changed(3)
    await bench.follow.step()
    later = Bench(bench.store)
    later.connector = bench.connector
    later.follow._connector = bench.connector
    await later.follow.step()
    assert later.read() == ["x-0", "x-1", "x-2"]


async def test_what_was_removed_is_told_to_the_store(bench: Bench) -> None:
    bench.connector.change("x-7")
    await bench.follow.step()
    assert bench.store.removed == ["x-7"]
    labels = {"source": "crm", "what": "removed"}
    assert bench.registry.get_sample_value("switchyard_crm_sync_records_total", labels) == 1
    assert bench.woken == 0


async def test_a_failing_crm_is_left_alone_longer_and_longer_and_loses_nothing(
    bench: Bench,
) -> None:
    bench.changed(1)
    bench.connector.fails = lambda: Unavailable("down")
    with structlog.testing.capture_logs() as logs:
        pauses = [await bench.follow.step() for _ in range(12)]
        bench.connector.fails = None
        assert await bench.follow.step() == EVERY
    assert pauses[:4] == [1, 2, 4, 8]
    assert pauses[-1] == 300
    assert bench.read() == ["x-0"]
    assert logs[-1]["event"] == "source_followed_again"


async def test_an_error_that_nobody_foresaw_ends_nothing(bench: Bench) -> None:
    bench.changed(1)
    bench.connector.fails = lambda: UnicodeEncodeError("utf-8", "\ud83d", 0, 1, "half a character")
    with structlog.testing.capture_logs() as logs:
        assert await bench.follow.step() == 1
    assert logs[0]["event"] == "following_crashed"
    bench.connector.fails = None
    await bench.follow.step()
    assert bench.read() == ["x-0"]


async def test_is_as_patient_as_the_crm_asks(bench: Bench) -> None:
    bench.connector.fails = lambda: RateLimited("slow down", 120.0)
    assert await bench.follow.step() == 120


async def test_a_page_that_could_not_be_stored_is_read_again(bench: Bench) -> None:
    bench.changed(1)
    bench.store.down = True
    assert await bench.follow.step() == 1
    bench.store.down = False
    await bench.follow.step()
    assert bench.read() == ["x-0"]


async def test_one_process_follows_and_another_takes_over_when_it_is_gone(bench: Bench) -> None:
    bench.changed(1)
    await bench.follow.step()
    other = Bench(bench.store, "other")
    other.follow._connector = bench.connector
    bench.changed(1)
    assert await other.follow.step() == EVERY
    assert bench.read() == ["x-0"]
    other.clock.advance(3600)
    await other.follow.step()
    assert bench.read() == ["x-0", "x-1"]


async def test_the_lag_grows_until_everything_is_read(bench: Bench) -> None:
    bench.changed(3)
    bench.clock.advance(100)
    assert bench.lag() == 100
    await bench.follow.step()
    assert bench.lag() == 100
    await bench.follow.step()
    assert bench.lag() == 0
    bench.connector.fails = lambda: Unavailable("down")
    bench.clock.advance(50)
    await bench.follow.step()
    assert bench.lag() == 50


async def test_the_lag_outlives_the_process(bench: Bench) -> None:
    await bench.follow.step()
    later = Bench(bench.store)
    later.clock.advance(500)
    later.connector.fails = lambda: Unavailable("down")
    await later.follow.step()
    assert later.lag() == 500


async def test_takes_no_more_from_the_crm_than_agreed() -> None:
    bench = Bench()
    bucket = TokenBucket(0.001, 1, bench.clock)
    bench.follow._bucket = bucket
    bench.changed(9)
    assert await bench.follow.step() == 0
    assert await bench.follow.step() == 60
    assert bench.connector.calls["changes"] == 1
