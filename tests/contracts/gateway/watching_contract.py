"""What stores do besides steps: timers, whispers, ledgers, sightings, and watchers. A mix-in."""

from switchyard_gateway.domain import transitions
from switchyard_gateway.domain.conversation import (
    BEGINNING,
    Changed,
    ConversationId,
    Message,
    State,
    Wait,
)
from switchyard_gateway.domain.notices import Notice
from switchyard_gateway.service.store import (
    Due,
)

from tests.contracts.gateway.store_contract import (
    ANN,
    CHAT,
    CONTACT,
    AnyStore,
    next_of,
    opened,
    say,
    step,
    waiting,
)


class WatchingContract:
    """Mix into a test class that has a fixture `store`."""

    async def test_who_was_heard_meanwhile_is_neither_reminded_nor_closed(
        self, store: AnyStore
    ) -> None:
        before = await opened(store)
        await store.post(CHAT, say("I am here"), None)
        quiet = transitions.closed(before, Notice.CLOSED_IDLE)
        assert quiet is not None
        assert await store.commit(before, quiet) is None
        assert (await store.load(CHAT)).state is State.WITH_BOT

    async def test_open_conversations_are_looked_at_when_it_is_time(self, store: AnyStore) -> None:
        await opened(store)
        assert await store.due(10, 30) == Due((), 1)
        await store.postpone(CHAT, -1)
        assert await store.due(10, 30) == Due((CHAT,), 1)
        assert await store.due(10, 30) == Due((), 1), "somebody has it"
        await store.postpone(CHAT, -1)
        await store.post(CHAT, say("hello"), None)
        assert await store.due(10, 30) == Due((), 1), "each step sets the timer anew"
        await store.postpone(CHAT, -1)
        await step(store, transitions.closed(await store.load(CHAT)))
        assert await store.due(10, 30) == Due((), 0)
        await store.postpone(CHAT, -1)
        assert await store.due(10, 30) == Due((), 0), "what is closed stays closed"

    async def test_timers_can_be_given_up(self, store: AnyStore) -> None:
        await opened(store)
        await store.forget(CHAT)
        assert await store.due(10, 30) == Due((), 0)

    async def test_an_estimate_lasts_as_long_as_the_wait(self, store: AnyStore) -> None:
        await opened(store)
        before = await waiting(store)
        await store.whisper(CHAT, Wait(3, 60, 120))
        assert (await store.load(CHAT)).wait == Wait(3, 60, 120)
        await step(store, transitions.agent_joined(before, CONTACT, ANN, "Ann", 1))
        assert (await store.load(CHAT)).wait is None

    async def test_a_node_remembers_what_it_holds(self, store: AnyStore) -> None:
        assert await store.tracked("n1") == ()
        await store.track("n1", CHAT)
        await store.track("n1", CHAT)
        await store.track("n1", ConversationId("chat-0"))
        await store.track("n2", ConversationId("chat-2"))
        assert await store.tracked("n1") == ("chat-0", "chat-1")
        await store.untrack("n1", CHAT)
        assert await store.tracked("n1") == ("chat-0",)

    async def test_knows_who_was_seen(self, store: AnyStore) -> None:
        await store.seen((CHAT,))
        assert await store.away_seconds(CHAT) < 5
        assert await store.away_seconds(ConversationId("nobody")) > 3600

    async def test_watchers_get_what_was_and_what_comes(self, store: AnyStore) -> None:
        await opened(store)
        await store.post(CHAT, say("before"), None)
        async with store.watch(CHAT, BEGINNING) as live:
            first = await next_of(live)
            assert isinstance(first, Message)
            assert first.text == "before"
            await store.post(CHAT, say("after"), None)
            second = await next_of(live)
            assert isinstance(second, Message)
            assert second.text == "after"
            await step(store, transitions.closed(await store.load(CHAT)))
            said, changed = await next_of(live), await next_of(live)
            assert isinstance(said, Message)
            assert said.notice == Notice.CLOSED
            assert isinstance(changed, Changed)
            assert changed.state is State.CLOSED

    async def test_watching_resumes_after_the_last_entry_seen(self, store: AnyStore) -> None:
        await opened(store)
        seen = (await store.post(CHAT, say("seen"), None)).message
        await store.post(CHAT, say("missed"), None)
        async with store.watch(CHAT, seen.id) as live:
            missed = await next_of(live)
        assert isinstance(missed, Message)
        assert missed.text == "missed"
