"""The checker finds what must not be, and calls by its name what a failover may lose."""

from typing import Any

import pytest

from tests.chaos.checker import (
    CAPACITY_EXCEEDED,
    DIFFERS,
    DOUBLE,
    STUCK,
    UNENDED,
    Findings,
    check,
)
from tests.chaos.journal import Accept, Journal
from tests.fakes.router.truth import Truth

pytestmark = pytest.mark.unit

CONTACT = "tenants/bench/contacts/c"


class Log:
    """Events as the store's log has them, in order."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.time_ms = 1_000_000

    def add(self, kind: str, subject: str, after_ms: int = 10, **data: Any) -> "Log":
        self.time_ms += after_ms
        event = {"type": kind, "subject": subject, "time": str(self.time_ms), "data": data}
        self.events.append(event)
        return self

    def offer(self, state: str, offer: str = "o1", agent: str = "ann") -> "Log":
        return self.add(f"offer.{state.lower()}", "c", offer=offer, agent=agent, state=state)

    def contact(self, state: str) -> "Log":
        return self.add(f"contact.{state.lower()}", "c", state=state)

    def holds(self, agent: str, after_ms: int = 10, **held: str) -> "Log":
        return self.add("agent.state_changed", agent, after_ms, held=held)


class Unchecked(Truth):
    """A truth whose own rules are tested elsewhere (tests/integration/router)."""

    def violations(self) -> list[str]:
        return []


def judged(
    log: Log, journal: Journal | None = None, failovers: tuple[tuple[float, float], ...] = ()
) -> Findings:
    truth = Unchecked(contacts={"c": {"state": "COMPLETED"}}, events=log.events)
    return check(truth, journal or Journal(), failovers)


def kinds(findings: Findings) -> set[str]:
    return {kind for kind, problems in findings.found.items() if problems}


def test_a_life_as_it_should_be_is_sound() -> None:
    log = Log().offer("PENDING").holds("ann", c="VOICE:offered").offer("ACCEPTED")
    log.holds("ann", c="VOICE:assigned").contact("COMPLETED").holds("ann")
    journal = Journal(created={CONTACT: 1.0}, accepts=[Accept(2.0, "ann", CONTACT, "x/o1")])
    assert judged(log, journal).sound


def test_two_good_acceptances_are_a_double_assignment() -> None:
    log = Log().offer("ACCEPTED").offer("ACCEPTED", "o2", "bob")
    assert kinds(judged(log)) == {DOUBLE}


@pytest.mark.parametrize("between", ["FAILED", "QUEUED"])
def test_an_acceptance_after_the_first_failed_is_none(between: str) -> None:
    log = Log().offer("ACCEPTED")
    log = log.offer("FAILED") if between == "FAILED" else log.contact("QUEUED")
    assert judged(log.offer("ACCEPTED", "o2", "bob")).sound


def test_an_acceptance_that_only_the_desktop_knows_is_a_double_assignment() -> None:
    journal = Journal(accepts=[Accept(5.0, "bob", CONTACT, "x/o1")])
    log = Log().offer("ACCEPTED")
    assert kinds(judged(log, journal)) == {DOUBLE}
    late = judged(log, journal, failovers=((0.5, 1.0),))
    assert kinds(late) == {DOUBLE}, "long after the failover it is no loss"
    lost = judged(log, journal, failovers=((5.2, 7.0),))
    assert (lost.sound, lost.named["accepts"]) == (True, 1)


def test_an_acknowledged_contact_must_end_or_be_named() -> None:
    gone = Journal(created={"x/gone": 5.0})
    assert kinds(judged(Log(), gone, failovers=((5.2, 7.0),))) == {UNENDED}, "nobody named it"
    named = Journal(created={"x/gone": 5.0}, lost={"x/gone": 8.0})
    found = judged(Log(), named, failovers=((5.2, 7.0),))
    assert (found.sound, found.named["creations"]) == (True, 1)
    assert kinds(judged(Log(), named)) == {UNENDED}, "without a failover nothing may be lost"
    truth = Unchecked(contacts={"c": {"state": "QUEUED"}})
    assert kinds(check(truth, Journal(created={CONTACT: 1.0}), ())) == {UNENDED}


def test_who_is_held_at_one_stage_too_long_is_stuck() -> None:
    log = Log().holds("ann", c="VOICE:offered")
    assert judged(log).sound
    assert judged(Log().holds("ann", c="VOICE:wrap_up").holds("ann", 20_000)).sound
    for after in ({}, {"c": "VOICE:assigned"}):
        late = Log().holds("ann", c="VOICE:offered").holds("ann", 24_000, **after)
        assert kinds(judged(late)) == {STUCK}
    never = Log().holds("ann", c="VOICE:wrap_up").add("contact.queued", "d", 30_000, state="QUEUED")
    assert kinds(judged(never)) == {STUCK}


def test_a_conversation_ends_when_a_router_took_the_news_or_by_its_timer() -> None:
    log = Log().holds("ann", c="VOICE:active").holds("ann", 40_000)
    assert judged(log).sound, "its timer frees the agent after 30 s, and nobody said it was over"
    away = Journal(outages_ms=[(1_000_020.0, 1_012_000.0)])
    waited = Log().holds("ann", c="VOICE:wrap_up").holds("ann", 30_000)
    assert kinds(judged(waited)) == {STUCK}
    assert judged(waited, away).sound, "nothing can be freed without a store"
    over = Journal(hung_up_ms={CONTACT: 1_000_000.0 + 5_000})
    assert kinds(judged(log, over)) == {STUCK}
    assert kinds(judged(Log().holds("ann", c="VOICE:active").holds("ann", 51_000))) == {STUCK}


def test_more_than_an_agent_can_take_is_found_in_either_log() -> None:
    assert judged(Log().holds("ann", c="VOICE:active", d="CHAT:active")).sound
    two = Log().holds("ann", c="VOICE:active", d="VOICE:offered")
    assert kinds(judged(two)) == {CAPACITY_EXCEEDED}
    assert kinds(judged(Log(), Journal(overbooked=["ann"]))) == {CAPACITY_EXCEEDED}


def test_a_state_that_the_log_does_not_tell_is_found() -> None:
    truth = Truth(external={"call-1": "c9"})
    assert kinds(check(truth, Journal(), ())) == {DIFFERS}
