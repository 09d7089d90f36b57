"""Repeats a test that failed while the whole machine stood still, and tells of it.

Shared machines stop every process at once for seconds at times. Deadlines, leases and heartbeats
run out then although the program did nothing wrong, so such a failure is no measurement. A
failure counts at once unless a process of its own (watch.py), which the tests cannot slow down
by what they do wrong, noticed a standstill between the test's begin and its end.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

MOST_RUNS = 3
_WATCHER = Path(__file__).with_name("watch.py")
_SETTLE_SECONDS = 0.2
"""After a standstill the watcher may be the last to wake up."""
_PROPERTY = "standstill"


@dataclass(frozen=True, slots=True)
class Standstill:
    """A time in which nothing went on, in seconds of the monotonic clock."""

    began: float
    ended: float
    what: str
    """processes, disk or host."""

    def __str__(self) -> str:
        return f"{self.ended - self.began:.1f} s ({self.what})"


class Watch:
    """The watcher's process, for the length of a test run."""

    def __init__(self) -> None:
        self._notes = tempfile.NamedTemporaryFile(prefix="standstill-")  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(_WATCHER), tempfile.gettempdir()],
            stdin=subprocess.PIPE,
            stdout=self._notes,
        )

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def seen(self, since: float = 0.0) -> list[Standstill]:
        """Standstills that ended after this moment. RuntimeError if nobody watches any more."""
        if self._process.poll() is not None:
            raise RuntimeError(f"tests/standstill/watch.py ended ({self._process.returncode})")
        found = []
        for line in Path(self._notes.name).read_text().splitlines():
            if len(parts := line.split()) == 3:
                found.append(Standstill(float(parts[0]), float(parts[1]), parts[2]))
        return [one for one in found if one.ended > since]

    def close(self) -> None:
        """End it, also if what tests left behind keeps its standard input open."""
        self._process.terminate()
        self._process.communicate(timeout=60)
        self._notes.close()


_WATCH = pytest.StashKey[Watch]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_WATCH] = Watch()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _WATCH in config.stash:  # not if what comes before has failed
        config.stash[_WATCH].close()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in _reports(item, nextitem):
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _reports(item: pytest.Item, nextitem: pytest.Item | None) -> list[pytest.TestReport]:
    """What counts: the first run without a failure, or without a standstill, or the last."""
    told: list[str] = []
    while True:
        began = time.monotonic()
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        failed = next((report for report in reports if report.failed), None)
        if failed is None or len(told) == MOST_RUNS - 1 or not (why := _standstill(item, began)):
            break
        told.append(f"{item.nodeid}: stood still for {why}; {_what(failed)}{_put_away(item)}")
    reports[-1].user_properties.extend((_PROPERTY, line) for line in told)
    return reports


def _put_away(item: pytest.Item) -> str:
    """What the tests share may have suffered as well: the next run gets everything anew."""
    state = item.session._setupstate
    call = pytest.CallInfo.from_call(lambda: state.teardown_exact(None), when="teardown")
    return "" if call.excinfo is None else f"; not put away: {call.excinfo.exconly()}"


def _standstill(item: pytest.Item, began: float) -> str:
    time.sleep(_SETTLE_SECONDS)
    return ", ".join(str(one) for one in item.config.stash[_WATCH].seen(since=began))


def _what(failed: pytest.TestReport) -> str:
    crash = getattr(failed.longrepr, "reprcrash", None)
    return crash.message.splitlines()[0] if crash is not None else f"{failed.when} failed"


def _repeated(reporter: pytest.TerminalReporter) -> Iterator[str]:
    for reports in reporter.stats.values():
        for report in reports:
            for name, line in getattr(report, "user_properties", ()):
                if name == _PROPERTY:
                    yield line


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    seen = config.stash[_WATCH].seen()
    if repeated := sorted(set(_repeated(terminalreporter))):
        terminalreporter.section("repeated, because the machine stood still meanwhile")
        for line in repeated:
            terminalreporter.line(line)
    if seen:
        longest = max(seen, key=lambda one: one.ended - one.began)
        terminalreporter.line(f"the machine stood still {len(seen)} times, at most {longest}")
