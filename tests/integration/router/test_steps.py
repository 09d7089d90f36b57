"""Single steps of the store's scripts, on a real Valkey with a clock that the test sets."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from switchyard_common.errors import DomainError
from switchyard_router.adapters.redis.scripts import source
from switchyard_router.domain.records import Request
from switchyard_router.domain.refusals import StepFailed

from tests.fakes.router.floor import Floor, open_floor
from tests.fakes.router.store import LEASE_MS, NOW_MS, new_contact, open_store

pytestmark = pytest.mark.integration


@pytest_asyncio.fixture
async def floor(redis_url: str) -> AsyncGenerator[Floor]:
    async with open_floor(redis_url) as opened:
        yield opened


async def refused(step: Any) -> str:
    with pytest.raises(DomainError) as caught:
        await step
    return caught.value.reason


async def test_an_answer_with_an_old_fence_is_refused(floor: Floor) -> None:
    await floor.create()
    first = await floor.offer()
    await floor.report("REJECTED", first)
    second = await floor.offer(agent="bob")
    contacts = floor.store.contacts
    assert await refused(contacts.accept(second.offer, first.fence, 0, Request())) == "STALE_FENCE"
    assert await refused(contacts.accept(first.offer, first.fence, 0, Request())) == "OFFER_TAKEN"
    assert await floor.report("BRIDGED", first) == "STALE"
    assert (await contacts.get("c1")).state == "OFFERING"
    floor.truth()


async def test_an_outage_of_the_store_costs_no_lease(floor: Floor) -> None:
    """Whoever is heard within the length of a lease after it stays as they were."""
    await floor.store.agents.attach_node("pbx", "test", LEASE_MS, 0, [])
    await floor.create(node="pbx")
    await floor.connect()
    await floor.outage(40_000)
    live = await floor.store.agents.live(("ann", "bob"))
    assert [live[a].presence for a in ("ann", "bob")] == ["ON_CONTACT", "AVAILABLE"]
    assert (await floor.store.contacts.get("c1")).state == "CONNECTED"
    assert await floor.heard("bob") == []
    await floor.later(LEASE_MS)
    assert (await floor.store.agents.live(("ann",)))["ann"].presence == "DISCONNECTED"
    await floor.later(2_000)
    floor.truth()


async def test_contacts_of_a_node_survive_an_outage_if_it_comes_back(floor: Floor) -> None:
    epoch, _, _ = await floor.store.agents.attach_node("pbx", "test", LEASE_MS, 0, [])
    await floor.create(node="pbx")
    await floor.outage(30_000)
    assert (await floor.store.contacts.get("c1")).state == "QUEUED"
    assert await floor.store.agents.renew_leases([("node", "pbx", epoch)], LEASE_MS) == []
    await floor.later(LEASE_MS - 1_000)
    assert (await floor.store.contacts.get("c1")).state == "QUEUED"
    await floor.later(4_000)
    assert (await floor.store.contacts.get("c1")).reason == "NODE_LOST"
    floor.truth()


async def test_a_desktop_that_slept_through_its_lease_must_sign_in_again(floor: Floor) -> None:
    await floor.later(LEASE_MS + 2_000)
    epoch = await floor.epoch("ann")
    assert await refused(floor.presence("AVAILABLE", epoch=epoch)) == "LEASE_LAPSED"
    await floor.presence("AVAILABLE")  # by feature code: for a shift
    await floor.later(60_000)
    assert (await floor.store.agents.live(("ann",)))["ann"].presence == "AVAILABLE"
    floor.truth()


async def test_available_after_the_browser_closed_does_not_happen(floor: Floor) -> None:
    """A desktop that takes over from a feature code has a lease of its own length."""
    await floor.later(LEASE_MS + 2_000)
    await floor.presence("AVAILABLE")
    epoch = await floor.store.sign_in("ann")
    await floor.store.agents.renew_leases([("agent", "ann", epoch)], LEASE_MS)
    await floor.later(LEASE_MS + 2_000)
    assert (await floor.store.agents.live(("ann",)))["ann"].presence == "DISCONNECTED"


async def test_signing_off_and_on_again_on_one_stream(floor: Floor) -> None:
    epoch = await floor.epoch("ann")
    for presence in ("OFFLINE", "AVAILABLE"):
        await floor.presence(presence, epoch=epoch)
    assert (await floor.store.agents.live(("ann",)))["ann"].presence == "AVAILABLE"
    floor.truth()


async def test_a_chat_that_lost_its_agent_after_hours_waits_anew(floor: Floor) -> None:
    await floor.create(channel="CHAT")
    await floor.connect()
    for _ in range(3):  # three minutes; the queue's longest wait is two
        await floor.later(10_000)
        await floor.heard("ann", "bob")
    await floor.later(LEASE_MS + 2_000)
    returned = await floor.store.contacts.get("c1")
    assert (returned.state, returned.reason) == ("QUEUED", "LEASE_LAPSED")
    assert returned.expire_ms > floor.store.scripts.now_ms + 100_000
    floor.truth()


async def test_asterisk_1736_who_was_answered_is_not_lost_as_well(floor: Floor) -> None:
    await floor.create(channel="CHAT")
    await floor.connect()
    await floor.later(LEASE_MS + 2_000)
    await floor.store.contacts.end("c1", True, "LEFT", Request())
    (counts,) = await floor.store.config.counts(("q",))
    assert (counts.offered, counts.answered, counts.abandoned, counts.finished) == (1, 1, 0, 1)
    floor.truth()


async def test_a_node_that_counts_anew_after_a_restart_is_understood(floor: Floor) -> None:
    await floor.create("c1")
    await floor.create("c2")
    first, second = await floor.offer("c1", "ann"), await floor.offer("c2", "bob")
    assert await floor.report("BRIDGED", first, sequence=1) == "OK"
    assert await floor.report("BRIDGED", first, sequence=1) == "DUPLICATE"
    assert await floor.report("BRIDGED", second, sequence=1) == "OK"
    floor.truth()


async def test_what_is_remembered_of_a_source_is_bounded(floor: Floor) -> None:
    await floor.create()
    key = floor.store.keys.of("seen", "pbx")
    floor.raw.zadd(key, {f"{n} other RINGING 1": NOW_MS - n for n in range(1, 12_000)})
    offered = await floor.offer()
    assert await floor.report("RINGING", offered, sequence=20_000) == "OK"
    assert floor.raw.zcard(key) == 10_000
    assert await floor.report("RINGING", offered, sequence=20_000) == "DUPLICATE"


async def test_the_same_request_gives_the_same_answer_and_another_is_refused(floor: Floor) -> None:
    one, other = Request("r1", "digest"), Request("r1", "another")
    first = await floor.store.contacts.create(new_contact("c1"), one)
    again = await floor.store.contacts.create(new_contact("c9"), one)
    assert (first[0].id, again[0].id, again[1]) == ("c1", "c1", False)
    step = floor.store.contacts.create(new_contact("c2"), other)
    assert await refused(step) == "REQUEST_ID_REUSED"
    offered, epoch = await floor.offer(), await floor.epoch("ann")
    for answer in ("OK", "REPLAYED"):
        accepted = Request("r2", "accept")
        args = (offered.offer, offered.fence, epoch, accepted)
        assert await floor.store.contacts.accept(*args) == answer
    assert (await floor.store.contacts.get_offer(offered.offer)).state == "ACCEPTED"
    floor.truth()


async def test_rona_limit_counts_in_a_row_only(floor: Floor) -> None:
    await floor.store.add_queue("q", rona_limit=2)
    await floor.create()
    await floor.report("NO_ANSWER", await floor.offer())
    await floor.later(6_000)
    await floor.heard("ann")
    await floor.report("ANSWERED", offered := await floor.offer())
    await floor.report("BRIDGE_FAILED", offered)
    await floor.later(11_000)
    await floor.report("NO_ANSWER", await floor.offer())
    assert (await floor.store.agents.live(("ann",)))["ann"].presence == "AVAILABLE"
    await floor.later(2_000)
    await floor.heard("ann")
    await floor.later(14_000)
    await floor.heard("ann")
    await floor.later(8_000)
    await floor.report("NO_ANSWER", await floor.offer())
    live = (await floor.store.agents.live(("ann",)))["ann"]
    assert (live.presence, live.reason) == ("NOT_READY", "RONA")


async def test_nothing_is_kept_for_ever_once_it_is_over(floor: Floor) -> None:
    await floor.create()
    await floor.connect()
    await floor.store.contacts.complete("c1", "", True, "", "DONE", Request())
    assert {"contact:c1", "offer:o1"} <= floor.truth().expiring


async def test_a_broken_step_is_no_outage_and_tells_no_caller_why(redis_url: str) -> None:
    def broken(name: str) -> str:
        return source(name) + ("\nerror('broken')" if name == "end_contact" else "")

    async with open_store(redis_url, broken) as store:
        await store.add_queue("q")
        await store.contacts.create(new_contact("c1"), Request())
        with pytest.raises(StepFailed):
            await store.contacts.end("nobody2", True, "X", Request())


async def test_a_full_store_is_an_outage(floor: Floor) -> None:
    floor.raw.config_set("maxmemory", "1")
    try:
        assert await refused(floor.create()) == "STATE_STORE_DOWN"
    finally:
        floor.raw.config_set("maxmemory", "0")
    assert (await floor.create()).state == "QUEUED"


@pytest.mark.parametrize(
    ("base", "code"), [("OFFLINE", "OK"), ("NOT_READY", "AGENT_NOT_PREFERRED")]
)
async def test_nobody_waits_for_a_preferred_agent_who_is_not_signed_in(
    floor: Floor, base: str, code: str
) -> None:
    new = replace(new_contact("c1"), preferred_agent="bob", preferred_wait_ms=60_000)
    await floor.store.contacts.create(new, Request())
    await floor.store.agents.set_presence(
        "bob", base, "", after_contact=False, version="", epoch=0, request=Request()
    )
    answer = await floor.store.contacts.reserve("c1", "ann", "o1", "d1", b"{}")
    assert answer[0] == code
