"""The bootstrap says what is missing and what to do, and does nothing twice."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
TOOLS = (
    *(
        "awk",
        "bash",
        "cat",
        "cut",
        "df",
        "dirname",
        "echo",
        "flock",
        "id",
        "mkdir",
        "sha256sum",
        "tail",
    ),
    *("test", "touch", "xargs"),
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    return tmp_path


@pytest.fixture
def bare_path(tmp_path: Path) -> str:
    """A PATH without a package manager and without sudo."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        where = shutil.which(tool)
        assert where, tool
        (folder / tool).symlink_to(where)
    return str(folder)


def bootstrap(checkout: Path, packages: str, path: str, *arguments: str) -> tuple[int, str]:
    (checkout / "system-packages.txt").write_text(packages)
    result = subprocess.run(
        ["scripts/bootstrap", *arguments],
        cwd=checkout,
        env={"PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return result.returncode, result.stdout


def test_names_the_missing_packages_and_the_command(checkout: Path, bare_path: str) -> None:
    packages = "[run]\nthere | x | true\nfoo | y | false\n[test]\nbar | z | test -e /nonexistent\n"
    code, output = bootstrap(checkout, packages, bare_path, "test")
    assert code == 1
    assert "Cannot go on: these system packages are missing: foo bar" in output
    assert "sudo apt-get update && sudo apt-get install -y foo bar" in output


def test_running_needs_nothing_that_only_tests_need(checkout: Path, bare_path: str) -> None:
    packages = "[run]\nfoo | y | false\n[test]\nbar | z | false\n"
    _, output = bootstrap(checkout, packages, bare_path)
    assert "are missing: foo\n" in output


def test_an_installer_that_fails_is_quoted(checkout: Path, bare_path: str) -> None:
    python = Path(bare_path) / "python3"
    python.write_text("#!/bin/bash\necho no room on the moon\nexit 1\n")
    python.chmod(0o755)
    (Path(bare_path) / "rm").symlink_to("/bin/true")
    code, output = bootstrap(checkout, "[run]\n", bare_path)
    assert code == 1
    assert "[2/6] uv" in output
    assert "no room on the moon" in output


def steps(folder: Path, script: str) -> str:
    """Runs a few lines of bash with the steps at hand."""
    shutil.copy(ROOT / "scripts" / "steps.sh", folder)
    return subprocess.run(
        ["bash", "-euc", f". ./steps.sh\n{script}"],
        cwd=folder,
        env=os.environ,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_a_step_runs_again_only_when_its_inputs_change(tmp_path: Path) -> None:
    work = "unchanged it input || { echo working; remember it input; }"
    (tmp_path / "input").write_text("one")
    assert steps(tmp_path, work) == "working\n"
    assert steps(tmp_path, work) == ""
    (tmp_path / "input").write_text("two")
    assert steps(tmp_path, work) == "working\n"


def test_environments_of_a_checkout_that_was_moved_are_made_anew(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    (old / "input").write_text("one")
    steps(old, "remember it input")
    old.rename(new)
    assert steps(new, "unchanged it input || echo working") == "working\n"
