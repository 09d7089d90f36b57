"""`switchyard simulate`: described centres, what is refused, and what is told."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
import yaml
from switchyard_router.adapters.centre_file import CentreRefused, read_centre
from switchyard_router.domain.evaluation.centre import Centre, Group, Kind
from switchyard_router.domain.evaluation.contenders import of_policy
from switchyard_router.domain.evaluation.drawing import invented
from switchyard_router.domain.evaluation.floor import Floor
from switchyard_router.simulate_command import simulate_command
from typer.testing import CliRunner

pytestmark = pytest.mark.unit

CENTRE: dict[str, Any] = {
    "days": 2,
    "kinds": [
        {"name": "billing", "calls_per_hour": 30, "handle_seconds": 200, "variation": 0.8},
        {
            "name": "orders",
            "calls_per_hour": [0] * 8 + [60] * 10 + [0] * 6,
            "handle_seconds": 90,
            "patience_seconds": 100,
        },
    ],
    "groups": [
        {"name": "new", "agents": 3, "serves": ["orders"], "begins_hour": 8, "ends_hour": 18},
        {"name": "old", "agents": 4, "serves": ["billing", "orders"], "pace": 0.9},
    ],
}


BUSY: dict[str, Any] = {
    "days": 1,
    "answering": {"answer_seconds": 3, "ring_seconds": 15, "not_ready_seconds": 90},
    "kinds": [
        {
            "name": "billing",
            "calls_per_hour": 60,
            "handle_seconds": 200,
            "wrap_up_seconds": 20,
            "plan": {
                "steps": [
                    {"needs": {"billing": 7}, "seconds": 20},
                    {"needs": {"billing": 3}, "seconds": 40, "ahead_seconds": 30},
                ],
                "overflow": "orders",
            },
        },
        {"name": "orders", "calls_per_hour": 50, "handle_seconds": 90},
    ],
    "groups": [
        {"name": "old", "agents": 3, "serves": ["billing"], "skills": {"billing": 9}},
        {
            "name": "new",
            "agents": 5,
            "serves": ["billing", "orders"],
            "skills": {"billing": 3},
            "breaks": [[12, 12.5], [18, 18.25]],
            "misses": 0.05,
            "declines": 0.02,
            "pauses": 0.1,
            "pause_seconds": 60,
        },
    ],
}


def file(folder: Path, content: object) -> Path:
    path = folder / "centre.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def run(*arguments: str) -> Any:
    app = typer.Typer()
    app.command()(simulate_command)
    return CliRunner().invoke(app, list(arguments))


def changed(
    where: str, index: int, centre: dict[str, Any] = CENTRE, **fields: object
) -> dict[str, Any]:
    """The centre with some fields of one of its parts changed."""
    parts = [dict(part) for part in centre[where]]
    parts[index].update(fields)
    return {**centre, where: parts}


def planned(*steps: object, **fields: object) -> dict[str, Any]:
    """The busy centre with another plan for its first kind."""
    return changed("kinds", 0, BUSY, plan={"steps": list(steps), **fields})


def test_a_described_centre_is_played_by_kind(tmp_path: Path) -> None:
    path = str(file(tmp_path, CENTRE))
    done = run("--centre", path, "--replications", "4", "--policy", "predictive", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout.strip().splitlines()[-1])
    assert set(found["figures"]) == {"billing", "orders", "all"}
    orders, everything = found["figures"]["orders"], found["figures"]["all"]
    billing = found["figures"]["billing"]
    assert orders["calls"]["mean"] + billing["calls"]["mean"] == everything["calls"]["mean"]
    assert orders["calls"]["mean"] == pytest.approx(60 * 10 * 2, rel=0.1)
    assert billing["abandonment"]["mean"] == 0.0
    assert found["theory"] is None, "two kinds have no formula here"


def test_the_same_seed_tells_the_same() -> None:
    first, again, other = (
        run("--replications", "2", "--seed", seed, "--json").stdout for seed in ("1", "1", "7")
    )
    assert first == again != other


def test_both_languages_show_theory_beside() -> None:
    assert "theory (M/M/n+M)" in run("--replications", "2").stdout
    assert "理论值" in run("--replications", "2", "--lang", "zh").stdout


def test_nobody_gives_up_where_patience_is_none() -> None:
    done = run("--replications", "2", "--patience-seconds", "0", "--json")
    assert json.loads(done.stdout.strip().splitlines()[-1])["theory"]["gives_up"] == 0.0


def test_shifts_and_hours_are_kept() -> None:
    kind = Kind("calls", (0.0,) * 12 + (100.0,) + (0.0,) * 11, 10.0)
    made = invented(Centre((kind,), (Group("day", 2, ("calls",), 1.0, 12, 13),), days=3), seed=1)
    hours = made.luck.arrive_s / 3600 % 24
    assert ((hours >= 12) & (hours < 13)).all()
    assert len(made.day.presences) == 6
    assert {each.end_s - each.begin_s for each in made.day.presences} == {3600.0}


def test_plans_levels_offers_and_breaks_are_read_from_the_file(tmp_path: Path) -> None:
    centre = read_centre(file(tmp_path, BUSY))
    billing, orders = centre.kinds
    assert (billing.wrap_up_s, orders.wrap_up_s) == (20.0, None)
    assert [step.expires_after_ms for step in billing.plan.steps] == [20_000, 40_000]
    assert [step.needs[0].min_level for step in billing.plan.steps] == [7, 3]
    assert billing.plan.overflow is not None
    made = invented(centre, seed=1, wrap_up_s=5.0)
    assert made.rules.wrap_up_s == (20.0, 5.0)
    assert [len(stage.able) for stage in made.rules.stages] == [3, 8, 5, 5]
    assert made.rules.habits is not None
    assert made.rules.habits.misses.tolist() == [0.0] * 3 + [0.05] * 5
    assert made.rules.habits.rona_pause_s == 90.0


def test_breaks_cut_shifts(tmp_path: Path) -> None:
    made = invented(read_centre(file(tmp_path, BUSY)), seed=1)
    hours = [
        (each.begin_s / 3600, each.end_s / 3600) for each in made.day.presences if each.agent == 3
    ]
    assert hours[:3] == [(0.0, 12.0), (12.5, 18.0), (18.25, 24.0)]
    assert [each.end_s for each in made.day.presences if each.agent == 0] == [48 * 3600.0]


def test_refused_offers_are_told_where_there_are_any(tmp_path: Path) -> None:
    path = str(file(tmp_path, BUSY))
    told = run("--centre", path, "--replications", "2", "--policy", "predictive")
    assert told.exit_code == 0, told.output
    assert "refused offers" in told.stdout
    assert "refused offers" not in run("--replications", "2").stdout
    data = run("--centre", path, "--replications", "2", "--json").stdout
    assert 0.02 < json.loads(data)["figures"]["all"]["refused"]["mean"] < 0.1


def test_the_end_of_a_shift_is_known_to_policies_that_weigh_it() -> None:
    """Two free agents, alike but for the shift: one's ends in a minute, a call takes five."""
    kind = Kind("calls", (0.0,) * 8 + (6.0,) + (0.0,) * 15, 300.0, 0.0)
    groups = (
        Group("leaving", 1, ("calls",), 0.99, 0.0, 8.01),
        Group("staying", 1, ("calls",), 1.0, 0.0, 24.0),
    )
    made = invented(Centre((kind,), groups), seed=1)
    made.luck.arrive_s[:] = np.arange(len(made.luck.arrive_s)) * 1e4 + 8 * 3600 - 24
    for policy, first in (("fastest_mean", 0), ("predictive", 1)):
        floor = Floor(made.day, made.luck, made.staff, of_policy(policy), rules=made.rules)
        assert floor.play().agent[0] == first


