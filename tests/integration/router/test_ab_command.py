"""`switchyard ab` on histories whose truth is known."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from switchyard_router.ab_command import app
from typer.testing import CliRunner

from tests.fakes.experiments.histories import Shape, write_history

pytestmark = pytest.mark.integration

NAMES = ("--queue", "q", "--control", "old", "--treatment", "new")


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, [*arguments, "--lang", "en"])


def reported(url: str, *more: str) -> dict[str, Any]:
    result = run("report", "--history", url, *NAMES, "--json", *more)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def by_turns(hour: int, _: np.random.Generator) -> int:
    return int(np.random.default_rng(hour).integers(0, 2))


def hourly(_: int) -> int:
    return 3_600_000


def test_where_nothing_differs_it_says_so(tmp_path: Path) -> None:
    for seed in range(6):
        url = write_history(tmp_path / f"{seed}.db", Shape(), seed=seed)
        found = reported(url)
        assert found["verdict"] == "no_difference_yet"
        assert found["primary"]["low"] < 0 < found["primary"]["high"]
        assert not any(guard["broken"] for guard in found["guards"])


def test_a_report_begins_with_what_to_do(tmp_path: Path) -> None:
    url = write_history(tmp_path / "h.db", Shape())
    text = run("report", "--history", url, *NAMES)
    assert text.stdout.startswith("No difference yet")


def test_a_real_lift_is_found_and_drawn_in_both_languages(tmp_path: Path) -> None:
    url = write_history(tmp_path / "h.db", Shape(handle_seconds=(120.0, 90.0)))
    page = tmp_path / "page.html"
    found = reported(url, "--html", str(page))
    assert found["verdict"] == "better"
    assert found["primary"]["lift_pct"] == pytest.approx(-25, abs=6)
    html = page.read_text(encoding="utf-8")
    assert "Better: a difference is shown" in html
    assert "更好：差异成立" in html
    assert "<svg" in html


def test_speed_by_hanging_up_is_harm(tmp_path: Path) -> None:
    shape = Shape(handle_seconds=(120.0, 90.0), short_share=(0.02, 0.25))
    found = reported(write_history(tmp_path / "h.db", shape))
    assert found["verdict"] == "harm"
    assert [one["name"] for one in found["guards"] if one["broken"]] == ["short"]


def test_a_lift_that_cannot_be_worth_it_is_given_up(tmp_path: Path) -> None:
    found = reported(write_history(tmp_path / "h.db", Shape()), "--worth-pct", "40")
    assert found["verdict"] == "futile"


def test_arms_that_came_in_other_shares_stop_everything(tmp_path: Path) -> None:
    def lost(_: int, generator: np.random.Generator) -> int:
        return int(generator.random() < 0.4)

    found = reported(write_history(tmp_path / "h.db", Shape(), arm_of=lost))
    assert found["verdict"] == "mismatch"


def test_turns_are_one_draw_each_and_tell_occupancy(tmp_path: Path) -> None:
    url = write_history(tmp_path / "h.db", Shape(), contacts=6_000, arm_of=by_turns)
    found = reported(url, "--turn-minutes", "60")
    assert found["primary"]["units"] == 100
    assert found["verdict"] in ("no_difference_yet", "too_few")
    occupancy = next(one for one in found["guards"] if one["name"] == "occupancy")
    assert occupancy["control_mean"] == pytest.approx(0.75)


def test_both_kinds_of_database_tell_the_same(postgres_database: str, tmp_path: Path) -> None:
    reports = [
        reported(
            write_history(target, Shape(), contacts=600, arm_of=by_turns), "--turn-minutes", "5"
        )
        for target in (tmp_path / "h.db", postgres_database)
    ]
    assert reports[0] == reports[1]


def test_the_first_minutes_of_turns_can_be_left_out(tmp_path: Path) -> None:
    url = write_history(tmp_path / "h.db", Shape(), contacts=1_200, arm_of=by_turns)
    found = reported(url, "--turn-minutes", "60", "--settle-minutes", "15")
    assert sum(found["contacts"]) == 900
    refused = run("report", "--history", url, *NAMES, "--turn-minutes", "5",
                  "--settle-minutes", "5")  # fmt: skip
    assert refused.exit_code == 1
    assert "leaves nothing of a turn" in refused.stderr


def test_the_history_knows_how_long_turns_were(tmp_path: Path) -> None:
    url = write_history(
        tmp_path / "h.db", Shape(), contacts=1_200, arm_of=by_turns, period_of=hourly
    )
    found = reported(url)
    assert (found["unit"], found["turn_minutes"]) == ("turn", 60)
    assert found == reported(url, "--turn-minutes", "60")


def test_who_came_from_another_queue_is_in_no_turn_of_this_one(tmp_path: Path) -> None:
    def moved(number: int) -> str:
        return "elsewhere" if number % 4 == 0 else "q"

    url = write_history(
        tmp_path / "h.db", Shape(), contacts=1_200, arm_of=by_turns, first_queue_of=moved
    )
    assert sum(reported(url)["contacts"]) == 1_200
    assert sum(reported(url, "--turn-minutes", "60")["contacts"]) == 900


def test_arms_dealt_in_two_ways_are_not_thrown_together(tmp_path: Path) -> None:
    def first_by_contact(hour: int) -> int | None:
        return 3_600_000 if hour >= 10 else None

    url = write_history(tmp_path / "h.db", Shape(), contacts=1_200, period_of=first_by_contact)
    told = run("report", "--history", url, *NAMES)
    assert told.exit_code == 1
    assert "by contact, by turns of 60 min; take only the days of one" in told.stderr


def test_no_rule_is_estimated_from_turns(tmp_path: Path) -> None:
    url = write_history(tmp_path / "h.db", Shape(), contacts=600, period_of=hourly)
    told = run("estimate", "--history", url, "--queue", "q", "--otherwise", "old")
    assert told.exit_code == 1
    assert "by turns of 60 min; an estimate needs contacts" in told.stderr


@pytest.mark.parametrize(
    "asked", [("report", *NAMES), ("estimate", "--queue", "q", "--otherwise", "old")]
)
def test_an_imported_log_has_no_trial_in_it(tmp_path: Path, asked: tuple[str, ...]) -> None:
    url = write_history(tmp_path / "h.db", Shape(), contacts=80, dealt=False)
    told = run(*asked, "--history", url)
    assert told.exit_code == 1
    assert "there is no trial in this history: none of the 80 contacts" in told.stderr


def test_a_plan_grows_with_what_is_to_be_seen(tmp_path: Path) -> None:
    url = write_history(tmp_path / "h.db", Shape())
    plans = [
        json.loads(
            run("plan", "--history", url, "--queue", "q", "--lift-pct", lift, "--json").stdout
        )
        for lift in ("4", "2")
    ]
    assert plans[1]["units_once"] == pytest.approx(4 * plans[0]["units_once"], rel=0.01)
    assert plans[0]["units_once"] < plans[0]["units_always"]
    assert plans[0]["mean"] == pytest.approx(120, rel=0.05)


def test_a_rule_is_estimated_with_what_the_estimate_leaves_out(tmp_path: Path) -> None:
    url = write_history(tmp_path / "h.db", Shape(handle_seconds=(120.0, 90.0)))
    asked = ("estimate", "--history", url, "--queue", "q", "--otherwise", "old",
             "--use", "VOICE zh=new")  # fmt: skip
    found = json.loads(run(*asked, "--json").stdout)
    for name in ("ips", "snips", "dr"):
        assert abs(found[name]["value"] - 105) < 4 * found[name]["error"]
    assert found["effective_sample"] < found["contacts"]
    assert "One step only" in run(*asked).stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--queue", "q", "--control", "old", "--treatment", "newer"), "arms: new, old"),
        (("--queue", "r", "--control", "old", "--treatment", "new"), "arms: none"),
    ],
)
def test_says_what_the_history_has_instead(
    tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    url = write_history(tmp_path / "h.db", Shape(), contacts=80)
    result = run("report", "--history", url, *arguments)
    assert result.exit_code == 1
    assert told in result.stderr


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("sqlite:////nowhere/h.db", "no such file"),
        ("mysql://x", "write sqlite:///FILE"),
        ("nonsense", "not a URL"),
    ],
)
def test_says_what_is_wrong_with_a_history(url: str, told: str) -> None:
    result = run("report", "--history", url, *NAMES)
    assert result.exit_code == 1
    assert told in result.stderr
