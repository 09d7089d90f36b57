"""What is missed and what is mixed up, by why: so that a figure can be believed."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations

from switchyard_crm.domain.matching.guard import Verdict, VerdictKind

from benchmarks.crm.people import GeneratedRecord
from benchmarks.crm.ways import Clusters, Judged, true_pairs


def missed(
    records: Sequence[GeneratedRecord], found: Clusters, judged: Judged
) -> dict[str, tuple[int, int]]:
    """Of the pairs that belong together, by why they are not: how many, and how many a human is
    asked about. Pairs without a verdict have no value in common that tells."""
    reasons = Counter[str]()
    asked = Counter[str]()
    for a, b in true_pairs(records):
        if found[a] == found[b]:
            continue
        verdict = judged.verdicts.get((a, b))
        if verdict is None:
            mine, other = judged.forms[a].identifiers, judged.forms[b].identifiers
            reasons["only shared or blocked values" if mine & other else "nothing in common"] += 1
        else:
            reason = _gist(verdict)
            reasons[reason] += 1
            asked[reason] += verdict.kind is VerdictKind.REVIEW
    return {reason: (times, asked[reason]) for reason, times in reasons.most_common()}


def mixed_up(records: Sequence[GeneratedRecord], found: Clusters, judged: Judged) -> dict[str, int]:
    """Of the pairs in one cluster that do not belong together, by what brought them there."""
    members = defaultdict[int, list[int]](list)
    for number, cluster in enumerate(found):
        members[cluster].append(number)
    reasons = Counter[str]()
    for those in members.values():
        for a, b in combinations(those, 2):
            if records[a].person != records[b].person:
                verdict = judged.verdicts.get((a, b))
                linked = verdict is not None and verdict.kind is VerdictKind.LINK
                reasons[_gist(verdict) if verdict and linked else "by way of a third record"] += 1
    return dict(reasons.most_common())


def recall_by_mishap(
    records: Sequence[GeneratedRecord], found: Clusters
) -> dict[str, tuple[float, int]]:
    """For each kind of mishap the recall of the pairs it befell, and how many there are."""
    pairs, right = Counter[str](), Counter[str]()
    for a, b in true_pairs(records):
        for mishap in (records[a].mishaps | records[b].mishaps) or {"none"}:
            pairs[mishap] += 1
            right[mishap] += found[a] == found[b]
    return {each: (right[each] / times, times) for each, times in pairs.most_common()}


def _gist(verdict: Verdict) -> str:
    """The evidence without figures."""
    return ", ".join(each.rstrip(" .0123456789") for each in verdict.evidence)
