"""How well records of one person are found, and whose are mixed up.

Three ways are compared on one population (`people.py`): the naive one (who shares a phone or an
e-mail address is one person), the guarded one (the code of the service: guard and clusters), and
splink as the nightly search runs it. "possible" is what a guard that never errs would find by what
records have in common; the rest of the pairs have nothing in common that tells.

Counted are pairs of records: precision is the share of pairs in one cluster that belong together,
recall the share of pairs that belong together and are in one cluster.

Run: `python -m benchmarks.crm.matching [records …]`; by default 10,000 and 100,000. The rules were
chosen on the seeds 1 to 4, 21 and 2026; what is printed is of one that was not looked at. The last
line is JSON.
"""

import json
import sys
import time
from collections.abc import Sequence

from benchmarks.crm.febrl import febrl4
from benchmarks.crm.mistakes import missed, mixed_up, recall_by_mishap
from benchmarks.crm.nightly import by_splink, pair_of
from benchmarks.crm.people import GeneratedRecord, population
from benchmarks.crm.ways import (
    Clusters,
    Judged,
    Score,
    components,
    guarded,
    judge_all,
    naive,
    possible,
    score,
)

SIZES = (10_000, 100_000)
REPORTED_SEED = 4711
_MOST_REASONS = 20


def identity_figures(sizes: Sequence[int] = SIZES) -> dict[str, float]:
    """What the benchmark of the customer adapter reports of matching; prints the rest.

    Precision, recall and the largest cluster are the worst of all sizes.
    """
    reached = [measure(size)["guarded"] for size in sizes]
    precision, recall, f1 = febrl4()
    print(f"  FEBRL4 splink   precision {precision:.4f} recall {recall:.4f} F1 {f1:.4f}")
    return {
        "febrl4_f1": round(f1, 4),
        "guarded_precision": round(min(each.precision for each in reached), 4),
        "guarded_recall": round(min(each.recall for each in reached), 4),
        "largest_cluster": max(each.largest_cluster for each in reached),
    }


def measure(size: int, seed: int = REPORTED_SEED) -> dict[str, Score]:
    """All ways on one population; prints what it finds."""
    records = population(size, seed)
    scores = dict[str, Score]()

    def keep(way: str, found: Clusters, began: float) -> None:
        scores[way] = score(records, found)
        _print_score(way, size, scores[way], time.process_time() - began)

    began = time.process_time()
    keep("naive", naive(records), began)
    began = time.process_time()
    judged = judge_all(records)
    found = guarded(records, judged)
    keep("guarded", found, began)
    keep("possible", possible(records, judged), time.process_time())
    began = time.process_time()
    pairs = [pair_of(each) for each in by_splink(records)]
    keep("splink", components(len(records), pairs), began)
    _print_mistakes(records, found, judged)
    _print_suggestions(records, found)
    return scores


def _print_score(way: str, records: int, reached: Score, seconds: float) -> None:
    print(
        f"{records:>8} {way:<8} precision {reached.precision:.4f} recall {reached.recall:.4f} "
        f"F1 {reached.f1:.4f} largest {reached.largest_cluster:>6} in {seconds:.1f} s of CPU"
    )


def _print_suggestions(records: Sequence[GeneratedRecord], found: Clusters) -> None:
    """What the nightly search adds to what is linked."""
    pairs = [pair_of(each) for each in by_splink(records, found)]
    right = sum(records[a].person == records[b].person for a, b in pairs)
    print(f"  the nightly search suggests {len(pairs)} pairs more, {right} of them rightly")


def _print_mistakes(records: Sequence[GeneratedRecord], found: Clusters, judged: Judged) -> None:
    print(
        f"  the guard judged {len(judged.verdicts)} pairs, "
        f"{judged.judging_microseconds:.1f} µs of CPU each"
    )
    print("  pairs not found, and of these in review, by why:")
    for reason, (times, asked) in list(missed(records, found, judged).items())[:_MOST_REASONS]:
        print(f"    {times:>7} {asked:>7}  {reason}")
    print("  pairs mixed up, by why:")
    for reason, times in list(mixed_up(records, found, judged).items())[:_MOST_REASONS]:
        print(f"    {times:>7}  {reason}")
    print("  recall by mishap:")
    for mishap, (recall, pairs) in recall_by_mishap(records, found).items():
        print(f"    {recall:7.3f} of {pairs:>7}  {mishap}")


def main(sizes: Sequence[int]) -> None:
    """Measure and print."""
    print(json.dumps(identity_figures(sizes)))


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or SIZES)
