"""The table at the end."""

from collections.abc import Iterator

from tests.chaos.checker import KINDS, Findings
from tests.chaos.journal import Journal
from tests.chaos.plan import Plan
from tests.fakes.router.truth import Truth

_UNEXPECTED = ("INTERNAL", "UNKNOWN", "UNIMPLEMENTED", "by itself", "node's work")


def rows(
    plan: Plan, truth: Truth, journal: Journal, findings: Findings, facts: dict[str, str]
) -> Iterator[tuple[str, str]]:
    """(what, how many)."""
    for kind in KINDS:
        yield kind, str(findings.number(kind))
    yield "unexpected answers", str(sum(unexpected(journal).values()))
    for what in ("creations", "accepts"):
        yield f"{what} the failover lost, and named", str(findings.named[what])
    ends: dict[str, int] = {}
    for contact in truth.contacts.values():
        ends[contact["state"]] = ends.get(contact["state"], 0) + 1
    yield "contacts acknowledged", str(len(journal.created))
    yield "of the store's contacts", ", ".join(f"{n} {s}" for s, n in sorted(ends.items()))
    yield "offers, acknowledged accepts", f"{len(truth.offers)}, {len(journal.accepts)}"
    yield "entries of the event log", str(len(truth.events))
    yield from sorted((name, str(number)) for name, number in journal.counts.items())
    yield from facts.items()


def unexpected(journal: Journal) -> dict[str, int]:
    """Endings that no fault explains."""
    return {
        what: number
        for what, number in journal.endings.items()
        if any(word in what for word in _UNEXPECTED)
    }


def table(lines: Iterator[tuple[str, str]]) -> str:
    """Aligned."""
    listed = list(lines)
    width = max(len(what) for what, _ in listed)
    return "\n".join(f"  {what:<{width}}  {value}" for what, value in listed)
