"""`switchyard whatif` on a made-up day."""

import json
from pathlib import Path

import pytest
import typer
from switchyard_router.service.evaluation.what_if_change import PlanRefused, change_of
from switchyard_router.what_if_command import whatif
from typer.testing import CliRunner, Result

from tests.fakes.call_recordings import made_calls, written

pytestmark = pytest.mark.unit

app = typer.Typer()
app.command()(whatif)


WEEK = ("--from", "2000-01-01", "--to", "2000-01-06")


def run(tmp_path: Path, plan: str, *more: str) -> Result:
    calls = made_calls({"ann": 0.4, "bob": 0.6, "cid": 1.4, "dee": 1.6}, days=6, calls=200)
    log = written(calls, tmp_path / "log.csv")
    file = tmp_path / "plan.yaml"
    file.write_text(plan)
    asked = [str(file), "--log", str(log), "--replications", "3", *more]
    return CliRunner().invoke(app, asked)


def told(tmp_path: Path, plan: str, *more: str) -> str:
    """What the command says of the last day, or of others."""
    result = run(tmp_path, plan, *more)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_an_unchanged_policy_sends_nobody_elsewhere(tmp_path: Path) -> None:
    found = json.loads(told(tmp_path, "policy: longest_idle", "--json"))
    assert (found["begin"], found["end"], found["interval"]) == ("2000-01-06",) * 2 + (
        "repetitions",
    )
    every = [*found["moved"].values(), *found["differences"].values(), *found["p95_s"].values()]
    assert all(each["low"] == each["high"] == 0 for each in (*every, found["spread"]))


def test_another_policy_sends_some_elsewhere(tmp_path: Path) -> None:
    found = json.loads(told(tmp_path, "policy: fastest_mean", "--json"))
    moved = {name: each["candidate"] for name, each in found["moved"].items()}
    assert 0 < moved["elsewhere"] <= 1
    assert moved["elsewhere"] == pytest.approx(moved["other_agent"] + moved["answered_once"])
    assert found["simulation"] is True


def test_several_days_have_intervals_of_days(tmp_path: Path) -> None:
    found = json.loads(told(tmp_path, "policy: fastest_mean", "--json", *WEEK))
    assert (found["days"], found["calls"], found["interval"]) == (6, 1200, "days")
    assert sorted(found["p95_s"]) == ["A", "B"]
    for each in (*found["differences"].values(), found["moved"]["elsewhere"], found["spread"]):
        assert each["low"] <= each["candidate"] - each["baseline"] <= each["high"]
    assert found["differences"]["aht_s"]["high"] < 0, "the fast are asked first"


def test_an_unchanged_policy_changes_no_figure_of_several_days(tmp_path: Path) -> None:
    found = json.loads(told(tmp_path, "policy: longest_idle", "--json", *WEEK))
    assert all(each["low"] == each["high"] == 0 for each in found["differences"].values())


def test_pages_tell_waits_by_kind_and_the_spread_in_both_languages(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    told(tmp_path, "policy: fastest_mean", "--html", str(page), *WEEK)
    written = page.read_text(encoding="utf-8")
    for words in ("p95 wait of A, s", "A 的 p95 等待（秒）", "spread of agents", "占用率的离散度"):
        assert words in written


@pytest.mark.parametrize(
    ("dates", "problem"),
    [
        (("--from", "2000-01-01"), "give both --from and --to"),
        (("--from", "2000-01-02", "--to", "2000-01-01"), "--to: 2000-01-01 is before --from"),
        (("--day", "2000-01-01", *WEEK), "--day is one day"),
        (("--day", "2001-01-01"), "choose days of it"),
    ],
)
def test_days_that_cannot_be_played_are_refused(
    tmp_path: Path, dates: tuple[str, ...], problem: str
) -> None:
    result = run(tmp_path, "policy: fastest_mean", *dates)
    assert result.exit_code == 1
    assert problem in result.stderr


@pytest.mark.parametrize(
    ("plan", "problem"),
    [
        ("policy: [", "line 1: no YAML: expected the node content"),
        ("policy: best", "policy: 'best' is no policy"),
        ("policy: \x00", "no YAML"),
    ],
)
def test_a_file_that_holds_no_plan_is_named(tmp_path: Path, plan: str, problem: str) -> None:
    result = run(tmp_path, plan)
    assert result.exit_code == 1
    assert f"{tmp_path}" in result.stderr
    assert problem in result.stderr


def test_configurations_are_not_tried_on_a_log(tmp_path: Path) -> None:
    result = run(tmp_path, "plans: {p: {steps: [{}]}}")
    assert result.exit_code == 1
    assert "give --router" in result.stderr


@pytest.mark.parametrize(("lang", "warning"), [("en", "a simulation"), ("zh", "仿真")])
def test_people_are_warned_that_it_is_a_simulation(tmp_path: Path, lang: str, warning: str) -> None:
    assert warning in told(tmp_path, "{policy: fastest_mean, wrap_up_seconds: 12}", "--lang", lang)


@pytest.mark.parametrize(
    ("plan", "problem"),
    [
        (None, "a mapping"),
        ({"polcy": "predictive"}, "unknown: polcy"),
        ({"policy": "best"}, "policy: 'best' is no policy; there are longest_idle"),
        ({"weights": {"charm": 1}}, "no term is called charm"),
        ({"weights": {"idle": "much"}}, "a number for each term"),
        ({"weights": {"idle": float("nan")}}, "a number for each term"),
        ({"weights": {1: 1}}, "no term is called 1"),
        ({"policy": {"a": 1}}, "policy: {'a': 1} is no policy"),
        ({1: "predictive", "x": 2}, "unknown: 1, x"),
        ({"wrap_up_seconds": -1}, "wrap_up_seconds: -1 is no number of seconds"),
        ({"wrap_up_seconds": float("nan")}, "wrap_up_seconds: nan is no number of seconds"),
    ],
)
def test_a_plan_that_cannot_be_tried_is_refused(plan: object, problem: str) -> None:
    with pytest.raises(PlanRefused, match=problem):
        change_of(plan)
