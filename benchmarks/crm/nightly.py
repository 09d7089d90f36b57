"""The nightly search by splink, on generated records."""

from collections.abc import Sequence
from itertools import batched

from switchyard_crm.adapters.splink_search import open_splink_search
from switchyard_crm.service.duplicates import (
    MAX_PAIRS,
    MIN_PROBABILITY,
    FoundPair,
    StoredRecord,
    search_row,
)

from benchmarks.crm.people import GeneratedRecord
from benchmarks.crm.ways import Clusters, record_id

_ROWS_AT_ONCE = 1000


def by_splink(
    records: Sequence[GeneratedRecord], customers: Clusters | None = None
) -> Sequence[FoundPair]:
    """The pairs that the nightly search finds between customers; by default each record is one."""
    of = customers if customers is not None else range(len(records))
    with open_splink_search() as search:
        for some in batched(enumerate(records), _ROWS_AT_ONCE):
            search.add(
                [
                    search_row(
                        StoredRecord(record_id(number), record_id(of[number]), record.profile)
                    )
                    for number, record in some
                ]
            )
        return search.pairs(MIN_PROBABILITY, MAX_PAIRS)


def pair_of(found: FoundPair) -> tuple[int, int]:
    """The numbers of the records of a pair."""
    return int(found.record_a), int(found.record_b)
