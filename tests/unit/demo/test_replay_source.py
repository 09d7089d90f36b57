"""Which log is replayed, and which day of it."""

import datetime as dt
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
import typer
from switchyard_demo.calllog.synthetic.generator import write_logs
from switchyard_demo.calllog.synthetic.profile import CentreProfile
from switchyard_demo.commands import replay
from switchyard_demo.replay import source as module
from switchyard_demo.replay.source import SETTING, Source, find_source, read
from typer.testing import CliRunner

from tests.fakes.demo.log_rows import ANSWERED, write_log

pytestmark = pytest.mark.unit

PROFILE = CentreProfile(agents=10, calls_per_day=60)


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(SETTING, raising=False)
    monkeypatch.chdir(tmp_path)


def test_a_path_given_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, "/elsewhere")
    assert find_source(tmp_path) == Source(tmp_path, invented=False)
    assert find_source(None) == Source(Path("/elsewhere"), invented=False)


def test_a_log_beside_the_checkout_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = tmp_path / "checkout"
    (tmp_path / "shared" / "data" / "anonymous_bank").mkdir(parents=True)
    checkout.mkdir()
    monkeypatch.chdir(checkout)
    assert not find_source(None).invented


def test_without_any_a_log_is_invented(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GENERATED_DAYS", 2)
    source = find_source(None)
    assert source.invented
    log, day = read(source, None)
    assert day in log.days()
    assert len(log.of_day(day)) == max(len(log.of_day(each)) for each in log.days())


def test_the_day_asked_for_is_taken(tmp_path: Path) -> None:
    write_logs(tmp_path, dt.date(2026, 3, 2), 3, profile=PROFILE)
    log, day = read(Source(tmp_path, invented=False), dt.date(2026, 3, 3))
    assert day == dt.date(2026, 3, 3)
    assert log.of_day(day)


def test_the_banks_usual_day_is_taken_where_the_log_holds_it(tmp_path: Path) -> None:
    for month in ("1999-02", "1999-03"):
        write_log(tmp_path / f"{month}.csv", ANSWERED)
    log, day = read(Source(tmp_path, invented=False), None)
    assert day == dt.date(1999, 3, 10)
    assert [file.name for file in log.files] == ["1999-03.csv"]


@pytest.fixture
def own_logging() -> Iterator[None]:
    """The command sets logging up; what was there before comes back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.usefixtures("own_logging")
@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--log", "nowhere"], "no such file"),
        (["--day", "tomorrow", "--log", "."], "is not a day"),
        (["--log", "."], "no "),
    ],
)
def test_the_command_says_what_is_wrong_with_what_it_was_given(
    arguments: list[str], problem: str
) -> None:
    app = typer.Typer()
    app.command()(replay)
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert problem in result.output
