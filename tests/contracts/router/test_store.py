"""What the store promises, on one server, behind Sentinel and on a cluster.

Steps are atomic, requests are answered once, numbers rise, time frees what was forgotten, and the
event log tells the state; wherever the keys are.
"""

from collections.abc import AsyncGenerator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from switchyard_common.errors import DomainError
from switchyard_router.adapters.redis.client import open_writer
from switchyard_router.adapters.redis.decisions import RedisDecisions
from switchyard_router.adapters.redis.keys import Keys
from switchyard_router.adapters.redis.link import Link
from switchyard_router.adapters.redis.log import RedisEventLog
from switchyard_router.adapters.redis.snapshot import RedisSnapshots
from switchyard_router.domain.decision_search import DecisionRow
from switchyard_router.domain.records import CallEvent, ContactRecord, Request, Reservation

from tests.fakes.router.routing import Routing
from tests.fakes.router.store import LEASE_MS, NOW_MS, Store, new_contact, open_store
from tests.fakes.router.truth import Truth, read
from tests.fakes.valkey.topologies import KINDS, Place, running

pytestmark = pytest.mark.integration

KEYS = Keys("test")


@pytest.fixture(scope="module", params=KINDS)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    with running(request.param) as started:
        yield started


class Desk:
    """A store with two agents who are ready, its log, and short ways to take steps."""

    def __init__(self, store: Store, link: Link, follower: Link, raw: Any) -> None:
        self.store, self.link, self.raw = store, link, raw
        self.log = RedisEventLog(follower, link, KEYS)
        self.epochs: dict[str, int] = {}

    def truth(self) -> Truth:
        """The state, which must be sound."""
        truth = read(self.raw, KEYS.prefix)
        assert truth.violations() == []
        return truth

    async def create(self, contact_id: str, request: Request | None = None) -> ContactRecord:
        made = new_contact(contact_id, node="pbx")
        return (await self.store.contacts.create(made, request or Request()))[0]

    async def reserve(self, *pairs: tuple[str, str]) -> list[str]:
        """Codes of reservations (contact, agent) made in one step."""
        wanted = [Reservation(c, a, f"o-{c}-{a}", f"d-{c}-{a}", b"{}") for c, a in pairs]
        return [code for code, _ in await self.store.contacts.reserve_many(wanted)]

    async def offered(self, contact_id: str, agent: str) -> ContactRecord:
        assert await self.reserve((contact_id, agent)) == ["OK"]
        return await self.store.contacts.get(contact_id)

    async def report(self, kind: str, contact: ContactRecord, sequence: int = 0) -> str:
        event = CallEvent(contact.id, kind, contact.fence, "pbx", sequence, "")
        return (await self.store.contacts.report(event))[0]

    async def later(self, ms: int) -> None:
        """Let time pass with routers up."""
        while ms > 0:
            self.store.scripts.now_ms += min(ms, 2_000)
            ms -= 2_000
            await self.store.tick()

    async def state(self, contact_id: str) -> str:
        return (await self.store.contacts.get(contact_id)).state


@pytest_asyncio.fixture
async def desk(place: Place) -> AsyncGenerator[Desk]:
    place.empty()
    raw = place.raw(KEYS.events)
    writer = open_writer(place.url, 5.0, KEYS.events)
    link, follower = Link(writer, 5.0), Link(writer, 6.0)
    async with open_store(place.url) as store:
        made = Desk(store, link, follower, raw)
        await store.add_queue("q")
        for agent in ("ann", "bob"):
            await store.add_agent(agent, '{"VOICE":1,"CHAT":3}')
            made.epochs[agent] = await store.sign_in(agent)
        await store.tick()
        yield made
    await link.aclose()
    await follower.aclose()
    raw.close()


async def reason(step: Any) -> str:
    """Why a step is refused."""
    with pytest.raises(DomainError) as caught:
        await step
    return caught.value.reason


async def test_a_request_is_answered_once(desk: Desk) -> None:
    first = await desk.create("c1", Request("r1", "digest"))
    again, new = await desk.store.contacts.create(new_contact("c2"), Request("r1", "digest"))
    assert (again.id, new) == (first.id, False)
    other = desk.store.contacts.create(new_contact("c3"), Request("r1", "another"))
    assert await reason(other) == "REQUEST_ID_REUSED"
    twin, new = await desk.store.contacts.create(
        new_contact("c4", external_id=first.external_id), Request()
    )
    assert (twin.id, new) == (first.id, False)
    assert set(desk.truth().contacts) == {"c1"}


