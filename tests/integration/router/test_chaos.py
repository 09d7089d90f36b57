"""The chaos suite, short: every fault at a low rate. `make chaos` is the whole of it."""

from dataclasses import replace

import pytest

from tests.chaos.checker import DOUBLE
from tests.chaos.plan import Plan
from tests.chaos.run import Outcome, run

pytestmark = pytest.mark.integration

SHORT = Plan(
    contacts_per_second=6.0,
    seconds=16.0,
    agents=30,
    nodes=2,
    kill_router_every=5.0,
    pause_router_every=6.0,
    pause_seconds=3.0,
    desktop_streams_killed_per_second=1.0,
    settle_seconds=120.0,
)
QUIET = Plan(
    contacts_per_second=6.0,
    seconds=8.0,
    agents=20,
    nodes=2,
    kill_router_every=0,
    pause_router_every=0,
    desktop_streams_killed_per_second=0,
    node_streams_killed_per_second=0,
    fail_over_at=0,
    settle_seconds=60.0,
    call_seconds=120.0,  # nothing fails here but what the plan says
)


async def outcome_of(plan: Plan) -> Outcome:
    outcome = await run(plan, lambda text: print(f"chaos {text}"))
    print(outcome.table, *outcome.journal.endings.most_common(), sep="\n")
    return outcome


async def test_nothing_is_lost_doubled_or_stuck_whatever_fails() -> None:
    outcome = await outcome_of(SHORT)
    assert list(outcome.findings.examples()) == []
    assert outcome.sound
    counts = outcome.journal.counts
    assert counts["routers killed -9"] >= 2
    assert counts["events repeated"] > 0
    assert counts["events delayed"] > 0
    # Whether a stream lived to see it is a matter of luck: test_failover holds what it is told.
    assert counts["times another server was the store's master"] == 1
    assert len(outcome.journal.created) >= SHORT.contacts_per_second * SHORT.seconds * 0.8


async def test_asterisk_176_a_broken_fence_is_seen() -> None:
    """The checker can fail: with an acceptance that asks for no fence it does."""
    broken = replace(QUIET, agents=8, settle_seconds=8.0, late_accepts=0.3, break_fence=True)
    outcome = await outcome_of(broken)
    assert not outcome.sound
    assert outcome.findings.number(DOUBLE) > 0


async def test_a_rolling_restart_loses_nothing_and_is_seen_as_such() -> None:
    """Routers stop one after the other; streams end with DRAINING and go on elsewhere."""
    outcome = await outcome_of(replace(QUIET, rolling=True))
    assert outcome.sound
    assert outcome.journal.counts["routers restarted"] == QUIET.routers
    # A stream that comes in the moment in which its router ends: gRPC itself turns it away.
    too_late = {"desktop: CANCELLED CANCELLED", "node: CANCELLED CANCELLED"}
    assert sum(outcome.journal.endings[what] for what in too_late) <= QUIET.routers
    streams = {what for what in outcome.journal.endings if what.startswith(("desktop:", "node:"))}
    streams -= too_late
    assert streams <= {
        "desktop: UNAVAILABLE DRAINING",
        "desktop: UNAVAILABLE -",
        "node: UNAVAILABLE DRAINING",
        "node: UNAVAILABLE -",
    }
    assert "desktop: UNAVAILABLE DRAINING" in streams
    assert outcome.router_exits <= {0}
    lost = [what for what in outcome.journal.endings if "DEADLINE" in what or "UNKNOWN" in what]
    assert lost == []
