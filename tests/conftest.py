"""Rules that hold for every test: one marker per module, no skip that CI does not expect."""

import gc
import os
from collections.abc import Iterator
from fnmatch import fnmatchcase

import pytest
from hypothesis import settings

# Contract suites and worlds hold assertions, too: a failure there shall show both sides.
pytest.register_assert_rewrite("tests.contracts", "tests.crms", "tests.fakes")

pytest_plugins = (
    "tests.fakes.crm.databases",
    "tests.fakes.valkey.fixtures",
    "tests.standstill.plugin",
    "tests.crms.bottlecrm",  # runs on a server of the first
    "tests.crms.tryton",
)

KINDS = {"unit", "integration", "e2e"}

# What CI may skip: node id, and how the reason begins. The real call log is not public, and a
# shallow clone has no version before this one.
EXPECTED_SKIPS = (
    ("tests/*/demo/*", "real call log"),
    ("tests/integration/router/test_two_versions.py*", "history of this clone"),
)

# Shared machines pause at will: a deadline would fail tests that are right.
settings.register_profile("switchyard", deadline=None)
settings.load_profile("switchyard")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if len(KINDS & {mark.name for mark in item.iter_markers()}) != 1:
            raise pytest.UsageError(f"{item.nodeid}: give its module one of the markers {KINDS}")


@pytest.fixture(scope="module", autouse=True)
def nothing_left_open() -> Iterator[None]:
    """What a module leaves open is told by its own last test, not by one that runs much later."""
    yield
    gc.collect()


def unexpected_skips(reports: list[pytest.TestReport]) -> Iterator[str]:
    """Lines that name each skipped test CI must not pass over."""
    for report in reports:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = reason.removeprefix("Skipped: ")
        if not any(
            fnmatchcase(report.nodeid, test) and reason.startswith(start)
            for test, start in EXPECTED_SKIPS
        ):
            yield f"{report.nodeid}: {reason}"


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or os.environ.get("CI") != "true":
        return
    skipped = list(unexpected_skips(reporter.stats.get("skipped", [])))
    if skipped and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.section("skips that CI does not expect (tests/conftest.py lists those it does)")
        for line in skipped:
            reporter.line(line)
