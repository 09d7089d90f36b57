"""The part of the lock that one deployable needs.

The lock says after `# via` who wants each package, so the part is found without asking an index.
What only an extra of one of our libraries needs counts as wanted: a few MB more, never too little.
Nothing but the standard library: this runs before anything is installed.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ENTRY = re.compile(r"^([A-Za-z0-9._-]+)==.*?(?=^[A-Za-z0-9._-]+==|\Z)", re.MULTILINE | re.DOTALL)
_WANTED_BY = re.compile(r"^ +# (?:via +| +)([A-Za-z0-9._-]+)$", re.MULTILINE)
_OWN = "switchyard-"


@dataclass(frozen=True, slots=True)
class Locked:
    """A package in the lock: its lines with version and hashes, and who wants it."""

    name: str
    lines: str
    wanted_by: frozenset[str]


def read_lock(text: str) -> tuple[Locked, ...]:
    """All packages of a lock that uv wrote with its annotations."""
    return tuple(
        Locked(found[1], found[0].rstrip() + "\n", frozenset(_WANTED_BY.findall(found[0])))
        for found in _ENTRY.finditer(text)
    )


def part_for(lock: Iterable[Locked], roots: Iterable[str]) -> str:
    """The lock of what `roots` need: members of this repository, or packages in the lock.

    Raises KeyError with the name of a root that neither wants anything nor is in the lock.
    """
    packages, known = tuple(lock), set(roots)
    everybody = {package.name for package in packages}.union(*(p.wanted_by for p in packages))
    for root in sorted(known - everybody):
        raise KeyError(root)
    size = 0
    while size != len(known):
        size = len(known)
        known |= {package.name for package in packages if package.wanted_by & known}
    return "".join(package.lines for package in packages if package.name in known)


def members(root: Path) -> dict[str, Path]:
    """The folders of this repository's own packages by their names."""
    found = (path for top in ("libs", "services") for path in (root / top).rglob("pyproject.toml"))
    return {_project(path.parent)["name"]: path.parent for path in sorted(found)}


def with_own_libraries(name: str, folders: Mapping[str, Path]) -> tuple[str, ...]:
    """A member and the members that it needs, the libraries of its libraries too; by name."""
    known, fresh = {name}, [name]
    while fresh:
        needs = _project(folders[fresh.pop()])["dependencies"]
        own = {re.split(r"[\[<>=~! ]", need)[0] for need in needs if need.startswith(_OWN)}
        fresh.extend(own - known)
        known |= own
    return tuple(sorted(known))


def _project(folder: Path) -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    return project
