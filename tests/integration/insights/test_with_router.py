"""What a real router logs is what the history holds."""

import pytest
from switchyard_common.lifecycle import Lifecycle
from switchyard_insights.main import serving

from tests.fakes.insights.histories import Tables, contents, opened
from tests.fakes.insights.logs import until
from tests.fakes.insights.service import settings
from tests.fakes.router.clients import centre, make_due
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration


async def a_day(redis_url: str) -> tuple[str, str]:
    """One call that is served after a declined offer, on hold once, and one given up."""
    async with router(redis_url) as target, centre(target) as clients:
        await clients.queue(wrap_up_ms=600_000)
        for agent_id in ("ann", "bob"):
            await clients.agent(agent_id)
        async with clients.node() as node, clients.desktop("ann") as ann:
            served = await clients.create("call-1")
            offer = await ann.offer()
            leg = {"offer": offer.name, "agent": offer.agent, "fence": offer.fence}
            await ann.accept(offer)
            for kind in ("ANSWERED", "BRIDGED"):
                await node.tell(kind, served.name, **leg)
            for kind in ("HOLD", "UNHOLD"):
                await node.tell(kind, served.name)
            given_up = await clients.create("call-2")
            for contact in (served, given_up):
                await node.tell("CALLER_HANGUP", contact.name)
            make_due(redis_url, "wrap_up", served.name)
            assert await clients.reaches(served.name, "COMPLETED")
    return served.name.rpartition("/")[2], given_up.name.rpartition("/")[2]


async def test_a_routers_day_stands_in_the_history(redis_url: str, sqlite_database: str) -> None:
    served_id, given_up_id = await a_day(redis_url)
    found: Tables = {}

    async def whole() -> bool:
        nonlocal found
        found = await contents(database, "demo")
        ends = {leg["contact"]: leg["outcome"] for leg in found["contact_legs"]}
        return (
            set(ends) == {served_id, given_up_id}
            and all(ends.values())
            and bool(found["decision_candidates"])
        )

    lifecycle = Lifecycle()
    serves = serving(settings(redis_url, sqlite_database), lifecycle)
    async with opened(sqlite_database) as database, serves:
        await until(whole)
    assert found["refused_events"] == []
    legs = {leg["contact"]: leg for leg in found["contact_legs"]}
    served, given_up = legs[served_id], legs[given_up_id]
    assert (served["outcome"], given_up["outcome"]) == ("ANSWERED", "ABANDONED")
    assert (served["agent"], served["answered_queue"]) == ("ann", "billing")
    assert served["ended_ms"] - served["answered_ms"] >= served["conversation_ms"]
    assert served["conversation_ms"] >= served["hold_ms"] >= 0
    assert served["hold_ms"] == sum(row["held_ms"] for row in found["holds"])
    assert served["wait_ms"] == served["answered_ms"] - served["queued_ms"]
    assert given_up["answered_ms"] is None
    [offer] = found["offers"]
    assert (offer["state"], offer["agent"], offer["contact"]) == ("ACCEPTED", "ann", served_id)
    [decision] = [row for row in found["decisions"] if row["offer"]]
    assert offer["decision"] == decision["decision"]
    assert decision["kept"] == 1
    chosen = [row["agent"] for row in found["decision_candidates"] if row["chosen"]]
    assert chosen == ["ann"]
    spans = [row for row in found["agent_intervals"] if row["agent"] == "ann"]
    assert {"AVAILABLE", "ON_CONTACT", "AFTER_CONTACT_WORK"} <= {row["presence"] for row in spans}
    ends = [row["until_ms"] for row in spans if row["presence"] == "ON_CONTACT"]
    assert None not in ends
