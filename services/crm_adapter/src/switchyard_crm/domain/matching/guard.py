"""Whether two records that have an identifier in common are of one person.

One identifier is never enough: numbers are shared, inherited and invented. It takes the name with
it, or a second identifier of another kind, or the birth date; and nothing that speaks against it.

| names | one identifier | one that is of one name | two kinds, or the birth date, or an account |
|---|---|---|---|
| equal, in any notation, or but for a slip | LINK | LINK | LINK |
| sound alike, agree in part | REVIEW | LINK | LINK |
| one is not known | REVIEW | LINK | LINK |
| one is a nickname | APART | LINK | REVIEW, with an account LINK |
| differ | APART | APART | REVIEW |

An identifier is of one name if all records that hold it have the same full name, or none.
Different birth dates are a veto; nearly equal ones turn LINK into REVIEW.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from enum import StrEnum

from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.matching.births import Births, compare_births
from switchyard_crm.domain.matching.blocked import BLOCKED_BY_DEFAULT, BlockedValues
from switchyard_crm.domain.matching.comparable import Comparable, comparable
from switchyard_crm.domain.matching.likeness import Alike, compare_names
from switchyard_crm.domain.matching.limits import within_limits
from switchyard_crm.domain.matching.person_names import PersonName
from switchyard_crm.domain.records import Profile

_SAME_NAME = frozenset((Alike.EQUAL, Alike.NOTATION, Alike.SLIP))
OF_ONE_NAME = "nobody else by name has it"
"""Evidence that a later record can take away."""
# Opened by one person, unlike a number or a mailbox.
_ACCOUNTS = frozenset((IdentifierKind.HANDLE, IdentifierKind.SOURCE_RECORD))


class VerdictKind(StrEnum):
    """What to do with a pair.

    LINK makes an edge; REVIEW asks a human; APART does nothing, unless it is a veto.
    """

    LINK = "LINK"
    REVIEW = "REVIEW"
    APART = "APART"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with a pair and why; the evidence holds no values.

    `veto` says that they are certainly two people, so that no third record may join them either.
    """

    kind: VerdictKind
    evidence: tuple[str, ...]
    veto: bool = False


def judge_pair(
    a: Profile,
    b: Profile,
    common: Sequence[Identifier],
    shared: Set[Identifier],
    of_one_name: Set[Identifier] = frozenset(),
    blocked: BlockedValues = BLOCKED_BY_DEFAULT,
) -> Verdict:
    """Judges two records by the identifiers they have in common.

    Those that are `shared` among many names, and blocked ones, prove nothing; those `of_one_name`
    prove more (`limits` tells which are). Whoever judges a record more than once keeps its
    comparable form and calls `judge`.
    """
    return judge(comparable(a), comparable(b), common, shared, of_one_name, blocked)


def judge(
    a: Comparable,
    b: Comparable,
    common: Sequence[Identifier],
    shared: Set[Identifier],
    of_one_name: Set[Identifier] = frozenset(),
    blocked: BlockedValues = BLOCKED_BY_DEFAULT,
) -> Verdict:
    """The same for comparable forms."""
    telling = [each for each in common if each not in shared and not blocked.holds(each)]
    births = compare_births(a.birth_date, b.birth_date)
    if births is Births.DIFFERENT:
        return Verdict(VerdictKind.APART, (*_equal(telling), births.value), veto=True)
    if not telling:
        return Verdict(VerdictKind.APART, ("nothing in common that tells who it is",))
    likeness = compare_names(a.name, b.name)
    evidence = (*_equal(telling), likeness.evidence, births.value)
    kinds = {each.kind for each in telling}
    account = not kinds.isdisjoint(_ACCOUNTS)
    own = not of_one_name.isdisjoint(telling)
    alike = likeness.alike
    if alike is Alike.DIFFERENT and (account or own) and (_nickname(a.name) or _nickname(b.name)):
        alike = Alike.UNKNOWN
    confirmed = account or births is Births.SAME or len(kinds) > 1
    kind = _weigh(alike, confirmed)
    if kind is VerdictKind.REVIEW and own and alike is not Alike.DIFFERENT:
        kind, evidence = VerdictKind.LINK, (*evidence, OF_ONE_NAME)
    return _within_reason(a, b, births, Verdict(kind, evidence))


def _weigh(names: Alike, confirmed: bool) -> VerdictKind:
    if names in _SAME_NAME:
        return VerdictKind.LINK
    if names is Alike.DIFFERENT:
        return VerdictKind.REVIEW if confirmed else VerdictKind.APART
    return VerdictKind.LINK if confirmed else VerdictKind.REVIEW


def _within_reason(a: Comparable, b: Comparable, births: Births, found: Verdict) -> Verdict:
    """A link that something speaks against is for people to judge."""
    if found.kind is not VerdictKind.LINK:
        return found
    if births is Births.CLOSE:
        return Verdict(VerdictKind.REVIEW, found.evidence)
    if not within_limits(a.identifiers | b.identifiers):
        return Verdict(VerdictKind.REVIEW, (*found.evidence, "too many identifiers for one person"))
    return found


def _equal(telling: Sequence[Identifier]) -> tuple[str, ...]:
    kinds = dict.fromkeys(each.kind for each in telling)
    return tuple(f"{kind.replace('_', ' ')} equal" for kind in kinds)


def _nickname(name: PersonName | None) -> bool:
    return name is not None and name.nickname
