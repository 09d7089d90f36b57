"""A small invented day, and a real one where the log is at hand, replayed through a real router."""

import datetime as dt
import io
import json
import os
from pathlib import Path

import pytest
from rich.console import Console
from switchyard_demo.calllog.reader import read_log
from switchyard_demo.calllog.synthetic.generator import write_logs
from switchyard_demo.calllog.synthetic.profile import CentreProfile
from switchyard_demo.commands import ReplayOrder, play
from switchyard_demo.floor.call import Fate
from switchyard_demo.replay.report import FIRST_COME, LOG, REPLAY, ReplayReport
from switchyard_demo.replay.run import Pace
from switchyard_demo.replay.source import SETTING

from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

SATURDAY = dt.date(2026, 3, 7)
"""Five hours, 93 calls, 4 agents who come and go: some callers wait, some give up."""
BESIDE_THE_REPOSITORY = Path(__file__).parents[4] / "shared" / "data" / "anonymous_bank"
REAL_SATURDAY = dt.date(1999, 3, 6)


@pytest.fixture(scope="module")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("calllog")
    profile = CentreProfile(agents=10, calls_per_day=700)
    write_logs(folder, SATURDAY, 1, profile=profile, seed=3)
    return folder


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, where a replay leaves its router's log."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def replayed(
    log: Path, day: dt.date, pace: Pace, router_target: str | None = None
) -> ReplayReport:
    order = ReplayOrder(log, day.isoformat(), pace, router_target, tenant="demo", seed=1)
    return await play(order, Console(file=io.StringIO()))


async def test_a_replay_does_what_first_come_first_served_does(
    invented: Path, elsewhere: Path
) -> None:
    """The same plan in an event loop decides alike; only simultaneous events may fall otherwise."""
    report = await replayed(invented, SATURDAY, Pace(3000))
    assert report.broken == []
    columns = report.columns
    logged, replay, loop = columns[LOG], columns[REPLAY], columns[FIRST_COME]
    assert replay.offered == loop.offered == logged.offered == 93
    assert abs(replay.answered - loop.answered) <= 1
    assert replay.asa_seconds == pytest.approx(loop.asa_seconds, abs=2.0)
    assert replay.service_level == pytest.approx(loop.service_level, abs=0.02)
    assert replay.aht_seconds == pytest.approx(loop.aht_seconds, abs=2.0)
    assert replay.occupancy == pytest.approx(loop.occupancy, abs=0.02)
    findings = report.replayed.findings
    assert findings.terminal == findings.contacts == 93
    assert set(findings.by_state) == {"COMPLETED", "ABANDONED"}
    assert findings.by_state["COMPLETED"] == replay.answered
    assert set((report.router_metrics or {}).values()) == {0.0}
    assert report.replayed.offer_latency is not None
    assert (elsewhere / ".switchyard" / "replay" / "router.log").is_file()


async def test_a_running_router_can_be_used_and_the_clock_left_running(
    invented: Path, redis_url: str, elsewhere: Path
) -> None:
    async with router(redis_url) as target:
        report = await replayed(invented, SATURDAY, Pace(2400, holds=False), target)
    assert report.broken == []
    assert report.router_metrics is None
    assert report.replayed.fates.keys() <= {Fate.SERVED, Fate.ABANDONED}
    said = json.loads(report.json())
    assert said["clock_holds"] is False
    assert said["figures"]["replay"]["offered"] == 93
    assert said["findings"]["terminal"] == 93


@pytest.fixture
def bank_log() -> Path:
    directory = Path(os.environ.get(SETTING) or BESIDE_THE_REPOSITORY)
    if not directory.is_dir():
        pytest.skip(f"real call log not found in {directory}: set {SETTING} to its directory")
    return directory


async def test_a_real_saturday_replays(bank_log: Path, elsewhere: Path) -> None:
    calls = len(read_log(bank_log, day=REAL_SATURDAY).of_day(REAL_SATURDAY))
    report = await replayed(bank_log, REAL_SATURDAY, Pace(3000))
    assert report.broken == []
    assert report.replayed.findings.terminal == calls
    assert not report.invented
