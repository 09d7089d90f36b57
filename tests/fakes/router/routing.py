"""Contacts, offers, agents and time, interleaved: every step must leave the state sound.

The scripts run on a real Valkey with a clock that the test sets. `truth.py` beside this file reads
the keys raw, replays the event log and says what must not be.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import redis
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from switchyard_common.errors import DomainError
from switchyard_router.adapters.redis.scripts import source
from switchyard_router.domain.changes import (
    CallbackWish,
    ContactUpdate,
    Requeue,
    Transfer,
    TransferMode,
)
from switchyard_router.domain.records import CallEvent, ContactRecord, Move, Request, Reservation
from switchyard_router.domain.states import TERMINAL

from tests.fakes.router.store import LEASE_MS, NOW_MS, Store, new_contact, open_store
from tests.fakes.router.strict_events import parse_strictly
from tests.fakes.router.truth import read
from tests.fakes.steady_loop import SteadyLoop

QUEUES = {
    "q": {"max_size": 4, "callback_attempts": 2, "callback_retry_ms": 4_000},
    "z": {"wrap_up_ms": 0, "rona_limit": 2, "callback_attempts": 1, "callback_retry_ms": 1_000},
}
AGENTS = {
    "ann": ('{"VOICE":1,"CHAT":2,"CALLBACK":1}', 0),
    "bob": ('{"VOICE":1,"CHAT":3}', 2),
    "cho": ('{"CHAT":1}', 0),
}
EVENTS = (
    "RINGING", "ANSWERED", "NO_ANSWER", "BUSY", "REJECTED", "UNREACHABLE", "BRIDGED",
    "HOLD", "UNHOLD", "AGENT_HANGUP", "CALLER_HANGUP", "BRIDGE_FAILED",
)  # fmt: skip
OF_CALLER = ("CALLER_HANGUP", "HOLD", "UNHOLD")
# Longer than anything the queues above allow a contact to take.
LONG_ENOUGH_MS = 400_000
TICK_MS = 2_900

agents = st.sampled_from(sorted(AGENTS))
some_contact = st.integers(0, 5)
off_by = st.sampled_from((0, 0, 0, -1, 1))


class Routing(RuleBasedStateMachine):
    """Everything that anybody may do, in any order. Refusals are answers; broken steps are not."""

    url = ""
    raw_url = ""
    """The server that has the keys, where `url` only tells how to find it."""
    read_source: Callable[[str], str] = staticmethod(source)

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner(loop_factory=SteadyLoop)
        self.stack = AsyncExitStack()
        self.raw: Any = redis.Redis.from_url(self.raw_url or self.url)
        self.raw.flushdb()
        self.store: Store = self.runner.run(
            self.stack.enter_async_context(open_store(self.url, self.read_source))
        )
        self.now = NOW_MS
        self.contacts: list[str] = []
        self.sequence = 0
        self.epochs: dict[str, int] = {}
        for queue, times in QUEUES.items():
            self.runner.run(self.store.add_queue(queue, **times))
        for agent, (capacity, units) in AGENTS.items():
            self.runner.run(self.store.add_agent(agent, capacity, units))
            self.epochs[agent] = self.runner.run(self.store.sign_in(agent))
        self.runner.run(
            self.store.config.upsert("plan", "p", b"", {}, version="", check_only=False)
        )
        self.runner.run(self.store.tick())
        # Somebody waits from the start: few steps of a run are left for everything else.
        for number, (queue, channel) in enumerate((("q", "VOICE"), ("z", "CHAT"), ("z", "VOICE"))):
            self.create(queue, channel, "pbx", number, 0)

    def do(self, step: Awaitable[Any]) -> Any:
        """Run a step; None when it was refused."""

        async def run() -> Any:
            try:
                return await step
            except DomainError:
                return None

        return self.runner.run(run())

    def pick(self, number: int, *states: str) -> ContactRecord | None:
        """One of the live contacts, as it is; 5: the newest one, live or not.

        `states`: rather one of those in these, so that chance gets to steps that few may take.
        """
        live = [member.decode() for member in self.raw.zrange(self.store.keys.live, -5, -1)]
        known = self.contacts[-1:] if number == 5 else live
        fitting = [
            contact
            for contact in known
            if self.raw.hget(self.store.keys.of("contact", contact), "state").decode() in states
        ]
        known = fitting or known
        if not known:
            return None
        return self.get(known[number % len(known)])

    @rule(
        queue=st.sampled_from(sorted(QUEUES)),
        channel=st.sampled_from(("VOICE", "VOICE", "CALLBACK", "CHAT", "CHAT", "CHAT")),
        node=st.sampled_from(("", "pbx")),
        external=st.integers(0, 9),
        priority=st.integers(-1, 1),
    )
    def create(self, queue: str, channel: str, node: str, external: int, priority: int) -> None:
        new = new_contact(
            f"c{len(self.contacts)}",
            queue=queue,
            channel=channel,
            node=node,
            external_id=f"call-{external}",
            priority=priority,
        )
        created = self.do(self.store.contacts.create(new, Request()))
        if created is not None and created[1]:
            self.contacts.append(new.id)

    @rule(number=some_contact, agent=agents, steps=st.integers(1, 4))
    def proceed(self, number: int, agent: str, steps: int) -> None:
        """The usual way on, so that chance also gets to the later states."""
        for _ in range(steps):
            if (c := self.pick(number)) is None:
                return
            self.sequence += 1
            if c.state == "QUEUED":
                self.open_session(agent, "AVAILABLE")
                offer = f"o{self.sequence}"
                self.do(self.store.contacts.reserve(c.id, agent, offer, "d", b"{}"))
            elif c.state == "OFFERING":
                self.do(self.store.contacts.accept(c.offer, c.fence, 0, Request()))
            elif c.state == "ASSIGNED":
                event = CallEvent(c.id, "BRIDGED", c.fence, "pbx", self.sequence, "")
                self.do(self.store.contacts.report(event))
            elif c.state in ("CONNECTED", "ON_HOLD"):
                self.do(self.store.contacts.complete(c.id, "done", False, "", "DONE", Request()))

    @rule(agent=agents, steps=st.integers(2, 3))
    def serve(self, agent: str, steps: int) -> None:
        """Whoever waits gets an agent, or talks."""
        if (picked := self.pick(0, "QUEUED")) is not None:
            live = [member.decode() for member in self.raw.zrange(self.store.keys.live, -5, -1)]
            if picked.id in live:
                self.proceed(live.index(picked.id), agent, steps)

    @rule(number=some_contact, agent=agents)
    def one_step(self, number: int, agent: str) -> None:
        """Rules are drawn alike: one more makes the usual way more likely."""
        self.proceed(number, agent, 1)

    @rule(number=some_contact, agent=agents, others=st.integers(0, 2))
    def reserve(self, number: int, agent: str, others: int) -> None:
        """Dispatchers on several replicas may want the same at once."""
        picked = self.pick(number)
        if picked is None:
            return
        reserve = self.store.contacts.reserve
        for other in (agent, *sorted(AGENTS)[:others]):
            self.sequence += 1
            code, _ = self.do(reserve(picked.id, other, f"o{self.sequence}", "d", b"{}"))
            assert code == "OK" or code.split("_")[0] in ("CONTACT", "AGENT")

    @rule(
        pairs=st.lists(st.tuples(some_contact, agents), min_size=1, max_size=4),
        overtaken=st.sets(some_contact),
        queue=st.sampled_from(("", "q", "z")),
    )
    def reserve_many(self, pairs: list[tuple[int, str]], overtaken: set[int], queue: str) -> None:
        """A pass reserves what its board showed, which may be past."""
        passed = tuple(c.id for number in sorted(overtaken) if (c := self.pick(number)))
        wanted = []
        for number, agent in pairs:
            if (picked := self.pick(number)) is not None:
                self.sequence += 1
                offer = f"o{self.sequence}"
                wanted.append(
                    Reservation(picked.id, agent, offer, "d", b'{"arm":"b"}', passed, queue)
                )
        codes = [code for code, _ in self.do(self.store.contacts.reserve_many(wanted))]
        assert len(codes) == len(wanted)
        assert not {code.split("_")[0] for code in codes} - {"OK", "CONTACT", "AGENT"}

    @rule(number=some_contact, fence_off=off_by, epoch_off=off_by, accept=st.booleans())
    def answer(self, number: int, fence_off: int, epoch_off: int, accept: bool) -> None:
        """Accept or decline, also with an old fence or from an old session."""
        picked = self.pick(number)
        if picked is None or not picked.offer:
            return
        epoch = self.epochs.get(picked.agent, 0) + epoch_off
        args = (picked.offer, picked.fence + fence_off, max(0, epoch))
        done = (
            self.do(self.store.contacts.accept(*args, Request()))
            if accept
            else self.do(self.store.contacts.decline(*args, "DECLINED", Request()))
        )
        assert not (done and fence_off), "an answer with another offer's fence was taken"

    @rule(
        number=some_contact,
        kind=st.sampled_from(EVENTS),
        fence_off=off_by,
        again=st.booleans(),
        numbered=st.booleans(),
    )
    def report(self, number: int, kind: str, fence_off: int, again: bool, numbered: bool) -> None:
        """The line reports, also late, twice, or without numbers."""
        before = self.pick(number)
        if before is None:
            return
        fence = 0 if kind in OF_CALLER else before.fence + fence_off
        self.sequence += 1
        event = CallEvent(before.id, kind, fence, "pbx", self.sequence * numbered, "")
        code, after = self.do(self.store.contacts.report(event))
        if kind not in OF_CALLER and fence_off:
            assert (code, after) == ("STALE", before), "an event of an old offer changed something"
        if again and numbered:
            assert self.do(self.store.contacts.report(event)) == ("DUPLICATE", after)

    @rule(kind=st.sampled_from([kind for kind in EVENTS if kind not in OF_CALLER]))
    def come_late(self, kind: str) -> None:
        """What telephones report of offers that are over changes nothing, for any contact."""
        for number in range(5):
            before = self.pick(number)
            if before is not None and before.fence > 0:
                event = CallEvent(before.id, kind, before.fence - 1, "pbx", 0, "")
                assert self.do(self.store.contacts.report(event)) == ("STALE", before)

    @rule(
        agent=agents,
        presence=st.sampled_from(("AVAILABLE", "AVAILABLE", "NOT_READY", "OFFLINE")),
        after_contact=st.booleans(),
        on_stream=st.booleans(),
    )
    def set_presence(self, agent: str, presence: str, after_contact: bool, on_stream: bool) -> None:
        change = self.store.agents.set_presence(
            agent,
            presence,
            "",
            after_contact=after_contact,
            version="",
            epoch=self.epochs[agent] if on_stream else 0,
            request=Request(),
        )
        self.do(change)

    @rule(agent=agents, presence=st.sampled_from(("", "AVAILABLE", "NOT_READY")))
    def open_session(self, agent: str, presence: str) -> None:
        self.epochs[agent] = self.do(
            self.store.agents.open_session(agent, "desk", presence, LEASE_MS)
        )

    @rule(named=st.sets(some_contact))
    def attach_node(self, named: set[int]) -> None:
        picked = [self.pick(number) for number in sorted(named)]
        live = [contact.id for contact in picked if contact]
        self.do(self.store.agents.attach_node("pbx", "test", LEASE_MS, 5_000, live))

    @rule(ms=st.integers(0, 2_500), alive=st.booleans())
    def time_passes(self, ms: int, alive: bool) -> None:
        """Routers tick and desktops are heard, or not."""
        self.advance(ms)
        if alive:
            leases = [("agent", agent, epoch) for agent, epoch in self.epochs.items()]
            self.do(self.store.agents.renew_leases(leases, LEASE_MS))

    @rule(ms=st.integers(5_000, 60_000))
    def outage(self, ms: int) -> None:
        """Nobody ticks for a while; no lease lapses at once when it is over."""
        lost = [agent for agent in AGENTS if self.base(agent) == "DISCONNECTED"]
        self.now += ms
        self.store.scripts.now_ms = self.now
        self.do(self.store.tick())
        assert [agent for agent in AGENTS if self.base(agent) == "DISCONNECTED"] == lost

    @rule(
        number=some_contact,
        off=off_by,
        to=st.sampled_from(("", "", "q", "z", "nowhere")),
        agent=st.sampled_from(("", "", "ann")),
        external=st.sampled_from(("", "", "", "sip:out")),
        delta=st.integers(-1, 2),
    )
    def move(self, number: int, off: int, to: str, agent: str, external: str, delta: int) -> None:
        """A step of a plan is over, as several replicas may find at once."""
        picked = self.pick(number, "QUEUED")
        if picked is None:
            return
        move = Move(picked.step + 1, delta, to, "", agent, external, "STEP_EXPIRED")
        code = self.do(self.store.contacts.move(picked.id, picked.step + off, move))
        if off and picked.state == "QUEUED":
            assert code == "CONTACT_MOVED", "a contact was moved on from a step it is not in"
        again = self.do(self.store.contacts.move(picked.id, picked.step + off, move))
        assert (code, again) != ("OK", "OK") or to, "a contact was moved on twice from one step"

    @rule(
        number=some_contact,
        queue=st.sampled_from(("", "q", "z", "nowhere")),
        plan=st.sampled_from(("", "", "p", "none")),
        exclude=st.sets(agents, max_size=1),
        keep_age=st.booleans(),
        off=off_by,
    )
    def requeue(
        self, number: int, queue: str, plan: str, exclude: set[str], keep_age: bool, off: int
    ) -> None:
        picked = self.pick(number)
        if picked is None:
            return
        version = str(picked.version + off)
        wish = Requeue(picked.id, version, queue, plan, tuple(exclude), keep_age)
        after = self.do(self.store.changes.requeue(wish, Request()))
        if off:
            assert after is None, "a requeue with an old etag was taken"
        elif after is not None:
            assert (after.state, after.step) == ("QUEUED", 0)
            assert set(after.excluded_agents) >= exclude
            assert (after.enqueue_ms == picked.enqueue_ms) or not keep_age

    @rule(
        number=some_contact,
        mode=st.sampled_from(sorted(TransferMode)),
        to=st.sampled_from(("q", "z", "ann", "bob", "outside", "nowhere")),
    )
    def transfer(self, number: int, mode: TransferMode, to: str) -> None:
        picked = self.pick(number, "CONNECTED", "ON_HOLD")
        if picked is None:
            return
        agent = to if to in AGENTS else ""
        outside = "sip:out" if to == "outside" and mode is TransferMode.BLIND else ""
        new = f"c{len(self.contacts)}"
        wish = Transfer(
            picked.id, "", mode, new, "" if outside else "q" if agent else to, agent, outside
        )
        after = self.do(self.store.changes.transfer(wish, Request()))
        if after is None:
            return
        if after.id == new:
            self.contacts.append(new)
        first = self.get(picked.id)
        if mode is TransferMode.BLIND:
            assert first.state in ("WRAP_UP", "COMPLETED")
            assert outside or (after.previous, after.external_id) == (first.id, first.external_id)
        else:
            assert first.state in ("CONNECTED", "ON_HOLD")
            assert (after.related, after.parent) == (first.id, first.id)

    @rule(number=some_contact, later_ms=st.sampled_from((0, 5_000)), keep_place=st.booleans())
    def request_callback(self, number: int, later_ms: int, keep_place: bool) -> None:
        picked = self.pick(number, "QUEUED")
        if picked is None:
            return
        wish = CallbackWish(picked.id, "+85212345678", self.now + later_ms, keep_place)
        after = self.do(self.store.changes.request_callback(wish, Request()))
        if after is not None:
            assert after.state == "QUEUED"
            assert after.order_ms == picked.order_ms or not keep_place

    @rule(
        number=some_contact,
        priority=st.none() | st.integers(-2, 2),
        preferred=st.none() | st.sampled_from(("", "ann", "bob")),
        exclude=st.none() | st.sets(agents, max_size=1),
        off=off_by,
    )
    def update(
        self,
        number: int,
        priority: int | None,
        preferred: str | None,
        exclude: set[str] | None,
        off: int,
    ) -> None:
        picked = self.pick(number)
        if picked is None:
            return
        change = ContactUpdate(
            b"detail",
            priority=priority,
            preferred_agent=preferred,
            preferred_wait_ms=None if preferred is None else 4_000,
            excluded_agents=None if exclude is None else tuple(exclude),
        )
        seen = str(picked.version + off)
        after = self.do(self.store.changes.update(picked.id, seen, change, Request()))
        assert not (after and off), "an update made from something else was taken"

    @rule(number=some_contact, hung_up=st.booleans())
    def cancel(self, number: int, hung_up: bool) -> None:
        if (picked := self.pick(number)) is not None:
            self.do(self.store.contacts.end(picked.id, hung_up, "CANCELLED", Request()))

    @rule(number=some_contact, skip=st.booleans(), own=st.booleans())
    def complete(self, number: int, skip: bool, own: bool) -> None:
        if (picked := self.pick(number)) is not None:
            agent = picked.agent if own else ""
            self.do(self.store.contacts.complete(picked.id, "done", skip, agent, "DONE", Request()))

    @rule(number=some_contact)
    def end_wrap_up(self, number: int) -> None:
        if (picked := self.pick(number)) is not None:
            self.do(self.store.contacts.end_wrap_up(picked.agent, picked.id, "", Request()))

    @rule(number=some_contact)
    def attach_context(self, number: int) -> None:
        if (picked := self.pick(number)) is not None:
            self.do(self.store.contacts.attach_context(picked.id, b"ctx", "who", "key", "zh"))

    @invariant()
    def sound(self) -> None:
        violations = read(self.raw, self.store.keys.prefix).violations()
        assert violations == [], violations

    def base(self, agent: str) -> str:
        """What the agent wants."""
        value = self.raw.hget(self.store.keys.of("agent", agent), "base")
        assert isinstance(value, bytes)
        return value.decode()

    def advance(self, ms: int) -> None:
        """Let time pass as long as routers are up."""
        self.now += ms
        self.store.scripts.now_ms = self.now
        self.do(self.store.tick())

    def teardown(self) -> None:
        try:
            for _ in range(LONG_ENOUGH_MS // TICK_MS):
                self.advance(TICK_MS)
            self.sound()
            left = {c: r.state for c in self.contacts if (r := self.get(c)).state not in TERMINAL}
            assert left == {}, "contacts that time did not end"
            for event in read(self.raw, self.store.keys.prefix).events:
                parse_strictly(event)
        finally:
            self.runner.run(self.stack.aclose())
            self.runner.close()
            self.raw.close()

    def get(self, contact_id: str) -> ContactRecord:
        """A contact."""
        record = self.do(self.store.contacts.get(contact_id))
        assert isinstance(record, ContactRecord)
        return record
