"""What every store of conversations does. Subclasses give the store."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

import pytest
from switchyard_common.bot_events import Tally, TurnFacts
from switchyard_gateway.domain import transitions
from switchyard_gateway.domain.conversation import (
    BEGINNING,
    Attachment,
    Conversation,
    ConversationId,
    Draft,
    Happening,
    Identifier,
    Live,
    Message,
    Occasion,
    Role,
    State,
)
from switchyard_gateway.domain.errors import (
    ConversationUnknown,
    NotTheAgent,
    RateLimited,
    WrongState,
)
from switchyard_gateway.domain.handoff import Handoff
from switchyard_gateway.domain.notices import Notice
from switchyard_gateway.domain.transitions import Step
from switchyard_gateway.service.feed import Feed
from switchyard_gateway.service.store import (
    Busy,
    Conversations,
    NodeLedger,
    Opening,
    RateLimit,
    Sightings,
    Timers,
    Transcript,
    Turn,
    Turns,
    Whispers,
)

CHAT = ConversationId("chat-1")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ANN, BOB = "tenants/demo/agents/ann", "tenants/demo/agents/bob"
CONTACT = "tenants/demo/contacts/c1"
LEASE_SECONDS = 600.0


class AnyStore(
    Conversations, Transcript, Turns, Whispers, NodeLedger, Sightings, Timers, Feed, Protocol
):
    """All ports in one, as the tests below need them."""


def say(text: str, message_id: str = "", role: Role = Role.CUSTOMER, agent: str = "") -> Draft:
    return Draft(message_id or f"id-{text}", role, text, agent)


async def opened(store: AnyStore) -> Conversation:
    return await store.open(Opening(CHAT, "chat", "zh", "hash"))


async def step(store: AnyStore, wanted: Step | None) -> Conversation:
    assert wanted is not None
    after = await store.commit(await store.load(CHAT), wanted)
    assert after is not None
    return after


async def waiting(store: AnyStore) -> Conversation:
    handoff = Handoff("asked", intent="order_status", slots={"order": "SY1", "tries": 2})
    asked = transitions.ask_for_person(await store.load(CHAT), handoff, "h1", "n1", NOW)
    await step(store, asked)
    return await step(store, transitions.contact_created(await store.load(CHAT), "h1", CONTACT))


async def with_agent(store: AnyStore, agent: str = ANN) -> Conversation:
    before = await waiting(store)
    return await step(store, transitions.agent_joined(before, CONTACT, agent, "Ann Lee", 1))


async def texts(store: AnyStore) -> list[str]:
    return [e.text for e in await store.read(CHAT, BEGINNING, 100) if isinstance(e, Message)]


async def claimed(store: AnyStore) -> Turn:
    turn = await store.claim(CHAT, LEASE_SECONDS)
    assert isinstance(turn, Turn)
    return turn


async def next_of(live: AsyncIterator[Live]) -> Live:
    return await asyncio.wait_for(anext(live), 60)


class StoreContract:
    """Mix into a test class that has a fixture `store`."""

    async def test_a_conversation_is_read_as_it_was_opened(self, store: AnyStore) -> None:
        written = await opened(store)
        assert written == await store.load(CHAT)
        assert (written.state, written.language, written.channel, written.version) == (
            State.WITH_BOT,
            "zh",
            "chat",
            1,
        )
        assert written.token_hash == "hash"

    async def test_opening_again_changes_nothing(self, store: AnyStore) -> None:
        first = await opened(store)
        again = await store.open(Opening(CHAT, "other", "en", "forged"))
        assert again == first

    async def test_unknown_conversations_are_unknown(self, store: AnyStore) -> None:
        stranger = await opened(store)
        nobody = ConversationId("nobody")
        with pytest.raises(ConversationUnknown):
            await store.load(nobody)
        with pytest.raises(ConversationUnknown):
            await store.post(nobody, say("hello"), None)
        with pytest.raises(ConversationUnknown):
            await store.commit(replace(stranger, id=nobody), Step(replace(stranger, id=nobody)))

    async def test_a_step_is_read_as_it_was_made(self, store: AnyStore) -> None:
        await opened(store)
        after = await with_agent(store)
        assert after == await store.load(CHAT)
        assert after.state is State.WITH_AGENT
        assert after.handover is not None
        assert after.handover.handoff.slots == {"order": "SY1", "tries": 2}
        assert (after.contact, after.agent, after.handover.since) == (CONTACT, ANN, NOW)
        assert after.version == 4

    async def test_of_two_steps_from_one_version_only_one_is_made(self, store: AnyStore) -> None:
        before = await opened(store)
        chosen = transitions.language_chosen(before, "en")
        closed = transitions.closed(before)
        assert chosen is not None
        assert closed is not None
        made = await asyncio.gather(store.commit(before, chosen), store.commit(before, closed))
        assert [each is None for each in made].count(True) == 1

    async def test_messages_keep_their_order_and_texts(self, store: AnyStore) -> None:
        await opened(store)
        said = ["一", "two", "🙂 ﷽ <b>{{7*7}}</b>", "x" * 4000, 'quote " and \\ and \n line']
        for number, text in enumerate(said):
            await store.post(CHAT, say(text, f"m{number}"), None)
        assert await texts(store) == said
        entries = await store.read(CHAT, BEGINNING, 2)
        assert [e.id for e in await store.read(CHAT, entries[1].id, 100)] == [
            e.id for e in (await store.read(CHAT, BEGINNING, 100))[2:]
        ]

    async def test_choices_and_files_are_read_as_they_were_written(self, store: AnyStore) -> None:
        await opened(store)
        photo = Attachment("f1", 'a "photo".jpg', "image/jpeg", 2048)
        asked = Draft("b1", Role.BOT, "Which?", choices=("查订单", "A person"))
        await store.post(CHAT, replace(say("", "m1"), attachments=(photo,)), None)
        await step(store, transitions.bot_answered(await store.load(CHAT), [asked]))
        first, second = await store.read(CHAT, BEGINNING, 10)
        assert isinstance(first, Message)
        assert isinstance(second, Message)
        assert (first.attachments, first.choices) == ((photo,), ())
        assert (second.attachments, second.choices) == ((), ("查订单", "A person"))

    async def test_a_repeated_message_is_stored_once(self, store: AnyStore) -> None:
        await opened(store)
        first = await store.post(CHAT, say("hello", "m1"), None)
        again = await store.post(CHAT, say("hello, again", "m1"), None)
        assert (first.repeated, again.repeated) == (False, True)
        assert again.message == first.message
        assert await texts(store) == ["hello"]

    async def test_two_senders_may_use_the_same_message_id(self, store: AnyStore) -> None:
        await opened(store)
        await store.post(CHAT, say("customer", "m1"), None)
        await with_agent(store)
        posted = await store.post(CHAT, say("agent", "m1", Role.AGENT, ANN), None)
        assert not posted.repeated
        assert posted.message.agent == ANN

    async def test_only_the_assigned_agent_writes_as_an_agent(self, store: AnyStore) -> None:
        await opened(store)
        with pytest.raises(WrongState):
            await store.post(CHAT, say("too early", role=Role.AGENT, agent=ANN), None)
        await with_agent(store)
        with pytest.raises(NotTheAgent):
            await store.post(CHAT, say("not mine", role=Role.AGENT, agent=BOB), None)
        await store.post(CHAT, say("mine", role=Role.AGENT, agent=ANN), None)
        assert (await texts(store))[-1] == "mine"

    async def test_nobody_writes_to_a_closed_conversation(self, store: AnyStore) -> None:
        await step(store, transitions.closed(await opened(store)))
        with pytest.raises(WrongState):
            await store.post(CHAT, say("hello?"), None)

    async def test_who_writes_too_fast_is_told_how_long_to_wait(self, store: AnyStore) -> None:
        await opened(store)
        limit = RateLimit(interval_seconds=100.0, burst=2)
        for text in ("one", "two"):
            await store.post(CHAT, say(text), limit)
        with pytest.raises(RateLimited) as refused:
            await store.post(CHAT, say("three"), limit)
        assert refused.value.retry_after_seconds == pytest.approx(100, abs=5)
        assert (await store.post(CHAT, say("one"), limit)).repeated, "repeats are free"
        assert await texts(store) == ["one", "two"]

    async def test_the_bot_gets_one_message_at_a_time_in_order(self, store: AnyStore) -> None:
        await opened(store)
        for text in ("one", "two"):
            await store.post(CHAT, say(text), None)
        first = await claimed(store)
        assert first.message is not None
        assert first.message.text == "one"
        busy = await store.claim(CHAT, LEASE_SECONDS)
        assert isinstance(busy, Busy)
        assert 0 < busy.seconds <= LEASE_SECONDS
        answer = transitions.bot_answered(first.conversation, [say("1!", role=Role.BOT)])
        finished = await store.finish(first, answer)
        assert finished is not None
        assert finished.more
        second = await claimed(store)
        assert second.message is not None
        assert second.message.text == "two"
        last = await store.finish(second, transitions.bot_answered(second.conversation, []))
        assert last is not None
        assert not last.more
        assert await store.claim(CHAT, LEASE_SECONDS) is None
        assert await texts(store) == ["one", "two", "1!"]

    async def test_a_late_answer_of_the_bot_is_dropped(self, store: AnyStore) -> None:
        await opened(store)
        await store.post(CHAT, say("one"), None)
        turn = await claimed(store)
        await waiting(store)
        late = transitions.bot_answered(turn.conversation, [say("late", role=Role.BOT)])
        assert await store.finish(turn, late) is None
        assert "late" not in await texts(store)

    async def test_while_handed_over_the_bot_has_no_turns(self, store: AnyStore) -> None:
        await opened(store)
        await store.post(CHAT, say("before"), None)
        await waiting(store)
        await store.post(CHAT, say("meanwhile"), None)
        assert await store.claim(CHAT, LEASE_SECONDS) is None

    async def test_back_with_the_bot_its_first_turn_is_to_learn_why(self, store: AnyStore) -> None:
        await opened(store)
        before = await with_agent(store)
        await store.post(CHAT, say("for the agent"), None)
        await step(store, transitions.back_to_bot(before, CONTACT, Notice.AGENT_ENDED))
        await store.post(CHAT, say("for the bot"), None)
        back = await claimed(store)
        assert back.message is None
        assert back.occasion is not None
        assert back.occasion.what is Happening.HAND_BACK
        assert back.occasion.facts == {"after": "agent_ended", "agent": "ann"}
        assert back.conversation.bot_paused
        awake = await store.finish(back, transitions.bot_answered(back.conversation, []))
        assert awake is not None
        assert not awake.conversation.bot_paused
        turn = await claimed(store)
        assert turn.message is not None
        assert turn.message.text == "for the bot"

    async def test_a_turn_that_hands_over_keeps_changes_made_meanwhile(
        self, store: AnyStore
    ) -> None:
        await opened(store)
        await store.post(CHAT, say("a person, please"), None)
        turn = await claimed(store)
        await step(store, transitions.language_chosen(await store.load(CHAT), "en"))
        asked = transitions.ask_for_person(turn.conversation, Handoff("asked"), "h1", "n1", NOW)
        assert asked is not None
        finished = await store.finish(turn, asked)
        assert finished is not None
        after = finished.conversation
        assert (after.state, after.language) == (State.WAITING_FOR_AGENT, "en")

    async def test_what_the_bot_is_to_react_to_comes_after_what_it_has_to_answer(
        self, store: AnyStore
    ) -> None:
        await opened(store)
        await store.post(CHAT, say("hello"), None)
        await step(store, transitions.reminded(await store.load(CHAT), 91.4))
        first = await claimed(store)
        assert first.message is not None
        await store.finish(first, transitions.bot_answered(first.conversation, []))
        second = await claimed(store)
        assert second.message is None
        assert second.occasion is not None
        assert second.occasion.what is Happening.SILENCE
        assert second.occasion.facts == {"seconds": 91, "last": False}

    async def test_a_conversation_may_begin_with_the_bot(self, store: AnyStore) -> None:
        greet = Occasion("greet", Happening.GREET, {"why": '"new" {chat}'})
        opening = Opening(CHAT, "chat", "zh", "hash", occasion=greet)
        await store.open(opening)
        await store.open(opening)
        turn = await claimed(store)
        assert turn.occasion == greet
        await store.finish(turn, transitions.bot_answered(turn.conversation, []))
        assert await store.claim(CHAT, LEASE_SECONDS) is None

    async def test_a_turn_is_kept_as_long_as_it_is_renewed(self, store: AnyStore) -> None:
        await opened(store)
        await store.post(CHAT, say("hello"), None)
        turn = await claimed(store)
        assert await store.renew(turn, 2 * LEASE_SECONDS)
        busy = await store.claim(CHAT, LEASE_SECONDS)
        assert isinstance(busy, Busy)
        assert busy.seconds > LEASE_SECONDS
        await waiting(store)
        assert not await store.renew(turn, LEASE_SECONDS)

    async def test_a_customers_messages_are_numbered(self, store: AnyStore) -> None:
        await opened(store)
        await store.post(CHAT, say("one"), None)
        await store.post(CHAT, say("one"), None)
        turn = await claimed(store)
        bot = transitions.bot_answered(turn.conversation, [say("1!", role=Role.BOT)])
        await store.finish(turn, bot)
        await store.post(CHAT, say("two"), None)
        entries = await store.read(CHAT, BEGINNING, 10)
        numbers = [(e.text, e.number) for e in entries if isinstance(e, Message)]
        assert numbers == [("one", 1), ("1!", 0), ("two", 2)]
        conversation = await store.load(CHAT)
        assert conversation.said == 2
        assert conversation.first is not None
        assert conversation.active is not None
        assert conversation.first <= conversation.active

    async def test_what_is_known_of_a_conversation_is_read_as_it_was_written(
        self, store: AnyStore
    ) -> None:
        known = (Identifier("handle", "o-1", "wx", proven=True),)
        await store.open(Opening(CHAT, "wechat", "zh", identifiers=known))
        await store.post(CHAT, say("returns?"), None)
        turn = await claimed(store)
        facts = TurnFacts("faq", 0.9, "identified", "returns", "done", "", -0.5, ("returns",))
        answer = Draft("b1", Role.BOT, "Which?", choices=("This", "That"))
        await store.finish(turn, transitions.bot_answered(turn.conversation, [answer], "en", facts))
        after = await store.load(CHAT)
        assert after.identifiers == known
        assert after.offered == ("This", "That")
        assert after.tally == Tally(flows=("returns",))
        assert (after.profile.intent, after.profile.sentiment) == ("returns", -0.5)
