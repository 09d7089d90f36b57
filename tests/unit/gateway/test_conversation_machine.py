"""Any order of events leaves every conversation sound: nobody is lost, and the bot stays silent."""

import asyncio
from random import Random
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from switchyard_gateway.domain.contacts import JOINED, LIVE, LOOKING
from switchyard_gateway.domain.conversation import HANDED_OVER, ConversationId, State
from switchyard_gateway.domain.errors import BadNumber, CallbackFailed, RouterFailed, WrongState
from switchyard_gateway.domain.notices import Notice
from switchyard_gateway.service.bot import Question, Reply
from switchyard_gateway.service.end_by_agent import Ending

from tests.fakes.gateway.router import ANN, BOB, NEXT
from tests.fakes.gateway.world import NODE, World

pytestmark = pytest.mark.unit

AGENTS = st.sampled_from([ANN, BOB])


class ConversationMachine(RuleBasedStateMachine):
    """One customer, a bot that fails at times, a router that is away at times."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.world = World()
        self.numbers = 0
        self.chat: ConversationId = self.run(self.world.chat())
        self.asked_in: list[State] = []
        reply = self.world.bot.reply

        async def watched(question: Question) -> Reply:
            self.asked_in.append((await self.world.conversation(self.chat)).state)
            return await reply(question)

        self.world.bot.reply = watched  # type: ignore[method-assign]

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    def number(self) -> str:
        self.numbers += 1
        return f"n{self.numbers}"

    @property
    def state(self) -> State:
        state: State = self.run(self.world.conversation(self.chat)).state
        return state

    def contact(self) -> str:
        """The newest contact, if it is live."""
        for contact in reversed(self.world.router.contacts.values()):
            return contact.name if contact.state in LIVE else ""
        return ""

    @precondition(lambda self: self.state is not State.CLOSED)
    @rule(text=st.sampled_from(["hello", "a person", "我要人工", "where is my order"]))
    def customer_writes(self, text: str) -> None:
        self.world.clock.advance(60)
        self.run(self.world.says(self.chat, text))

    @rule()
    def customer_asks_for_a_person(self) -> None:
        self.run(self.world.ask_for_person.execute(self.chat))

    @rule(for_good=st.booleans())
    def customer_leaves(self, for_good: bool) -> None:
        self.run(self.world.leave.execute(self.chat, for_good=for_good and self.numbers > 30))

    @precondition(lambda self: not self.world.router.down and self.contact())
    @rule(agent=AGENTS)
    def agent_accepts(self, agent: str) -> None:
        if self.world.router.contacts[self.contact()].state in LOOKING:
            self.run(self.world.router.assign(self.contact(), agent))

    @precondition(lambda self: not self.world.router.down and self.contact())
    @rule(which=st.randoms(use_true_random=False))
    def router_moves_the_contact(self, which: Random) -> None:
        state = which.choice(NEXT[self.world.router.contacts[self.contact()].state])
        self.run(self.world.router.move(self.contact(), state))

    @rule()
    def old_news_come_again(self) -> None:
        for contact in tuple(self.world.router.contacts.values()):
            self.run(self.world.follow.execute(contact))

    @precondition(lambda self: not self.world.router.down and self.world.router.history)
    @rule(which=st.randoms(use_true_random=False))
    def old_news_come_late(self, which: Random) -> None:
        old = which.choice(self.world.router.history)
        if old.name in self.world.router.contacts and old.state in LIVE:
            self.run(self.world.follow.execute(old))

    @rule(agent=AGENTS)
    def an_agent_writes(self, agent: str) -> None:
        conversation = self.run(self.world.conversation(self.chat))
        post = self.world.post_agent.execute(self.chat, self.number(), "hello", agent)
        if (conversation.state, conversation.agent) == (State.WITH_AGENT, agent):
            self.run(post)
        else:
            with pytest.raises(Exception, match=r"agent|conversation"):
                self.run(post)

    @rule(why=st.sampled_from([Notice.AGENT_ENDED, Notice.HANDED_BACK]))
    def the_agent_ends(self, why: Notice) -> None:
        agent = self.run(self.world.conversation(self.chat)).agent or ANN
        try:
            self.run(self.world.end.execute(Ending(self.chat, agent, self.number(), why)))
        except (RouterFailed, WrongState):
            return  # refused: nothing may have happened, which the invariants look at

    @rule(number=st.sampled_from(["138 0013 8000", "110"]))
    def customer_wants_to_be_called(self, number: str) -> None:
        try:
            self.run(self.world.callback.execute(self.chat, number))
        except (BadNumber, CallbackFailed, WrongState):
            return  # refused: the place is kept, which the invariants look at

    @precondition(lambda self: self.state is not State.CLOSED)
    @rule(word=st.sampled_from(["1", "2", "3", "13800138000"]))
    def customer_writes_a_wish(self, word: str) -> None:
        self.world.clock.advance(60)
        self.run(self.world.says(self.chat, word))

    @rule(seconds=st.sampled_from([30, 100, 2000]))
    def nobody_says_anything(self, seconds: int) -> None:
        self.world.clock.advance(seconds)
        self.run(self.world.quiet.sweep())

    @rule(cause=st.sampled_from(["", "timeout", "unreachable", "unavailable", "bad_answer"]))
    def the_bot_gets_well_or_ill(self, cause: str) -> None:
        self.world.bot.failure = cause

    @rule(down=st.booleans())
    def the_router_comes_and_goes(self, down: bool) -> None:
        self.world.router.down = True
        if not down:
            self.run(self.world.router.come_back())
            self.run(self.world.reconcile.execute(frozenset()))

    @rule()
    def the_router_forgets_everything(self) -> None:
        if self.world.router.down:
            return
        forgotten = frozenset(self.world.router.contacts)
        self.world.router.contacts.clear()
        self.run(self.world.reconcile.execute(forgotten))

    @invariant()
    def the_bot_is_asked_only_while_it_serves(self) -> None:
        assert set(self.asked_in) <= {State.WITH_BOT}

    @invariant()
    def a_hand_over_exists_exactly_while_it_lasts(self) -> None:
        conversation = self.run(self.world.conversation(self.chat))
        assert (conversation.handover is not None) == (conversation.state in HANDED_OVER)
        assert bool(conversation.agent) == (conversation.state is State.WITH_AGENT)

    @invariant()
    def whoever_is_handed_over_is_remembered(self) -> None:
        if self.state in HANDED_OVER:
            assert self.chat in self.run(self.world.store.tracked(NODE))

    @invariant()
    def no_contact_lives_that_nobody_waits_for(self) -> None:
        if not self.world.router.down:
            mine = self.run(self.world.conversation(self.chat)).contact
            live = {c.name for c in self.world.router.contacts.values() if c.state in LIVE}
            assert live <= {mine}

    @invariant()
    def the_conversation_is_where_its_contact_is(self) -> None:
        conversation = self.run(self.world.conversation(self.chat))
        contact = self.world.router.contacts.get(conversation.contact)
        if self.world.router.down or contact is None or contact.state not in LIVE:
            return
        joined = contact.state in JOINED
        assert conversation.state is (State.WITH_AGENT if joined else State.WAITING_FOR_AGENT)
        assert conversation.agent == (contact.agent if joined else "")

    @invariant()
    def a_call_is_owed_to_nobody_who_waits(self) -> None:
        if self.world.router.down or self.state not in HANDED_OVER:
            return
        handover = self.run(self.world.conversation(self.chat)).handover
        replaced = {call.instead_of for call in self.world.router.callbacks.values()}
        assert handover.contact not in replaced

    @invariant()
    def events_tell_of_one_end_at_most(self) -> None:
        ends = [event for event in self.world.store.events if event.type == "bot.ended"]
        assert len(ends) <= (1 if self.state is State.CLOSED else 0)

    @invariant()
    def nothing_waits_for_the_bot_when_it_serves(self) -> None:
        self.run(self.world.turns.idle())

    def teardown(self) -> None:
        """In the end, with all well again, the customer is served."""
        self.world.bot.failure = ""
        self.run(self.world.router.come_back())
        self.run(self.world.reconcile.execute(frozenset()))
        self.run(self.world.leave.execute(self.chat))
        if self.state is not State.CLOSED:
            self.world.clock.advance(60)
            self.run(self.world.says(self.chat, "hello again"))
            assert self.run(self.world.transcript(self.chat))[-1] == "BOT: You said: hello again"
        self.run(self.world.absence.stop())
        self.loop.close()


TestConversationMachine = ConversationMachine.TestCase