async def test_an_agent_and_a_contact_are_reserved_once(desk: Desk) -> None:
    for contact in ("c1", "c2"):
        await desk.create(contact)
    codes = await desk.reserve(("c1", "ann"), ("c1", "bob"), ("c2", "ann"), ("c2", "bob"))
    assert codes == ["OK", "CONTACT_TAKEN", "AGENT_FULL", "OK"]
    desk.truth()


async def test_an_offer_has_one_winner(desk: Desk) -> None:
    await desk.create("c1")
    first = await desk.offered("c1", "ann")
    accept, epoch = desk.store.contacts.accept, desk.epochs["ann"]
    assert await reason(accept(first.offer, first.fence - 1, epoch, Request())) == "STALE_FENCE"
    assert await reason(accept(first.offer, first.fence, epoch - 1, Request())) == (
        "SESSION_SUPERSEDED"
    )
    await desk.store.contacts.decline(first.offer, first.fence, epoch, "BUSY", Request())
    second = await desk.offered("c1", "bob")
    assert second.fence > first.fence
    assert await reason(accept(first.offer, first.fence, epoch, Request())) == "OFFER_TAKEN"
    assert await accept(second.offer, second.fence, desk.epochs["bob"], Request()) == "OK"
    assert (await desk.store.contacts.get_offer(second.offer)).state == "ACCEPTED"
    desk.truth()


async def test_an_epoch_that_the_store_forgot_is_no_newer_session(desk: Desk) -> None:
    await desk.create("c1")
    offered = await desk.offered("c1", "ann")
    lost = desk.epochs["ann"] + 1
    answer = desk.store.contacts.accept(offered.offer, offered.fence, lost, Request())
    assert await reason(answer) == "LEASE_LAPSED"
    (gone,) = await desk.store.agents.renew_leases([("agent", "ann", lost)], LEASE_MS)
    assert gone.why == "LAPSED"


async def test_fences_and_epochs_are_never_older_than_the_time(desk: Desk) -> None:
    """What was given before a failover is older than what is given after it, kept or lost."""
    await desk.create("c1")
    assert (await desk.offered("c1", "ann")).fence >= NOW_MS
    assert await desk.store.sign_in("bob") > desk.epochs["bob"] >= NOW_MS
    node, _, _ = await desk.store.agents.attach_node("pbx", "test", LEASE_MS, 0, ["c1"])
    assert node >= NOW_MS


async def test_a_contact_lives_from_queue_to_end(desk: Desk) -> None:
    await desk.create("c1")
    offered = await desk.offered("c1", "ann")
    await desk.store.contacts.accept(offered.offer, offered.fence, 0, Request())
    assert await desk.report("BRIDGED", offered, 1) == "OK"
    assert await desk.report("BRIDGED", offered, 1) == "DUPLICATE"
    assert await desk.report("CALLER_HANGUP", offered, 2) == "OK"
    assert await desk.state("c1") == "WRAP_UP"
    await desk.store.contacts.end_wrap_up("ann", "c1", "done", Request())
    assert await desk.state("c1") == "COMPLETED"
    assert await desk.report("HOLD", offered, 3) == "STALE"
    assert desk.truth().live == set()


async def test_time_frees_what_is_forgotten(desk: Desk) -> None:
    for contact in ("c1", "c2", "c3"):
        await desk.create(contact)
    await desk.offered("c1", "ann")
    accepted = await desk.offered("c2", "bob")
    await desk.store.contacts.accept(accepted.offer, accepted.fence, 0, Request())
    await desk.later(12_000)
    assert [await desk.state(c) for c in ("c1", "c2")] == ["QUEUED", "QUEUED"]
    live = await desk.store.agents.live(("ann", "bob"))
    assert {agent: state.held for agent, state in live.items()} == {"ann": {}, "bob": {}}
    await desk.later(6_000)
    live = await desk.store.agents.live(("ann",))
    assert live["ann"].presence == "DISCONNECTED", "nobody renewed the lease"
    await desk.later(120_000)
    assert {await desk.state(c) for c in ("c1", "c2", "c3")} == {"EXPIRED"}
    desk.truth()


async def test_an_outage_costs_no_lease(desk: Desk) -> None:
    desk.store.scripts.now_ms += 40_000
    await desk.store.tick()
    leases = [("agent", agent, epoch) for agent, epoch in desk.epochs.items()]
    assert await desk.store.agents.renew_leases(leases, LEASE_MS) == []
    live = await desk.store.agents.live(("ann", "bob"))
    assert {state.presence for state in live.values()} == {"AVAILABLE"}


