"""Looking after CRMs while nobody calls."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

import pytest
from structlog.testing import capture_logs
from switchyard_common.clock import FakeClock
from switchyard_crm.adapters.buckets import TokenBucket
from switchyard_crm.service.connector_watch import ConnectorWatch, Watched
from switchyard_crm.service.connectors import Connector, RateLimited, Unauthorized, Unavailable

pytestmark = pytest.mark.unit


@dataclass
class Crm:
    """Answers with its clock, or fails."""

    clock: FakeClock
    name: str = "erp"
    ahead_seconds: float = 0.0
    error: Exception | None = None
    hangs: bool = False
    asked: int = 0

    async def health(self) -> datetime:
        self.asked += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error
        return self.clock.now() + timedelta(seconds=self.ahead_seconds)


@dataclass
class Meter:
    up: dict[str, bool] = field(default_factory=dict)
    skew: dict[str, float] = field(default_factory=dict)

    def connector(self, source: str, up: bool) -> None:
        self.up[source] = up

    def clock_skew(self, source: str, seconds: float) -> None:
        self.skew[source] = seconds


@dataclass
class Scene:
    clock: FakeClock = field(default_factory=FakeClock)
    meter: Meter = field(default_factory=Meter)

    def __post_init__(self) -> None:
        self.crm = Crm(self.clock)
        self.bucket = TokenBucket(1.0, 2, self.clock)
        watched = Watched(cast(Connector, self.crm), self.bucket)
        self.watch = ConnectorWatch([watched], self.meter, self.clock, 30.0, 0.01)


async def test_shows_that_a_crm_works_and_how_far_its_clock_is_off() -> None:
    scene = Scene()
    scene.crm.ahead_seconds = 90.0
    await scene.watch.check()
    assert scene.meter == Meter({"erp": True}, {"erp": 90.0})


@pytest.mark.parametrize("error", [Unauthorized("no"), Unavailable("gone"), None])
async def test_shows_and_says_once_that_a_crm_does_not_work(error: Exception | None) -> None:
    scene = Scene()
    scene.crm.error, scene.crm.hangs = error, error is None
    with capture_logs() as lines:
        await scene.watch.check()
        await scene.watch.check()
        assert scene.meter.up == {"erp": False}
        scene.crm.error, scene.crm.hangs = None, False
        scene.clock.advance(10.0)
        await scene.watch.check()
    assert scene.meter.up == {"erp": True}
    kind = type(error).__name__ if error else "TimeoutError"
    assert [(line["event"], line.get("error")) for line in lines] == [
        ("connector_fails", kind),
        ("connector_works", None),
    ]


async def test_an_unforeseen_error_of_one_ends_nothing() -> None:
    scene = Scene()
    scene.crm.error = RuntimeError("nobody thought of this")
    await scene.watch.check()
    assert scene.meter.up == {"erp": False}
    scene.crm.error = None
    scene.clock.advance(10.0)
    await scene.watch.check()
    assert scene.meter.up == {"erp": True}


async def test_takes_no_call_away_from_customers() -> None:
    scene = Scene()
    while scene.bucket.reserve(0.0) is not None:
        continue
    await scene.watch.check()
    assert scene.crm.asked == 0


async def test_a_crm_that_asks_for_a_pause_gets_it_and_counts_as_working() -> None:
    scene = Scene()
    await scene.watch.check()
    scene.crm.error = RateLimited("slow down", 60.0)
    await scene.watch.check()
    assert scene.meter.up == {"erp": True}
    scene.clock.advance(59.0)
    assert scene.bucket.reserve(0.0) is None
