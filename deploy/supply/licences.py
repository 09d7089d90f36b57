"""The licences of installed packages, and which of them may not ship.

A package's own words count: SPDX expression, classifiers, then the free field. Of several choices
(`A OR B`, or several classifiers) one that is allowed is enough; of an `AND` all parts have to be.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

_COPYLEFT = re.compile(r"\bA?GPL|Affero|(?<!Lesser )General Public License", re.IGNORECASE)
_LESSER = re.compile(r"LGPL|Lesser General Public", re.IGNORECASE)
_OWN = "switchyard-"
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package, and the licence that it names; empty: it names none."""

    name: str
    version: str
    licence: str


def installed(folder: Path | None = None) -> list[Package]:
    """The packages in an environment's site-packages (none: this one's), but our own; by name."""
    where = [str(folder)] if folder is not None else None
    every = distributions(path=where) if where is not None else distributions()
    found = {_name(each): Package(_name(each), each.version, _licence(each)) for each in every}
    return [found[name] for name in sorted(found) if not name.startswith(_OWN)]


def unshippable(packages: Iterable[Package], names: Iterable[str]) -> Iterator[Package]:
    """Of the packages called `names`, those under the GPL or AGPL, or without a licence."""
    shipping = {normal(name) for name in names}
    for package in packages:
        if package.name in shipping and not allowed(package.licence):
            yield package


def allowed(licence: str) -> bool:
    """Whether something under this licence may ship with ours (Apache-2.0)."""
    if not licence:
        return False
    choices = re.split(r"\s+OR\s+|\s/\s", licence.strip("()"))
    return any(_LESSER.search(each) or not _COPYLEFT.search(each) for each in choices)


def normal(name: str) -> str:
    """A package's name as PEP 503 compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _name(each: Distribution) -> str:
    return normal(each.metadata["Name"])


def _licence(each: Distribution) -> str:
    told = each.metadata
    expression = told.get("License-Expression")
    if expression:
        return str(expression)
    kinds = [kind for kind in told.get_all("Classifier") or () if kind.startswith("License ::")]
    named = [kind.rpartition(" :: ")[2] for kind in kinds if kind.count("::") > 1]
    if named:
        return " / ".join(named)
    return str(told.get("License") or "").strip().partition("\n")[0][:_LONGEST]
