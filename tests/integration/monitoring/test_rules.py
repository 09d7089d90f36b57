"""Prometheus's own tool reads the configuration, and finds that alerts fire and do not fire."""

import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

PROMETHEUS = Path(__file__).resolve().parents[3] / "deploy/prometheus"
_SECONDS = 120


def promtool(*arguments: str) -> str:
    """What it says; an AssertionError with that if it is not content."""
    done = subprocess.run(
        ("promtool", *arguments),
        cwd=PROMETHEUS,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_configuration_and_all_rules_are_valid() -> None:
    said = promtool("check", "config", "--lint=all", "--lint-fatal", "prometheus.yml")
    assert said.count("rules found") == len(list(PROMETHEUS.glob("rules/*.yml")))


@pytest.mark.parametrize("path", sorted(PROMETHEUS.glob("tests/*.yml")), ids=lambda path: path.stem)
def test_alerts_fire_when_they_should_and_only_then(path: Path) -> None:
    assert "SUCCESS" in promtool("test", "rules", f"tests/{path.name}")


def test_an_alert_that_does_not_fire_is_noticed(tmp_path: Path) -> None:
    """The tests of rules can fail: a threshold that never comes is found out."""
    rules = (PROMETHEUS / "rules/routing.yml").read_text()
    never = rules.replace(
        "double_assignments_total[10m])) > 0", "double_assignments_total[10m])) > 9"
    )
    assert never != rules
    (tmp_path / "rules").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "rules/routing.yml").write_text(never)
    test = tmp_path / "tests/routing.yml"
    test.write_text((PROMETHEUS / "tests/routing.yml").read_text())
    with pytest.raises(AssertionError, match="DoubleAssignment"):
        promtool("test", "rules", str(test))
