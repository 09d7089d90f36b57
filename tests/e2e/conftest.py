"""One run of the whole of Switchyard for all end-to-end tests that do not stop it."""

from collections.abc import Iterator

import pytest

from tests.fakes.launcher.running import Switchyard, running


@pytest.fixture(scope="session")
def switchyard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switchyard]:
    """The running whole; ask it for `port("GATEWAY_PORT")` or `target("ROUTER_PORT")`."""
    with running(tmp_path_factory.mktemp("switchyard")) as whole:
        yield whole
