"""From recorded series to a verdict and a page."""

import json
from collections import Counter
from pathlib import Path

import pytest
from switchyard_report.page import rendered

from tests.fakes.router.truth import Truth
from tests.soak.faults import FAULTS, schedule
from tests.soak.findings import Findings, invariants, judged
from tests.soak.growth import Verdict
from tests.soak.logged import errors
from tests.soak.plan import BUDGETS, KEPT_MB_PER_CONTACT, STORE, Plan
from tests.soak.report import page
from tests.soak.series import Mark, Recorded
from tests.soak.truth import lost

pytestmark = pytest.mark.unit

_PLAN = Plan()
_EVERY_SECONDS = 5
_ORPHANS = "switchyard_router_orphan_contacts"
_DOUBLES = "switchyard_router_double_assignments_total"


def _recorded(per_hour: float = 0.0, of: str = "router") -> Recorded:
    """A run of 20 minutes in which one process is killed half-way."""
    recorded = Recorded(marks=[Mark(600.0, "killed", of)])
    for at in range(0, 1200, _EVERY_SECONDS):
        life, began = (1, 0) if at < 600 else (2, 600)
        recorded.add("memory", of, life, at, 100 + per_hour * (at - began) / 3600)
    return recorded


def _findings(recorded: Recorded, **broken: list[str]) -> Findings:
    found = judged(recorded, _PLAN.warm_up_seconds, _PLAN.seconds)
    told = {kind.replace("_", " "): problems for kind, problems in broken.items()}
    contacts = Counter({"COMPLETED": 590, "ABANDONED": 10})
    return Findings(_PLAN, _PLAN.seconds, recorded, found, told, contacts)


def test_a_run_without_growth_and_loss_is_sound() -> None:
    assert _findings(_recorded(), lost_contacts=[]).sound


def test_a_leak_spoils_a_run() -> None:
    found = _findings(_recorded(100.0))
    assert [one.of for one in found.growing] == ["router"]
    assert not found.sound


def test_a_lost_contact_spoils_a_run() -> None:
    assert not _findings(_recorded(), lost_contacts=["c1 is QUEUED"]).sound


def test_the_store_may_keep_what_contacts_leave() -> None:
    contacts = 600
    kept = 3 * contacts * KEPT_MB_PER_CONTACT
    series = _recorded(kept, of=STORE)
    (without,) = judged(series, _PLAN.warm_up_seconds, _PLAN.seconds)
    (allowed,) = judged(series, _PLAN.warm_up_seconds, _PLAN.seconds, contacts)
    assert without.growth.verdict is Verdict.GROWS
    assert allowed.growth.verdict is Verdict.STEADY
    assert allowed.budget == pytest.approx(BUDGETS["memory"] + kept)


def test_nothing_after_the_load_is_judged() -> None:
    recorded = _recorded()
    for at in range(1200, 1800, _EVERY_SECONDS):
        recorded.add("memory", "router", 2, at, at * 10.0)
    assert _findings(recorded).sound


def test_gauges_count_at_the_end_and_counters_always() -> None:
    recorded = Recorded()
    for at, orphans in enumerate((0, 1, 0)):
        recorded.add(_ORPHANS, "router", 1, at, orphans)
        recorded.add(_DOUBLES, "router", 1, at, orphans)
    assert list(invariants(recorded)) == [f"{_DOUBLES} of router is 1"]


def test_the_page_tells_the_verdict_in_both_languages() -> None:
    found = _findings(_recorded(100.0), lost_contacts=["c1 is QUEUED"])
    html = rendered(page(found))
    for words in ("Something is wrong", "有问题", "grows", "增长", "c1 is QUEUED", "600"):
        assert words in html


def test_a_run_too_short_to_judge_has_a_page_too() -> None:
    recorded = Recorded()
    recorded.add("memory", "router", 1, 0.0, 100.0)
    recorded.add("threads", "router", 1, 0.0, 7.0)
    html = rendered(page(_findings(recorded, lost_contacts=[])))
    assert "too short to judge" in html


def test_the_summary_is_one_line_of_json() -> None:
    line = json.dumps(_findings(_recorded(100.0)).summary())
    assert json.loads(line)["growing"] == ["memory of router"]
    assert "\n" not in line


@pytest.mark.parametrize("minutes", [1, 3, 20, 240])
def test_every_fault_comes_and_leaves_time_to_judge(minutes: float) -> None:
    seconds = minutes * 60
    planned = list(schedule(seconds))
    assert {fault for _, fault in planned} == set(FAULTS)
    assert [at for at, _ in planned] == sorted(at for at, _ in planned)
    assert planned[-1][0] <= 0.65 * seconds


def test_knows_contacts_that_have_not_ended_and_those_that_are_gone(tmp_path: Path) -> None:
    log = tmp_path / "floor.log"
    ended = [{"event": "call_ended", "contact": one} for one in ("c1", "c3", "")]
    log.write_text("\n".join(json.dumps(line, separators=(",", ":")) for line in ended))
    truth = Truth(contacts={"c1": {"state": "COMPLETED"}, "c2": {"state": "CONNECTED"}})
    assert list(lost(truth, log)) == [
        "c2 is CONNECTED",
        "c3 ended on the floor, and is unknown to the store",
    ]


def test_counts_errors_of_logs_by_process_and_event(tmp_path: Path) -> None:
    failed = '{"event":"store_lost","level":"error"}'
    (tmp_path / "router.log").write_text(f'{failed}\n{{"event":"ready","level":"info"}}\n')
    (tmp_path / "router.log.1").write_text(f'{failed}\n{{"level":"error","event":"cut')
    assert errors(tmp_path) == {"router: store_lost": 2}
