"""How every store of conversations keeps PINs, codes and links out of what others read."""

from dataclasses import replace

from switchyard_common.bot_events import TurnFacts
from switchyard_common.secret_words import MASK
from switchyard_gateway.domain import transitions
from switchyard_gateway.domain.conversation import BEGINNING, Draft, Message, Role
from switchyard_gateway.domain.notices import Notice
from switchyard_gateway.domain.secrecy import Secrecy
from switchyard_gateway.domain.transitions import Step

from tests.contracts.gateway.store_contract import (
    CHAT,
    AnyStore,
    claimed,
    opened,
    say,
    step,
    texts,
    waiting,
    with_agent,
)

PIN = "482913"
LINK = Draft("a.1", Role.BOT, "Open https://g.example/reset/abc now", confidential=True)
SHOWN = f"Open {MASK} now"


async def asks_for_a_pin(store: AnyStore, *, asks: bool = True) -> None:
    facts = TurnFacts(flow="bill_balance", step="ask.pin", asks_secret=asks)
    question = Draft(f"q-{asks}", Role.BOT, "Your PIN, please?")
    await step(store, transitions.bot_answered(await store.load(CHAT), [question], facts=facts))


class SecrecyContract:
    """Mix into a test class that has a fixture `store`."""

    async def test_an_answer_to_the_question_for_a_pin_is_masked_for_all_but_the_bot(
        self, store: AnyStore
    ) -> None:
        await opened(store)
        await asks_for_a_pin(store)
        posted = await store.post(CHAT, say(PIN), None)
        assert (posted.message.text, (await texts(store))[-1]) == (MASK, MASK)
        turn = await claimed(store)
        assert turn.message is not None
        assert turn.message.text == PIN

    async def test_a_repeated_answer_is_masked_as_the_first_one(self, store: AnyStore) -> None:
        await opened(store)
        await asks_for_a_pin(store)
        await store.post(CHAT, say(PIN), None)
        again = await store.post(CHAT, say(PIN), None)
        assert (again.repeated, again.message.text) == (True, MASK)
        assert (await texts(store)).count(MASK) == 1

    async def test_a_turn_taken_over_by_another_process_still_has_the_whole_text(
        self, store: AnyStore
    ) -> None:
        await opened(store)
        await asks_for_a_pin(store)
        await store.post(CHAT, say(PIN), None)
        assert await store.claim(CHAT, 0.0) is not None
        turn = await claimed(store)
        assert turn.message is not None
        assert turn.message.text == PIN

    async def test_once_the_turn_is_over_nobody_has_the_secret(self, store: AnyStore) -> None:
        await opened(store)
        await asks_for_a_pin(store)
        posted = await store.post(CHAT, say(PIN), None)
        turn = await claimed(store)
        assert await store.finish(turn, Step(turn.conversation)) is not None
        asked_for = replace(posted.message, confidential=True)  # whoever finds a way to ask for it
        assert await store.whole(CHAT, asked_for) == asked_for

    async def test_a_secret_nobody_answered_is_gone_when_the_bot_is_left(
        self, store: AnyStore
    ) -> None:
        await opened(store)
        await asks_for_a_pin(store)
        posted = await store.post(CHAT, say(PIN), None)
        await waiting(store)
        asked_for = replace(posted.message, confidential=True)
        assert await store.whole(CHAT, asked_for) == asked_for

    async def test_after_the_question_only_bare_digits_are_masked(self, store: AnyStore) -> None:
        await opened(store)
        await asks_for_a_pin(store)
        await asks_for_a_pin(store, asks=False)
        assert (await store.load(CHAT)).secrecy is Secrecy.ONCE
        await store.post(CHAT, say("482914"), None)
        await store.post(CHAT, say("my order is SY10240001"), None)
        assert (await texts(store))[-2:] == [MASK, "my order is SY10240001"]

    async def test_a_pin_told_to_an_agent_is_masked_too(self, store: AnyStore) -> None:
        await opened(store)
        await with_agent(store)
        await store.post(CHAT, say(f"my pin is {PIN}"), None)
        assert (await texts(store))[-1] == f"my pin is {MASK}"

    async def test_numbers_stay_where_no_secret_is_asked_for(self, store: AnyStore) -> None:
        await opened(store)
        await store.post(CHAT, say("20480001"), None)
        assert await texts(store) == ["20480001"]

    async def test_a_confidential_message_is_whole_for_the_customer_only(
        self, store: AnyStore
    ) -> None:
        await opened(store)
        await step(store, transitions.bot_answered(await store.load(CHAT), [LINK]))
        (read,) = [e for e in await store.read(CHAT, BEGINNING, 9) if isinstance(e, Message)]
        assert (read.text, read.confidential) == (SHOWN, True)
        assert (await store.whole(CHAT, read)).text == LINK.text

    async def test_a_closed_conversation_keeps_no_link(self, store: AnyStore) -> None:
        await opened(store)
        await step(store, transitions.bot_answered(await store.load(CHAT), [LINK]))
        (read,) = [e for e in await store.read(CHAT, BEGINNING, 9) if isinstance(e, Message)]
        await step(store, transitions.closed(await store.load(CHAT), Notice.CLOSED))
        assert await store.whole(CHAT, read) == read

    async def test_a_turn_may_end_with_a_link_and_the_link_stays(self, store: AnyStore) -> None:
        await opened(store)
        await store.post(CHAT, say("reset my pin"), None)
        turn = await claimed(store)
        done = transitions.bot_answered(turn.conversation, [LINK])
        assert await store.finish(turn, done) is not None
        read = [e for e in await store.read(CHAT, BEGINNING, 9) if isinstance(e, Message)][-1]
        assert (await store.whole(CHAT, read)).text == LINK.text
