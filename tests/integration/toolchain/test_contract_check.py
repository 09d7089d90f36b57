"""`scripts/check_protos` in small repositories of its own: what is compared with what."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
OLD = """\
syntax = "proto3";

package thing.v1;

// A thing.
message Thing {
  // Its name.
  string name = 1;
}
"""
GROWN = OLD.replace("1;\n}", "1;\n  // Its colour.\n  string colour = 2;\n}")
BROKEN = OLD.replace("string name = 1", "int64 name = 1")


class Repository:
    """A repository with one contract, the check, and buf."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.proto = folder / "protos" / "thing" / "v1" / "thing.proto"
        self.proto.parent.mkdir(parents=True)
        (folder / "scripts").mkdir()
        shutil.copy(ROOT / "scripts" / "check_protos", folder / "scripts")
        shutil.copy(ROOT / "buf.yaml", folder)
        (folder / ".venv").symlink_to(ROOT / ".venv")
        (folder / ".gitignore").write_text(".venv\n")
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
        return subprocess.run(
            ["git", *identity, *arguments],
            cwd=self.folder,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    def commit(self, text: str, message: str = "Change the contract") -> str:
        self.proto.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def check(self, **environment: str) -> tuple[bool, str]:
        return check(self.folder, **environment)


def check(folder: Path, **environment: str) -> tuple[bool, str]:
    """Whether the contracts in the folder pass, and what was printed."""
    result = subprocess.run(
        ["scripts/check_protos"],
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return result.returncode == 0, result.stdout


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_without_a_commit_there_is_nothing_to_compare_with(repository: Repository) -> None:
    repository.proto.write_text(OLD)
    passed, output = repository.check()
    assert passed, output
    assert "no commit yet" in output


def test_the_first_contract_has_nothing_to_compare_with(repository: Repository) -> None:
    repository.commit(OLD)
    passed, output = repository.check()
    assert passed, output
    assert "nothing to compare with" in output


def test_a_contract_may_grow(repository: Repository) -> None:
    repository.commit(OLD)
    repository.commit(GROWN)
    passed, output = repository.check()
    assert passed, output
    assert "compared with" in output


def test_a_break_on_the_main_branch_itself_is_found(repository: Repository) -> None:
    repository.commit(OLD)
    repository.commit(BROKEN)
    repository.commit(BROKEN, "Change something else")
    passed, output = repository.check()
    assert not passed
    assert "changed type" in output


def test_a_break_that_is_not_committed_is_found(repository: Repository) -> None:
    repository.commit(OLD)
    repository.proto.write_text(BROKEN)
    assert not repository.check()[0]


def test_a_branch_is_compared_with_where_it_left_main(repository: Repository) -> None:
    repository.commit(OLD)
    repository.git("switch", "--quiet", "--create", "topic")
    repository.commit(BROKEN, "Break it")
    repository.commit(BROKEN.replace("A thing", "The thing"), "Break it no further")
    assert not repository.check()[0]


def test_a_break_on_purpose_passes_and_is_told(repository: Repository) -> None:
    repository.commit(OLD)
    repository.commit(BROKEN, "Count things\n\nContract-Break: nobody has built on it yet")
    passed, output = repository.check()
    assert passed, output
    assert "nobody has built on it yet" in output


def test_a_chosen_base_is_compared_with(repository: Repository) -> None:
    base = repository.commit(OLD)
    repository.commit(BROKEN)
    repository.commit(BROKEN + "\n// The end.\n")
    assert repository.check()[0]
    assert not repository.check(PROTO_BASE=base)[0]


def test_a_shallow_clone_has_nothing_to_compare_with(
    repository: Repository, tmp_path: Path
) -> None:
    repository.commit(OLD)
    repository.commit(BROKEN)
    clone = tmp_path / "clone"
    repository.git("clone", "--quiet", "--depth=1", f"file://{repository.folder}", str(clone))
    (clone / ".venv").symlink_to(ROOT / ".venv")
    result = subprocess.run(
        ["scripts/check_protos"],
        cwd=clone,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "nothing to compare with" in result.stdout


def test_bad_style_is_found(repository: Repository) -> None:
    repository.commit(OLD.replace("  // Its name.\n", ""))
    passed, output = repository.check()
    assert not passed
    assert "comment" in output
