"""A model is trained on what was known then, measured on later days, and the same for a seed."""

import datetime as dt
import gzip
from collections.abc import Mapping
from pathlib import Path

import orjson
import pytest
import typer
from switchyard_demo.calllog.synthetic.generator import write_logs
from switchyard_demo.calllog.synthetic.profile import CentreProfile
from switchyard_router.adapters.models.call_log import LogUnreadable, Service, read_services
from switchyard_router.adapters.models.manifest import MODEL_FILE, read_manifest
from switchyard_router.adapters.models.splits import TooFewRows
from switchyard_router.adapters.models.training import Recipe, train
from switchyard_router.adapters.models.training_rows import training_rows
from switchyard_router.domain.handle_time_features import NAMES
from switchyard_router.model_command import app
from switchyard_router.train_command import train as train_command
from typer.testing import CliRunner

from tests.fakes.router.models import invented_rows, version

pytestmark = pytest.mark.unit

training = typer.Typer()
training.command()(train_command)

HEADER = (
    "vru+line,call_id,customer_id,priority,type,date,vru_entry,vru_exit,vru_time,"
    "q_start,q_exit,q_time,outcome,ser_start,ser_exit,ser_time,server"
)
USUAL = {
    "vru+line": "AA0101", "call_id": "1", "customer_id": "0", "priority": "0", "type": "PS",
    "date": "990103", "vru_entry": "9:00:00", "vru_exit": "9:00:10", "vru_time": "10",
    "q_start": "0:00:00", "q_exit": "0:00:00", "q_time": "0", "outcome": "AGENT",
    "ser_start": "9:00:10", "ser_exit": "9:02:10", "ser_time": "120", "server": "agent_01",
}  # fmt: skip
WAITED = {"q_start": "9:00:10", "q_exit": "9:00:40", "q_time": "30"}
START = dt.datetime(1999, 1, 3, 9, 0, 10, tzinfo=dt.UTC).timestamp()


def log(path: Path, *rows: Mapping[str, str]) -> Path:
    lines = [",".join((USUAL | dict(row)).values()) for row in rows]
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return path


def service(agent: str, start: float, seconds: float, kind: str = "PS") -> Service:
    return Service(agent, (kind, "VOICE"), start, seconds, 0.0, 1)


def column(name: str) -> int:
    return NAMES.index(name)


def test_a_service_is_read_with_its_time_wait_and_type(tmp_path: Path) -> None:
    (found,) = read_services(log(tmp_path / "a.csv", WAITED))
    assert found == Service("agent_01", ("PS", "VOICE"), START + 30, 120.0, 30.0, 1)


def test_who_left_who_is_no_person_and_lines_left_open_are_no_services(tmp_path: Path) -> None:
    path = log(
        tmp_path / "a.csv",
        {"outcome": "HANG"},
        {"outcome": "PHANTOM"},
        {"server": "NO_SERVER"},
        {"server": "agent_08"},
        {"ser_time": "0"},
        {"ser_time": "3601"},
        {"ser_time": "5", "server": "agent_02"},
    )
    assert [(one.agent, one.seconds) for one in read_services(path)] == [("agent_02", 5.0)]


def test_the_queue_counts_those_of_the_type_who_waited_then(tmp_path: Path) -> None:
    path = log(
        tmp_path / "a.csv",
        WAITED,
        WAITED | {"q_exit": "9:01:10", "q_time": "60", "outcome": "HANG"},
        WAITED | {"q_exit": "9:01:10", "q_time": "60", "type": "NE", "outcome": "HANG"},
        WAITED | {"q_exit": "9:00:20", "q_time": "10", "outcome": "HANG"},
    )
    assert read_services(path)[0].queue_length == 2


def test_a_call_over_midnight_begins_on_the_next_day(tmp_path: Path) -> None:
    path = log(
        tmp_path / "a.csv",
        {"vru_entry": "23:59:50", "vru_exit": "0:00:05", "ser_start": "0:00:05"},
    )
    midnight = dt.datetime(1999, 1, 4, tzinfo=dt.UTC).timestamp()
    assert read_services(path)[0].start_seconds == midnight + 5


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,b\n1,2\n", "no column type"),
        (HEADER + "\n" + ",".join((USUAL | {"vru_entry": "noon"}).values()), "line 2"),
        (HEADER + "\n" + ",".join((USUAL | {"ser_time": "long"}).values()), "line 2"),
        ("", "no column"),
    ],
)
def test_an_unreadable_log_says_where(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content)
    with pytest.raises(LogUnreadable, match=said):
        read_services(path)


def test_a_cut_gzip_file_and_an_empty_directory_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LogUnreadable, match=r"no \.csv"):
        read_services(tmp_path)
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress((HEADER + "\n").encode() * 100)[:40])
    with pytest.raises(LogUnreadable, match=r"a\.csv\.gz"):
        read_services(path)


def test_a_row_knows_what_had_ended_before_it_and_nothing_later() -> None:
    rows = training_rows(
        [service("ann", 0, 100), service("ann", 50, 100), service("ann", 100, 100)]
    )
    handled = rows.features[:, column("pair_log_handled")]
    assert handled.tolist() == [0.0, 0.0, 1.0]


