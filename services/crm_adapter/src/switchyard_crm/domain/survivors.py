"""One view of a customer out of several records: which value of a field survives, by rules."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from switchyard_crm.domain.customer import Provenance, SourcedText
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.records import Profile

MANUAL_SOURCE = "manual"
# Under which people stand of whom only a phone or e-mail address is known, which they named.
REPORTER_SOURCE = "reporter"
"""Holds what people tied to a customer. Such a record adds identifiers to the view, nothing else:
its name is a copy."""


class ScalarField(StrEnum):
    """A field of which a customer has one value; the value is its name in the rules."""

    DISPLAY_NAME = "display_name"
    LANGUAGE = "language"
    TIER = "tier"
    BIRTH_DATE = "birth_date"
    ADDRESS = "address"


class SurvivorRule(StrEnum):
    """Which value survives. Of equals, the one observed last; then by source and id."""

    SOURCE_PRIORITY = "SOURCE_PRIORITY"
    """The first source in the list that has one; sources not listed come after it."""
    MOST_RECENT = "MOST_RECENT"
    MOST_FREQUENT = "MOST_FREQUENT"
    """The value most records have."""


@dataclass(frozen=True, slots=True)
class FieldRule:
    """The rule of one field; `sources`, first wins, matter to SOURCE_PRIORITY."""

    rule: SurvivorRule
    sources: tuple[str, ...] = ()


type SurvivorRules = Mapping[ScalarField, FieldRule]


@dataclass(frozen=True, slots=True)
class Survivors:
    """What survives of several records. None and (): no record has it.

    Dates are ISO 8601, handles `namespace:value`. The sets begin with what was observed last.
    """

    display_name: SourcedText | None
    language: SourcedText | None
    tier: SourcedText | None
    birth_date: SourcedText | None
    address: SourcedText | None
    phones: tuple[SourcedText, ...]
    emails: tuple[SourcedText, ...]
    handles: tuple[SourcedText, ...]
    since_time: datetime | None


def survivors(profiles: Sequence[Profile], rules: SurvivorRules) -> Survivors:
    """The view of records, in any order; a field without a rule takes its most recent value."""
    told = [each for each in profiles if each.provenance.source != MANUAL_SOURCE]

    def scalar(field: ScalarField) -> SourcedText | None:
        rule = rules.get(field, FieldRule(SurvivorRule.MOST_RECENT))
        return surviving(_values(told, field), rule)

    return Survivors(
        display_name=scalar(ScalarField.DISPLAY_NAME),
        language=scalar(ScalarField.LANGUAGE),
        tier=scalar(ScalarField.TIER),
        birth_date=scalar(ScalarField.BIRTH_DATE),
        address=scalar(ScalarField.ADDRESS),
        phones=_set(profiles, IdentifierKind.PHONE),
        emails=_set(profiles, IdentifierKind.EMAIL),
        handles=_set(profiles, IdentifierKind.HANDLE),
        since_time=min((each.since_time for each in told if each.since_time), default=None),
    )


def surviving(values: Iterable[SourcedText], rule: FieldRule) -> SourcedText | None:
    """The value that survives; empty ones are ignored. None if there is no other."""
    present = [value for value in values if value.value.strip()]
    match rule.rule:
        case SurvivorRule.SOURCE_PRIORITY:
            return min(present, key=lambda each: _by_source(each, rule.sources), default=None)
        case SurvivorRule.MOST_RECENT:
            return min(present, key=_latest_first, default=None)
        case SurvivorRule.MOST_FREQUENT:
            counts = Counter(value.value for value in present)
            return min(
                present, key=lambda each: (-counts[each.value], _latest_first(each)), default=None
            )


type _Recency = tuple[float, str, str, str]


def _latest_first(value: SourcedText) -> _Recency:
    return *_recency(value.provenance), value.value


def _recency(origin: Provenance) -> tuple[float, str, str]:
    return -origin.observed_time.timestamp(), origin.source, origin.source_id


def _by_source(value: SourcedText, sources: Sequence[str]) -> tuple[int, _Recency]:
    source = value.provenance.source
    place = sources.index(source) if source in sources else len(sources)
    return place, _latest_first(value)


def _values(profiles: Iterable[Profile], field: ScalarField) -> list[SourcedText]:
    return [SourcedText(_text(profile, field), profile.provenance) for profile in profiles]


def _text(profile: Profile, field: ScalarField) -> str:
    match field:
        case ScalarField.DISPLAY_NAME:
            return profile.display_name
        case ScalarField.LANGUAGE:
            return profile.language
        case ScalarField.TIER:
            return profile.tier
        case ScalarField.BIRTH_DATE:
            return profile.birth_date.isoformat() if profile.birth_date is not None else ""
        case ScalarField.ADDRESS:
            return profile.address


def _set(profiles: Iterable[Profile], kind: IdentifierKind) -> tuple[SourcedText, ...]:
    held = [
        SourcedText(_shown(known), profile.provenance)
        for profile in profiles
        for known in profile.values(kind)
    ]
    held.sort(key=_latest_first)
    first = dict[str, SourcedText]()
    for each in held:
        first.setdefault(each.value, each)
    return tuple(first.values())


def _shown(known: Identifier) -> str:
    return f"{known.namespace}:{known.value}" if known.namespace else known.value