@pytest.mark.parametrize("variation", [0.0, 0.5, 1.0, 2.0])
def test_handle_times_vary_as_described(variation: float) -> None:
    kind = Kind("calls", (2000.0,) * 24, 100.0, variation)
    noise = invented(Centre((kind,), (Group("one", 1, ("calls",)),), days=2), seed=3).luck.noise
    assert float(noise.mean()) == pytest.approx(1.0, rel=0.05)
    assert float(np.std(noise)) == pytest.approx(variation, rel=0.1, abs=1e-9)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({}, "kinds: Field required"),
        ({**CENTRE, "colour": 1}, "colour: Extra inputs are not permitted"),
        (changed("kinds", 1, calls_per_hour=[1, 2]), "one number, or 24"),
        (changed("kinds", 0, handle_seconds=0), "kinds.0.handle_seconds: Input should be greater"),
        (changed("kinds", 0, name="orders"), "names must differ"),
        (changed("groups", 0, serves=["sales"]), "serves 'sales', which is no kind"),
        (changed("groups", 0, begins_hour=20, ends_hour=4), "split a night in two groups"),
        (changed("kinds", 0, calls_per_hour=1e6), "play fewer days"),
        (planned({"seconds": 5}, {}, {}), "kinds.0.plan: steps.1.seconds: say how long"),
        (planned({}, overflow="orders"), "steps.0.seconds: say how long"),
        (planned({"seconds": 5}, overflow="billing"), "plan.overflow: 'billing' is no other kind"),
        (planned({"needs": {"law": 3}}), "plan.steps.0.needs: nobody has the skill 'law'"),
        (planned({"needs": {"billing": 11}}), "needs.billing: Input should be less than"),
        (planned({"colour": 1}), "steps.0.colour: Extra inputs"),
        (changed("groups", 1, BUSY, skills={"billing": 0}), "groups.1.skills.billing"),
        (changed("groups", 1, BUSY, breaks=[[12, 13], [12.5, 14]]), "12.5 to 14 must lie inside"),
        (changed("groups", 1, BUSY, declines=0.5, misses=0.5), "together less than 1"),
        ({**BUSY, "answering": {"answer_seconds": 30}}, "must be less than ring_seconds"),
    ],
)
def test_a_centre_that_is_none_is_refused_with_the_field(
    tmp_path: Path, content: object, says: str
) -> None:
    with pytest.raises(CentreRefused) as caught:
        read_centre(file(tmp_path, content))
    assert says in str(caught.value)
    assert "centre.yaml" in str(caught.value)


def test_bad_options_and_files_name_the_fix(tmp_path: Path) -> None:
    nowhere = run("--centre", str(tmp_path / "nowhere.yaml"))
    assert nowhere.exit_code == 2
    assert "cannot be read" in nowhere.output
    assert "there are longest_idle" in run("--policy", "best").output
    assert "is played for 24 hours" in run("--warm-up-hours", "24").output
    (tmp_path / "broken.yaml").write_text("kinds: [", encoding="utf-8")
    assert "is no YAML" in run("--centre", str(tmp_path / "broken.yaml")).output
