"""A record in the form in which it is compared: made once, compared often."""

from dataclasses import dataclass
from datetime import date

from switchyard_crm.domain.identifiers import Identifier
from switchyard_crm.domain.matching.births import known_birth
from switchyard_crm.domain.matching.person_names import PersonName, person_name
from switchyard_crm.domain.records import Profile


@dataclass(frozen=True, slots=True)
class Comparable:
    """Name and birth date, without placeholders, and all identifiers."""

    name: PersonName | None
    birth_date: date | None
    identifiers: frozenset[Identifier]


def comparable(profile: Profile) -> Comparable:
    """The comparable form of a record; takes about as long as a hundred comparisons."""
    return Comparable(
        person_name(profile.display_name),
        known_birth(profile.birth_date),
        frozenset(profile.identifiers),
    )
