"""The judging on what a real run of 20 minutes with faults recorded."""

import json
from pathlib import Path

import pytest

from tests.soak.findings import Judged, judged
from tests.soak.growth import Verdict
from tests.soak.plan import Plan
from tests.soak.series import Recorded

pytestmark = pytest.mark.unit

_PLAN = Plan()
_FILE = Path(__file__).with_name("recorded.json")
_LEAK_MB_PER_HOUR = 120.0


def _recorded(leaking: str = "", per_hour: float = 0.0) -> Recorded:
    """Own memory of each process; on demand one of them leaks from each of its starts on."""
    recorded = Recorded()
    for of, lives in json.loads(_FILE.read_text()).items():
        for life, points in enumerate(lives):
            for at, value in points:
                leaked = per_hour * (at - points[0][0]) / 3600 if of == leaking else 0.0
                recorded.add("memory", of, life, at, value + leaked)
    return recorded


def _judged(recorded: Recorded) -> list[Judged]:
    return judged(recorded, _PLAN.warm_up_seconds, _PLAN.seconds, 791)


def _processes() -> list[str]:
    return list(json.loads(_FILE.read_text()))


def test_a_sound_run_shows_no_growth() -> None:
    assert [one.of for one in _judged(_recorded()) if one.growth.verdict is Verdict.GROWS] == []


@pytest.mark.parametrize("process", _processes())
def test_a_leak_planted_in_a_process_is_found_in_it_alone(process: str) -> None:
    found = _judged(_recorded(process, _LEAK_MB_PER_HOUR))
    assert [one.of for one in found if one.growth.verdict is Verdict.GROWS] == [process]