async def test_a_node_that_attaches_is_reconciled(desk: Desk) -> None:
    for contact in ("c1", "c2"):
        await desk.create(contact)
    desk.store.scripts.now_ms += 1
    _, unknown, forgotten = await desk.store.agents.attach_node(
        "pbx", "test", LEASE_MS, 0, ["c1", "never-was"]
    )
    assert (unknown, forgotten) == (["never-was"], ["c2"])
    assert await desk.state("c2") == "CANCELLED"
    assert await desk.store.agents.contacts_of_node("pbx") == ["c1"]


async def test_the_log_is_followed_from_any_place_it_holds(desk: Desk) -> None:
    start = await desk.log.newest()
    await desk.create("c1")
    first = await desk.log.after(start, 100, 100)
    assert [event.type for event in first] == ["contact.queued"]
    await desk.offered("c1", "ann")
    rest = await desk.log.after(first[-1].id, 100, 100)
    assert [event.seq for event in rest if event.subject == "c1"] == [2, 3, 4]
    assert await desk.log.read(first[-1].id, 2) == rest[:2]
    assert await desk.log.after(rest[-1].id, 100, 1) == []
    assert await desk.log.holds(start)
    await desk.log.check(start)


async def test_a_place_that_is_gone_is_never_read_on_from(desk: Desk) -> None:
    """Trimmed, or written to a server whose last writes were lost: both leave a gap."""
    start = await desk.log.newest()
    await desk.create("c1")
    desk.raw.xdel(KEYS.events, start)
    assert not await desk.log.holds(start)
    for step in (desk.log.check(start), desk.log.after(start, 9, 1), desk.log.read(start, 9)):
        assert await reason(step) == "RESUME_TOKEN_EXPIRED"


async def test_a_snapshot_is_what_the_log_tells(desk: Desk) -> None:
    for number in range(7):
        await desk.create(f"c{number}")
    offered = await desk.offered("c0", "ann")
    await desk.store.contacts.accept(offered.offer, offered.fence, 0, Request())
    await desk.store.contacts.end("c6", True, "GONE", Request())
    contacts, agents = desk.store.contacts, desk.store.agents
    snapshot = await RedisSnapshots(desk.link, KEYS, contacts, agents).read()
    events = await desk.log.read("0-0", 1000)
    told = {e.subject: e.data["state"] for e in events if e.type.startswith("contact.")}
    live = {contact.id: contact.state for contact in snapshot.contacts}
    assert live == {c: told[c] for c in live}
    assert set(live) == {f"c{number}" for number in range(6)}
    assert snapshot.agents["ann"].held == {"c0": "VOICE:assigned"}
    desk.truth()


async def test_configuration_changes_only_as_it_was_read(desk: Desk) -> None:
    config = desk.store.config
    newer = await config.upsert("plan", "p", b"one", {}, version="", check_only=False)
    late = config.upsert("plan", "p", b"two", {}, version=str(newer + 1), check_only=False)
    assert await reason(late) == "ETAG_MISMATCH"
    (record,) = await config.read("plan", ["p", "unknown"])
    assert (record.id, record.version, record.data) == ("p", newer, b"one")
    assert await config.ids("plan") == ["p"]
    await desk.create("c1")
    (counts,) = await config.counts(["q"])
    assert counts.offered == 1


async def test_decisions_are_kept_and_found(desk: Desk) -> None:
    kept = RedisDecisions(desk.link, KEYS, desk.store.scripts, 100)
    await kept.put([DecisionRow("d1", NOW_MS, b"why", "c1", "ann", "q")])
    assert await kept.get("d1") == b"why"
    assert await kept.get("d2") is None


async def test_scripts_that_the_server_forgot_are_sent_again(desk: Desk) -> None:
    await desk.create("c1")
    desk.raw.script_flush()
    await desk.create("c2")
    assert set(desk.truth().contacts) == {"c1", "c2"}


def test_no_interleaving_breaks_the_state(place: Place) -> None:
    """The whole exploration, shortened; tests/integration/router/test_state_machine.py goes on."""
    place.empty()
    port = place.writer(KEYS.events).port
    machine = type("There", (Routing,), {"url": place.url, "raw_url": f"redis://127.0.0.1:{port}"})
    limits = settings(
        max_examples=4,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )
    run_state_machine_as_test(machine, settings=limits)
