"""Matching on a generated population: a small version of benchmarks/crm/matching.py.

Its seeds are others than those the rules were chosen on.
"""

from collections.abc import Sequence

import pytest
from switchyard_crm.domain.clusters import CLUSTER_CAP

from benchmarks.crm.mistakes import mixed_up
from benchmarks.crm.people import GeneratedRecord, population
from benchmarks.crm.ways import Judged, guarded, judge_all, naive, score

pytestmark = pytest.mark.unit

PEOPLE = 2_000
RECORDS = 4_700
type Measured = tuple[Sequence[GeneratedRecord], Judged]


@pytest.fixture(scope="module", params=[11, 12])
def measured(request: pytest.FixtureRequest) -> Measured:
    records = population(RECORDS, request.param)
    return records, judge_all(records)


def test_guarded_linking_finds_most_and_mixes_up_next_to_nobody(measured: Measured) -> None:
    records, judged = measured
    reached = score(records, guarded(records, judged))
    assert len({record.person for record in records}) >= PEOPLE * 0.95
    assert reached.precision >= 0.975
    assert reached.recall >= 0.67
    assert reached.largest_cluster <= CLUSTER_CAP


def test_naive_linking_is_unusable(measured: Measured) -> None:
    records, _ = measured
    reached = score(records, naive(records))
    assert reached.precision < 0.5
    assert reached.largest_cluster > 50


def test_no_pair_is_linked_that_the_guard_keeps_apart(measured: Measured) -> None:
    records, judged = measured
    found = guarded(records, judged)
    assert not any(
        verdict.veto and found[a] == found[b] for (a, b), verdict in judged.verdicts.items()
    )
    assert sum(mixed_up(records, found, judged).values()) < len(records) / 50


def test_the_population_is_the_same_for_the_same_seed() -> None:
    assert population(300, 5) == population(300, 5)
    assert population(300, 5) != population(300, 6)
