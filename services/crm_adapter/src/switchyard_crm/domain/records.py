"""What one source holds of one person, as it came. A customer is a view on such records."""

from dataclasses import dataclass
from datetime import date, datetime

from switchyard_crm.domain.customer import Bill, Case, Interaction, Order, Provenance
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.names import CustomerName

MAX_SOURCE_ID_CHARS = 256


@dataclass(frozen=True, slots=True)
class Profile:
    """Who somebody is, as one source has it. Empty texts and None mean: not known there.

    `provenance` tells the source, the record's id there and when the source held it.
    """

    provenance: Provenance
    display_name: str = ""
    language: str = ""
    tier: str = ""
    birth_date: date | None = None
    address: str = ""
    since_time: datetime | None = None
    identifiers: tuple[Identifier, ...] = ()

    def values(self, kind: IdentifierKind) -> tuple[Identifier, ...]:
        """The identifiers of one kind."""
        return tuple(known for known in self.identifiers if known.kind is kind)


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """All that one source holds of one person, to be stored.

    `name` is for a record that is not stored yet: one that is keeps the name it has. `pin_hash`,
    if the source knows it, is what `adapters/pin_hashes.py` makes of a PIN.
    """

    name: CustomerName
    profile: Profile
    orders: tuple[Order, ...] = ()
    bills: tuple[Bill, ...] = ()
    cases: tuple[Case, ...] = ()
    interactions: tuple[Interaction, ...] = ()
    pin_hash: str = ""

    @property
    def has_a_place(self) -> bool:
        """Whether its id in the source can be stored: it is there, not too long, and plain text."""
        source_id = self.profile.provenance.source_id
        return 0 < len(source_id) <= MAX_SOURCE_ID_CHARS and "\x00" not in source_id
