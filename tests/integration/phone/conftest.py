"""What tests of whole calls share: what their callers hear."""

import pytest

from tests.fakes.phone.bot import ONE_MOMENT, ORDER
from tests.fakes.phone.recordings import Recordings, quick_menus


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Recordings:
    """Noises for quick menus, whose callers may think for a minute."""
    folder = tmp_path_factory.mktemp("recordings")
    return Recordings(folder, quick_menus(folder / "menus.yml"), (ORDER, ONE_MOMENT))
