"""`switchyard whatif` on a made-up day."""

import json
from pathlib import Path

import pytest
import typer
from switchyard_router.service.evaluation.what_if import PlanRefused, change_of
from switchyard_router.what_if_command import whatif
from typer.testing import CliRunner

from tests.fakes.call_recordings import made_calls, written

pytestmark = pytest.mark.unit

app = typer.Typer()
app.command()(whatif)


def told(tmp_path: Path, plan: str, *more: str) -> str:
    """What the command says of the last day."""
    calls = made_calls({"ann": 0.4, "bob": 0.6, "cid": 1.4, "dee": 1.6}, days=3, calls=60)
    log = written(calls, tmp_path / "log.csv")
    file = tmp_path / "plan.yaml"
    file.write_text(plan)
    asked = [str(file), "--log", str(log), "--replications", "3", *more]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_an_unchanged_policy_sends_nobody_elsewhere(tmp_path: Path) -> None:
    found = json.loads(told(tmp_path, "policy: longest_idle", "--json"))
    assert found["date"] == "2000-01-03"
    assert found["elsewhere"] == 0
    assert all(each["low"] == each["high"] == 0 for each in found["differences"].values())


def test_another_policy_sends_some_elsewhere(tmp_path: Path) -> None:
    found = json.loads(told(tmp_path, "policy: fastest_mean", "--json"))
    assert 0 < found["elsewhere"] <= 1
    assert found["simulation"] is True


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
        ({"wrap_up_seconds": -1}, "wrap_up_seconds: -1 is no number of seconds"),
    ],
)
def test_a_plan_that_cannot_be_tried_is_refused(plan: object, problem: str) -> None:
    with pytest.raises(PlanRefused, match=problem):
        change_of(plan)
