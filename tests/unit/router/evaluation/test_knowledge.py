"""What a model directory would know of a described centre, and policies that go by it."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from switchyard_router.domain.evaluation.centre import Centre, Group, Kind
from switchyard_router.domain.evaluation.contenders import Contender, of_policy
from switchyard_router.domain.evaluation.staffing import staff_of
from switchyard_router.service.evaluation.knowledge import Knowledge, Known, learned
from switchyard_router.service.evaluation.simulation import simulate
from switchyard_router.service.predictions import ModelInfo
from switchyard_router.simulate_command import simulate_command
from typer.testing import CliRunner

from tests.fakes.router.models import PlainModel, change_manifest, version

pytestmark = pytest.mark.unit

UNTIL = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
CENTRE = Centre(
    (Kind("billing", (40.0,) * 24, 200.0, 0.5), Kind("orders", (30.0,) * 24, 90.0, 0.5)),
    (
        Group("fast", 3, ("billing", "orders"), 0.8),
        Group("slow", 3, ("billing", "orders"), 1.25),
    ),
)


def info(**changes: Any) -> ModelInfo:
    return replace(ModelInfo("plain@7", UNTIL), **changes)


def test_where_the_table_serves_it_has_learned_who_is_fast() -> None:
    model = PlainModel(info(serves=False))
    found = learned(CENTRE, model, days=5, seed=1)
    assert model.asked == 0
    assert found.basis.source == "table"
    assert found.basis.services > 5_000
    assert found.basis.off < 0.05
    assert found.seconds == pytest.approx(staff_of(CENTRE).true_s, rel=0.15)


def test_more_days_teach_more_and_the_same_days_the_same() -> None:
    model = PlainModel(info(serves=False))
    little, more, again = (learned(CENTRE, model, days, seed=1) for days in (1, 12, 12))
    assert more.basis.off < 0.8 * little.basis.off
    assert (more.seconds == again.seconds).all()


def test_a_model_that_serves_is_asked_for_every_kind() -> None:
    model = PlainModel(info())
    found = learned(CENTRE, model, days=1, seed=1)
    assert (model.asked, found.basis.source) == (2, "plain@7")
    assert found.seconds.shape == (2, 6)


def test_policies_go_by_what_is_known_and_times_are_what_they_are() -> None:
    """Whoever believes the slow to be fast asks them first, and calls take longer."""
    truth = staff_of(CENTRE).true_s
    upside_down = Knowledge(truth[:, ::-1].copy(), Known("upside down", 0, 0.5))
    fastest = Contender("fastest", {"handle": 1.0})

    def handle_s(knowledge: Knowledge | None) -> float:
        run = simulate(CENTRE, fastest, replications=2, seed=1, knowledge=knowledge)
        return run.figures["all"]["aht_s"].mean

    right, wrong = handle_s(None), handle_s(upside_down)
    assert wrong > 1.1 * right
    by_idle = simulate(CENTRE, of_policy("longest_idle"), replications=2, seed=1)
    assert right < by_idle.figures["all"]["aht_s"].mean < wrong


# The command ----------------------------------------------------------------------------------


def run(*arguments: str) -> Any:
    app = typer.Typer()
    app.command()(simulate_command)
    usual = ("--replications", "2", "--policy", "predictive", "--learned-days", "1")
    return CliRunner().invoke(app, [*usual, *arguments])


def test_a_trained_directory_is_what_policies_go_by(tmp_path: Path) -> None:
    change_manifest(version(tmp_path), serves="model")
    done = run("--model", str(tmp_path), "--json")
    assert done.exit_code == 0, done.output
    known = json.loads(done.stdout.strip().splitlines()[-1])["knowledge"]
    assert known["source"] == "handle_time@20260101T120001"
    assert known["services"] > 10_000
    assert known["off"] > 0
    assert "off the true means" in run("--model", str(tmp_path)).stdout
    assert "与真实均值平均相差" in run("--model", str(tmp_path), "--lang", "zh").stdout


def test_more_history_than_memory_holds_is_refused(tmp_path: Path) -> None:
    much = run("--model", str(tmp_path), "--learned-days", "366", "--calls-per-hour", "9000")
    assert much.exit_code == 2
    assert "--learned-days: more than 5,000,000 calls" in much.output


def test_a_directory_without_a_sound_model_is_refused_with_the_fix(tmp_path: Path) -> None:
    nothing = run("--model", str(tmp_path))
    assert nothing.exit_code == 2
    assert "switchyard train" in nothing.output
    (version(tmp_path) / "model.txt").write_text("broken")
    broken = run("--model", str(tmp_path))
    assert broken.exit_code == 2
    assert "HASH_DIFFERS" in broken.output
    assert "switchyard model show" in broken.output
