"""Nobody takes figures of an invented log for those of a real one."""

import json
import sys
from pathlib import Path

import pytest

from benchmarks import learning

pytestmark = pytest.mark.unit


@pytest.fixture
def nothing_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Path]:
    """The logs that are measured; takes no time over it."""
    logs: list[Path] = []

    def measured(log: Path, folder: Path, quick: bool, jobs: int) -> dict[str, float]:
        assert log.exists()
        logs.append(log)
        return {"mae_type": 1.0}

    monkeypatch.setattr(learning, "measured", measured)
    monkeypatch.setattr(learning, "USUAL_LOG", tmp_path / "usual")
    return logs


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["learning", *arguments])
    learning.main()


def test_a_named_log_that_is_missing_is_refused(
    nothing_measured: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        run(monkeypatch, "--log", "gone")
    assert "--log gone: there is no such file" in capsys.readouterr().err
    assert nothing_measured == []


def test_an_invented_log_is_said_to_be_one_first_last_and_in_the_result(
    nothing_measured: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(monkeypatch)
    said = capsys.readouterr()
    lines = said.err.strip().splitlines()
    assert "INVENTED" in lines[0]
    assert "INVENTED" in lines[-1]
    assert json.loads(said.out)["log"] == "invented"


def test_a_log_at_its_usual_place_needs_no_name(
    nothing_measured: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    (tmp_path / "usual").mkdir()
    run(monkeypatch)
    said = capsys.readouterr()
    assert "INVENTED" not in said.err
    assert json.loads(said.out)["log"] == "given"
    assert nothing_measured == [tmp_path / "usual"]
