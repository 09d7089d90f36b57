"""How much one person may plausibly have, and how many people one value."""

from collections import Counter
from collections.abc import Iterable

from switchyard_crm.domain.identifiers import Identifier, IdentifierKind

# A family shares a number; a placeholder or a company's switchboard is shared by more.
MAX_NAMES = 5
# A value on more records than this is a form's default, even if nobody wrote a name beside it.
MAX_RECORDS = 50
# More distinct values than this on one customer are several people, or a mistake.
_MAX_VALUES = {IdentifierKind.PHONE: 8, IdentifierKind.EMAIL: 8, IdentifierKind.HANDLE: 3}
_BY_NAMESPACE = frozenset((IdentifierKind.HANDLE,))


def is_shared(names: int, records: int = 0) -> bool:
    """Whether a value held under that many distinct names, on that many records, proves nothing.

    `person_names.name_key` tells which names are distinct; nicknames and no names count as none.
    """
    return names > MAX_NAMES or records > MAX_RECORDS


def is_of_one_name(names: int) -> bool:
    """Whether a value held under that many distinct names may be one person's own.

    Then even a record without a full name that holds it is likely that person's.
    """
    return names <= 1


def within_limits(identifiers: Iterable[Identifier]) -> bool:
    """Whether one customer may have all of these: up to 8 phones and e-mails, 3 accounts per app.

    Beyond that a human decides whether records are of one person.
    """
    counts = Counter(
        (each.kind, each.namespace if each.kind in _BY_NAMESPACE else "")
        for each in set(identifiers)
    )
    return all(count <= _MAX_VALUES.get(kind, count) for (kind, _), count in counts.items())
