"""`switchyard evaluate` on a made-up log."""

import json
from pathlib import Path

import pytest
import typer
from switchyard_router.evaluate_command import evaluate
from typer.testing import CliRunner

from tests.fakes.call_recordings import made_calls, written

pytestmark = pytest.mark.unit

app = typer.Typer()
app.command()(evaluate)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Six days of four agents, two of them fast."""
    calls = made_calls({"ann": 0.4, "bob": 0.6, "cid": 1.4, "dee": 1.6}, calls=60)
    return written(calls, tmp_path / "log.csv")


ARGUMENTS = ("--begin", "2000-01-05", "--quick", "--replications", "1")


def test_json_tells_every_policy_and_what_weights_were_searched_on(log: Path) -> None:
    asked = ["--log", str(log), *ARGUMENTS, "--tune", "--tune-begin", "2000-01-03", "--json"]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout, parse_constant=pytest.fail)
    assert data["searched_on"] == ["2000-01-03", "2000-01-04"]
    names = [each["policy"] for each in data["parts"]["policies"]]
    assert names[0] == "longest_idle"
    assert {"oracle", "random", "slowest_first", "predictive", "tuned"} <= set(names)
    assert data["parts"]["policies"][0]["aht_pct"] == 0
    assert set(data["recorded"]) == {"asa_s", "service_level", "abandonment"}
    assert data["parts"]["chosen"][0]["weights"] in [
        each["weights"] for each in data["parts"]["searched"]
    ]


def test_two_days_judge_no_constraint_by_interval(log: Path) -> None:
    result = CliRunner().invoke(app, ["--log", str(log), *ARGUMENTS, "--json"])
    for each in json.loads(result.stdout)["parts"]["policies"]:
        assert isinstance(each["constraints_kept"], bool)
        assert each["constraints_kept_by_interval"] is None
        assert {one["reading"] for one in each["p95_wait_s"].values()} == {"not_known"}


def test_a_page_holds_pictures_and_both_languages(log: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    result = CliRunner().invoke(app, ["--log", str(log), *ARGUMENTS, "--html", str(page)])
    assert result.exit_code == 0, result.output
    text = page.read_text()
    assert text.count("<svg") == 2
    assert "These are simulations" in text
    assert "仿真" in text
    assert "p95 wait by kind of call" in text
    assert "Recorded: ASA" in text


def test_lines_come_in_chinese(log: Path) -> None:
    result = CliRunner().invoke(app, ["--log", str(log), *ARGUMENTS, "--lang", "zh"])
    assert "安慰剂" in result.stdout


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (("--begin", "2001-01-01", "--end", "2001-01-02"), "the log holds 2000-01-01"),
        (("--begin", "2000-01-01", "--tune"), "choose a later --begin"),
    ],
)
def test_days_without_calls_are_refused(log: Path, more: tuple[str, ...], problem: str) -> None:
    result = CliRunner().invoke(app, ["--log", str(log), *more])
    assert result.exit_code == 1
    assert problem in result.output
