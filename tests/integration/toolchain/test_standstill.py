"""A failure is forgiven if the machine stood still, and never else: checked on pytest itself."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
BEGIN = """
import os, signal, time
from pathlib import Path
import pytest

RUNS = Path("runs")

def run_number():
    RUNS.touch()
    with RUNS.open("a") as file:
        file.write("x")
    return len(RUNS.read_text())

def stand_still(request):
    from tests.standstill.plugin import _WATCH
    watcher = request.config.stash[_WATCH].pid
    while "watching" not in Path(request.config.stash[_WATCH]._notes.name).read_text():
        time.sleep(0.01)
    os.kill(watcher, signal.SIGSTOP)
    time.sleep(1.5)
    os.kill(watcher, signal.SIGCONT)
    while not request.config.stash[_WATCH].seen():
        time.sleep(0.01)
"""


def play(folder: Path, test: str, *options: str) -> tuple[int, str, int]:
    """Exit code and output of a run of this test, and how often the test ran."""
    (folder / "test_it.py").write_text(BEGIN + test)
    (folder / "pytest.ini").write_text(
        "[pytest]\nfilterwarnings = error\nasyncio_default_fixture_loop_scope = function\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.standstill.plugin", *options, "test_it.py"],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr, len((folder / "runs").read_text())


FAILS_ONCE = """
def test_it(request):
    if run_number() == 1:
        stand_still(request)
        assert not "the deadline has passed"
"""


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["here", "worker"])
def test_a_failure_in_a_standstill_is_no_result(tmp_path: Path, options: tuple[str, ...]) -> None:
    code, output, runs = play(tmp_path, FAILS_ONCE, *options)
    assert (code, runs) == (0, 2), output
    assert "repeated, because the machine stood still meanwhile" in output
    assert "the deadline has passed" in output


def test_a_failure_without_a_standstill_counts_at_once(tmp_path: Path) -> None:
    code, output, runs = play(tmp_path, "def test_it():\n    assert run_number() != 1\n")
    assert (code, runs) == (1, 1), output
    assert "repeated" not in output


def test_a_test_that_keeps_the_processor_is_no_standstill(tmp_path: Path) -> None:
    spins = """
def test_it():
    until = time.monotonic() + 2
    while time.monotonic() < until:
        pass
    assert run_number() != 1
"""
    code, output, runs = play(tmp_path, spins)
    assert (code, runs) == (1, 1), output


def test_a_test_that_always_fails_fails(tmp_path: Path) -> None:
    always = "def test_it(request):\n    run_number()\n    stand_still(request)\n    assert False\n"
    code, output, runs = play(tmp_path, always)
    assert (code, runs) == (1, 3), output


def test_what_tests_share_is_made_anew(tmp_path: Path) -> None:
    shared = """
@pytest.fixture(scope="module")
def lease():
    yield ["held"]

def test_it(request, lease):
    if run_number() == 1:
        stand_still(request)
        lease.clear()
    assert lease
"""
    code, output, runs = play(tmp_path, shared)
    assert (code, runs) == (0, 2), output


def test_a_shared_beginning_that_failed_is_tried_again(tmp_path: Path) -> None:
    shared = """
@pytest.fixture(scope="module")
def server(request):
    if run_number() == 1:
        stand_still(request)
        raise TimeoutError
    yield

def test_it(server):
    pass

def test_another(server):
    pass
"""
    code, output, runs = play(tmp_path, shared)
    assert (code, runs) == (0, 2), output
