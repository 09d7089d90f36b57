"""`switchyard calllog` as people use it."""

from pathlib import Path

import pytest
from switchyard_demo.calllog.command import app
from typer.testing import CliRunner

from tests.fakes.demo.log_rows import ANSWERED, GAVE_UP, write_log

pytestmark = pytest.mark.unit


def run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.output


def test_a_generated_log_can_be_measured(tmp_path: Path) -> None:
    code, output = run(
        "generate", tmp_path, "--first-day", "2026-03-02", "--days", "2", "--agents", "10"
    )
    assert code == 0
    assert "2026-03.csv.gz" in output
    code, output = run("kpis", tmp_path, "2026-03-03")
    assert code == 0
    for figure in ("offered", "ASA (among answered)", "service level in 20 s", "occupancy"):
        assert figure in output
    assert "early abandonments count against" in output
    assert "Inferred, not logged:" in output


def test_figures_of_the_log_stand_beside_those_of_first_come_first_served(tmp_path: Path) -> None:
    path = write_log(tmp_path / "log.csv", ANSWERED, GAVE_UP | {"call_id": "7"})
    code, output = run("kpis", path, "990310")
    lines = {line[:34].strip(): line[34:].split() for line in output.splitlines()}
    assert code == 0
    assert lines["offered"] == ["2", "2"]
    assert lines["abandoned"] == ["50.0", "%", "50.0", "%"]
    # The agent's service began a second before the queue was left, so that is when one is free.
    assert lines["ASA (among answered)"] == ["30.0", "s", "29.0", "s"]


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (("kpis", "nowhere", "990310"), 1, "no such file or directory"),
        (("kpis", "nowhere", "someday"), 2, "is not a day"),
        (("generate", "out", "--agents", "50"), 2, "less than or equal to 40"),
    ],
)
def test_mistakes_are_explained(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: int,
    problem: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    found, output = run(*arguments)
    assert found == code
    assert problem in output


def test_a_broken_row_is_named(tmp_path: Path) -> None:
    path = write_log(tmp_path / "log.csv", ANSWERED | {"type": "XX"})
    code, output = run("kpis", path, "990310")
    assert code == 1
    assert "line 2, column type: 'XX' is not one of" in output.replace("\n", "")
