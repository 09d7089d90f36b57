"""Rules of the repository that no tool checks."""

import re
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
LOCKS = [
    "requirements.lock",
    "scripts/tools.lock",
    "services/ivr_bot/bot/requirements.lock",
    "services/ivr_bot/phone/speech/requirements.lock",
]
MEMBERS = sorted(
    path
    for folder in ("libs", "services")
    for path in (ROOT / folder).rglob("pyproject.toml")
    if "node_modules" not in path.parts
)


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_name_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert not re.search(r"^\s*(-i|-f|-e|--(extra-)?index-url|--find-links)\b", text, re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_a_hash(lock: str) -> None:
    entries = re.split(r"\n(?=[^\s#])", (ROOT / lock).read_text().strip())
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("member", MEMBERS, ids=lambda path: path.parent.name)
def test_members_are_declared_alike(member: Path) -> None:
    project = tomllib.loads(member.read_text())["project"]
    assert project["name"].startswith("switchyard-")
    assert project["requires-python"] == ">=3.12,<3.13"
    for dependency in project["dependencies"]:
        assert dependency.startswith("switchyard-") or ">=" in dependency or "==" in dependency


@pytest.mark.parametrize("member", MEMBERS, ids=lambda path: path.parent.name)
def test_type_checks_cover_every_member(member: Path) -> None:
    mypy = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
    folder = str(member.parent.relative_to(ROOT))
    assert f"{folder}/src" in mypy["mypy_path"]
    assert folder in mypy["files"] or folder == "libs/protos"


def test_make_offers_at_most_twenty_targets() -> None:
    targets = re.findall(r"^[a-z0-9-]+:.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert 10 <= len(targets) <= 20


def test_package_markers_hold_a_docstring_only() -> None:
    packages = [
        path
        for folder in ("libs", "services")
        for path in (ROOT / folder).rglob("__init__.py")
        if "libs/protos" not in str(path)
    ]
    long = [path for path in packages if not re.fullmatch(r'"""[^"]+"""\n', path.read_text())]
    assert packages
    assert long == []