def test_hang_ups_are_no_rows_but_count_against_the_agent() -> None:
    rows = training_rows([service("ann", 0, 3), service("ann", 50, 100), service("bob", 60, 100)])
    assert rows.seconds.tolist() == [100.0, 100.0]
    short = rows.features[:, column("agent_short_share")]
    assert short[0] > short[1]


def test_occupancy_is_the_exponentially_weighted_share_as_of_the_last_service() -> None:
    rows = training_rows([service("ann", 0, 3600), service("ann", 5000, 60)])
    # An hour of work, 1 - 1/e, in twentieths.
    assert rows.features[:, column("agent_occupancy")].tolist() == [0.0, 0.65]


def test_held_out_days_are_later_and_whole() -> None:
    rows = invented_rows(2000)
    trained = train(rows, Recipe(trees=2, leaves=4, fewest_in_leaf=20))
    first = dt.date.fromisoformat(str(trained.metrics["held_out_from"]))
    assert trained.window[1] < dt.datetime.combine(first, dt.time(), dt.UTC).timestamp()
    held = int(trained.metrics["choose_rows"]) + int(trained.metrics["held_out_rows"])
    assert trained.rows + held == 2000


def test_the_same_seed_gives_the_same_file_and_another_seed_another() -> None:
    rows = invented_rows(2000)

    def text(seed: int) -> str:
        return train(rows, Recipe(seed=seed, trees=3, leaves=8, fewest_in_leaf=20)).text

    assert text(1) == text(1)
    assert text(1) != text(2)


def test_too_few_services_are_said_so() -> None:
    with pytest.raises(TooFewRows, match="services to train on"):
        train(invented_rows(500), Recipe())


def test_a_version_is_never_overwritten(tmp_path: Path) -> None:
    version(tmp_path, 1)
    with pytest.raises(FileExistsError):
        version(tmp_path, 1)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("logs")
    write_logs(directory, dt.date(2026, 3, 1), 40, profile=CentreProfile(agents=12), seed=1)
    return directory


def test_the_command_trains_publishes_and_shows(logs: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke
    out = tmp_path / "models"
    made = run(training, ["--log", str(logs), "--out", str(out), "--trees", "5", "--json"])
    assert made.exit_code == 0, made.output
    (folder,) = out.iterdir()
    manifest = read_manifest(folder)
    told = orjson.loads(made.stdout)
    for who in ("lightgbm", "table", "type", "agent", "global"):
        assert told[f"mae_{who}"] == manifest.metrics[f"mae_{who}"]
    assert 0.5 < told["coverage80"] < 1
    assert {"metrics.json", "report.html"} < {each.name for each in folder.iterdir()}
    for place in (out, folder):
        shown = run(app, ["show", str(place)])
        assert shown.exit_code == 0
        assert "a router would take it" in shown.output
    (folder / MODEL_FILE).write_text("broken")
    refused = run(app, ["show", str(out)])
    assert refused.exit_code == 1
    assert "a router would refuse it: HASH_DIFFERS" in refused.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "nowhere"], "no model in it"),
    ],
)
def test_showing_says_what_is_wrong(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(app, arguments)
    assert found.exit_code == 1
    assert said in found.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--log", "nowhere.csv"], "nowhere.csv"),
        (["--log", ".", "--time-zone", "Mars"], "Mars"),
        ([], "either --log PATH or --history URL"),
        (["--history", "sqlite:///gone/none.db"], "--history"),
    ],
)
def test_training_says_what_is_wrong(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(training, ["--out", "out", *arguments])
    assert found.exit_code == 1
    assert said in found.output


def test_the_report_carries_both_languages_and_the_same_log_gives_the_same_files(
    logs: Path, tmp_path: Path
) -> None:
    pages, models = [], []
    for name in ("one", "two"):
        report, out = tmp_path / f"{name}.html", tmp_path / name
        given = ["--log", str(logs), "--out", str(out), "--trees", "5", "--html", str(report)]
        made = CliRunner().invoke(training, [*given, "--lang", "zh"])
        assert made.exit_code == 0, made.output
        assert "中位数误差" in made.output
        pages.append(report.read_bytes())
        (folder,) = out.iterdir()
        models.append((folder / MODEL_FILE).read_bytes())
    assert pages[0] == pages[1]
    assert models[0] == models[1]
    page = pages[0].decode()
    assert "Importance of features" in page
    assert "特征重要性" in page


def test_days_to_fit_and_to_choose_by_may_be_said(logs: Path, tmp_path: Path) -> None:
    given = ["--log", str(logs), "--out", str(tmp_path), "--trees", "5", "--json"]
    days = ["--train-until", "2026-03-20", "--choose-until", "2026-03-27"]
    made = CliRunner().invoke(training, [*given, *days])
    assert made.exit_code == 0, made.output
    assert orjson.loads(made.stdout)["held_out_from"] >= "2026-03-28"
