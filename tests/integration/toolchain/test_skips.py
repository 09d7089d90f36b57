"""CI fails on a skip that it does not expect; a person at a keyboard is only told."""

import shutil
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration
pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[3]
SKIPPING = """
import pytest
pytestmark = pytest.mark.unit
def test_runs(): pass
@pytest.mark.skipif(True, reason="{reason}")
def test_skips(): pass
"""


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    (pytester.path / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "conftest.py", pytester.path / "tests")
    for folder in ("crms", "fakes", "standstill"):
        shutil.copytree(ROOT / "tests" / folder, pytester.path / "tests" / folder)
    shutil.copy(ROOT / "pyproject.toml", pytester.path)
    return pytester


def run(suite: pytest.Pytester, folder: str, reason: str) -> tuple[int, str]:
    test = suite.path / "tests" / "unit" / folder / "test_it.py"
    test.parent.mkdir(parents=True)
    test.write_text(SKIPPING.format(reason=reason))
    result = suite.runpytest_subprocess("-p", "no:cacheprovider")
    return int(result.ret), result.stdout.str()


def test_ci_fails_on_a_skip_it_does_not_expect(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    code, output = run(suite, "router", "no server here")
    assert code == pytest.ExitCode.TESTS_FAILED
    assert "test_skips: no server here" in output


def test_ci_accepts_the_skips_it_expects(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    code, output = run(suite, "demo", "real call log: not on this machine")
    assert code == pytest.ExitCode.OK, output


def test_a_person_is_told_the_reason(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    code, output = run(suite, "router", "no server here")
    assert code == pytest.ExitCode.OK
    assert "no server here" in output


def test_a_test_without_a_kind_is_refused(suite: pytest.Pytester) -> None:
    (suite.path / "tests" / "test_it.py").write_text("def test_it(): pass\n")
    result = suite.runpytest_subprocess("-p", "no:cacheprovider")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
