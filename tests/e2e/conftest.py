"""One run of the whole of Switchyard for all end-to-end tests that do not stop it."""

from collections.abc import Iterator

import pytest

from tests.fakes.crm.begun import Beginning
from tests.fakes.launcher.running import Switchyard, running
from tests.fakes.steady_loop import pytest_asyncio_loop_factories

__all__ = ("pytest_asyncio_loop_factories",)

_Started = tuple[Switchyard, Beginning]


@pytest.fixture(scope="session")
def _started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Started]:
    with running(tmp_path_factory.mktemp("switchyard")) as whole:
        copy = tmp_path_factory.mktemp("begun") / "crm.sqlite"
        yield whole, Beginning(whole.state_dir / "crm.sqlite", copy)


@pytest.fixture(scope="session")
def switchyard(_started: _Started) -> Switchyard:
    """The running whole; ask it for `port("GATEWAY_PORT")` or `target("ROUTER_PORT")`."""
    return _started[0]


@pytest.fixture
def nothing_done_yet(_started: _Started) -> None:
    """No test before has left a booking, an arrangement, a ticket or a failed proof."""
    _started[1].restore()
