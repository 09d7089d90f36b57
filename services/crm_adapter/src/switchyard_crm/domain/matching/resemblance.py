"""In what two records are alike and in what not, for people who judge them."""

from collections.abc import Iterable
from dataclasses import dataclass

from switchyard_crm.domain.identifiers import Identifier
from switchyard_crm.domain.matching.births import Births, compare_births
from switchyard_crm.domain.matching.comparable import Comparable
from switchyard_crm.domain.matching.likeness import compare_names


@dataclass(frozen=True, slots=True)
class Resemblance:
    """Evidence without values; `vetoed` if they are certainly two people."""

    evidence: tuple[str, ...]
    vetoed: bool


def resemblance(a: Comparable, b: Comparable, common: Iterable[Identifier]) -> Resemblance:
    """Of any two records, with the identifiers they have in common or without any."""
    births = compare_births(a.birth_date, b.birth_date)
    names = compare_names(a.name, b.name)
    kinds = dict.fromkeys(each.kind.replace("_", " ") for each in common)
    equal = tuple(f"{kind} equal" for kind in kinds)
    return Resemblance((*equal, names.evidence, births.value), births is Births.DIFFERENT)
