"""`switchyard simulate`: described centres, what is refused, and what is told."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
import yaml
from switchyard_router.adapters.centre_file import CentreRefused, read_centre
from switchyard_router.domain.evaluation.centre import Centre, Group, Kind, invented
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


def file(folder: Path, content: object) -> Path:
    path = folder / "centre.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def run(*arguments: str) -> Any:
    app = typer.Typer()
    app.command()(simulate_command)
    return CliRunner().invoke(app, list(arguments))


def changed(where: str, index: int, **fields: object) -> dict[str, Any]:
    """The centre with some fields of one of its parts changed."""
    parts = [dict(part) for part in CENTRE[where]]
    parts[index].update(fields)
    return {**CENTRE, where: parts}


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
