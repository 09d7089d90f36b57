"""A model of resolution is measured against the table, published if wished, and never routed by."""

from pathlib import Path

import orjson
import pytest
import typer
from structlog.testing import capture_logs
from switchyard_router.adapters.models.directory import ModelDirectory
from switchyard_router.adapters.models.manifest import read_manifest
from switchyard_router.model_command import app
from switchyard_router.train_command import train as train_command
from typer.testing import CliRunner, Result

from tests.fakes.router.core import Meter
from tests.fakes.router.histories import history, leg, surveyed_centre
from tests.fakes.router.models import version

pytestmark = pytest.mark.unit

training = typer.Typer()
training.command()(train_command)


def by_hour(agent: int, hour: int) -> float:
    """What a table of agents and types cannot see."""
    return 0.9 if hour < 14 else 0.3


def alike(agent: int, hour: int) -> float:
    return 0.7


def always(agent: int, hour: int) -> float:
    return 1.0


@pytest.fixture(scope="module")
def lifted(tmp_path_factory: pytest.TempPathFactory) -> str:
    return surveyed_centre(tmp_path_factory.mktemp("lifted"), by_hour)


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> str:
    return surveyed_centre(tmp_path_factory.mktemp("flat"), alike)


def trained(url: str, out: Path, *more: str) -> Result:
    asked = ["--kind", "resolution", "--history", url, "--tenant", "default", "--out", str(out)]
    return CliRunner().invoke(training, [*asked, "--trees", "20", *more])


def test_a_lift_that_the_table_cannot_see_makes_the_model_the_better_one(
    lifted: str, tmp_path: Path
) -> None:
    made = trained(lifted, tmp_path, "--json")
    assert made.exit_code == 0, made.output
    told = orjson.loads(made.stdout)
    assert (told["serves"], told["lift"]) == ("lightgbm", "yes")
    assert told["brier_lightgbm"] < told["brier_table"]
    assert told["difference_high"] < 0
    assert told["predicted_to_actual_lightgbm"] == pytest.approx(1, abs=0.1)
    manifest = read_manifest(Path(told["folder"]))
    assert (manifest.predicts, manifest.serves) == ("resolution", "model")


def test_where_nothing_matters_the_table_stays_and_the_report_says_no_lift(
    flat: str, tmp_path: Path
) -> None:
    made = trained(flat, tmp_path, "--json")
    assert made.exit_code == 0, made.output
    told = orjson.loads(made.stdout)
    assert (told["serves"], told["lift"]) == ("table", "no lift")
    folder = Path(told["folder"])
    assert read_manifest(folder).serves == "table"
    assert "No lift: nothing beats one share for all" in (folder / "report.html").read_text()


def test_the_page_and_the_lines_are_in_both_languages(lifted: str, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    made = trained(lifted, tmp_path / "out", "--html", str(report), "--lang", "zh")
    assert made.exit_code == 0, made.output
    assert "Brier 分数低于收缩表" in made.output
    page = report.read_text()
    for words in (
        "Resolution model",
        "问题解决率模型",
        "Routers do not weigh",
        "路由器不使用解决率",
    ):
        assert words in page


def test_the_same_history_gives_the_same_model(lifted: str, tmp_path: Path) -> None:
    folders = [
        Path(orjson.loads(trained(lifted, tmp_path / name, "--json").stdout)["folder"])
        for name in ("one", "two")
    ]
    one, two = ((folder / "model.txt").read_bytes() for folder in folders)
    assert one == two


def test_measuring_ends_where_it_is_told_to(flat: str, tmp_path: Path) -> None:
    days = ["--train-until", "2026-03-31", "--choose-until", "2026-04-08"]
    made = trained(flat, tmp_path, *days, "--test-until", "2026-04-15", "--json")
    assert made.exit_code == 0, made.output
    told = orjson.loads(made.stdout)
    assert (told["held_out_from"], told["held_out_until"]) == ("2026-04-09", "2026-04-15")


def test_a_call_log_is_refused_because_it_tells_no_outcome(tmp_path: Path) -> None:
    asked = ["--kind", "resolution", "--log", "calls.csv", "--out", str(tmp_path)]
    made = CliRunner().invoke(training, asked)
    assert made.exit_code == 1
    assert "call logs do not say what was resolved; give --history URL" in made.output


def test_a_history_without_surveys_is_refused_with_what_to_do(tmp_path: Path) -> None:
    made = trained(history(tmp_path, leg("one")), tmp_path / "out")
    assert made.exit_code == 1
    assert "switch surveys on" in made.output


def test_customers_who_are_all_content_teach_nothing(tmp_path: Path) -> None:
    made = trained(surveyed_centre(tmp_path, always), tmp_path / "out")
    assert made.exit_code == 1
    assert "ended alike" in made.output
    assert not (tmp_path / "out").exists()


def test_a_router_refuses_it_and_goes_on_with_what_it_had(lifted: str, tmp_path: Path) -> None:
    version(tmp_path)
    models = ModelDirectory(str(tmp_path), Meter(), poll_seconds=1)
    models.look()
    made = trained(lifted, tmp_path, "--json")
    assert made.exit_code == 0, made.output
    with capture_logs() as logs:
        models.look()
    assert [entry["reason"] for entry in logs if entry["event"] == "model_refused"] == [
        "KIND_DIFFERS"
    ]
    serving = models.current()
    assert serving is not None
    assert serving.info.version == "handle_time@20260101T120001"
    shown = CliRunner().invoke(app, ["show", orjson.loads(made.stdout)["folder"]])
    assert shown.exit_code == 1
    assert "KIND_DIFFERS" in shown.output
