"""The gateway's use cases on fakes."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from itertools import count

from switchyard_common.clock import FakeClock
from switchyard_gateway.domain.contacts import ContactView
from switchyard_gateway.domain.conversation import (
    BEGINNING,
    Conversation,
    ConversationId,
    Message,
)
from switchyard_gateway.domain.handoff import QueueMap
from switchyard_gateway.domain.quiet import QuietRules
from switchyard_gateway.service.absence import AbsenceWatch, Patience
from switchyard_gateway.service.answer import AnswerTurn
from switchyard_gateway.service.ask_bot import AskBot
from switchyard_gateway.service.callback import BookCallback
from switchyard_gateway.service.change import ChangeConversation
from switchyard_gateway.service.end_by_agent import EndByAgent
from switchyard_gateway.service.follow_contact import FollowContact
from switchyard_gateway.service.hand_over import AskForPerson, QueueContact
from switchyard_gateway.service.leave import LeavePerson
from switchyard_gateway.service.open_conversation import OpenChat, ResumeChat
from switchyard_gateway.service.patient_bot import BotPatience, PatientBot
from switchyard_gateway.service.places import Places
from switchyard_gateway.service.post_message import PostAgentMessage, PostCustomerMessage
from switchyard_gateway.service.quiet import WatchQuiet
from switchyard_gateway.service.reconcile import ReconcileContacts
from switchyard_gateway.service.store import RateLimit
from switchyard_gateway.service.turn_bell import TurnBell
from switchyard_gateway.service.turn_report import TurnReport
from switchyard_gateway.service.turns import TurnKeeper
from switchyard_gateway.service.wait_in_words import HearWaiting, TellPlace

from tests.fakes.gateway.bot import ScriptedBot
from tests.fakes.gateway.router import FakeRouter
from tests.fakes.gateway.store import FakeStore

NODE = "n1"


class CountingObserver:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.turns: list[str] = []
        self.bot_errors: list[str] = []
        self.handovers: list[str] = []
        self.bot_retries: list[str] = []
        self.waiting = 0
        self.fallbacks: list[str] = []
        self.reasons: list[str] = []
        self.surveys: list[int] = []
        self.ends: list[tuple[str, str]] = []
        self.open = 0
        self.messages: Counter[str] = Counter()

    def turn(self, outcome: str, seconds: float) -> None:
        self.turns.append(outcome)

    def bot_error(self, cause: str) -> None:
        self.bot_errors.append(cause)

    def bot_retry(self, cause: str) -> None:
        self.bot_retries.append(cause)

    def waiting_for_bot(self, turns: int) -> None:
        self.waiting = turns

    def fallback(self, language: str) -> None:
        self.fallbacks.append(language)

    def handover_reason(self, reason: str) -> None:
        self.reasons.append(reason)

    def survey(self, csat: int) -> None:
        self.surveys.append(csat)

    def ended(self, outcome: str, channel: str) -> None:
        self.ends.append((outcome, channel))

    def active(self, conversations: int) -> None:
        self.open = conversations

    def handover(self, outcome: str) -> None:
        self.handovers.append(outcome)

    def message(self, role: str) -> None:
        self.messages[role] += 1


class World:
    """Everything a test may look at. Time stands still, but for `sleep`, which moves it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.held: asyncio.Event | None = None
        self.store = FakeStore(self.clock)
        self.bot = ScriptedBot()
        self.router = FakeRouter()
        self.seen = CountingObserver()
        self.bell = TurnBell()
        self._numbers: Iterator[int] = count(1)
        store, router, bell, seen = self.store, self.router, self.bell, self.seen
        self.change = ChangeConversation(store, seen)
        self.leave = LeavePerson(self.change, router, store, bell, seen)
        self.absence = AbsenceWatch(
            store, store, self.leave, Patience(60.0, 300.0), 10.0, self.sleep
        )
        self.follow = FollowContact(
            store,
            self.change,
            router,
            router,
            store,
            store,
            bell,
            seen,
            TellPlace(self.change, self.clock, callbacks=True),
        )
        queues = QueueMap("general", {"order_status": "orders"})
        self.callback = BookCallback(
            store,
            self.change,
            router,
            router,
            store,
            queues,
            bell,
            seen,
            self.clock,
            "CN",
            "phone-1",
        )
        hear = HearWaiting(store, self.change, self.callback, self.leave, "CN", callbacks=True)
        self.queue_contact = QueueContact(
            store,
            self.change,
            router,
            router,
            self.follow,
            store,
            queues,
            bell,
            self.absence,
            seen,
            self.sleep,
        )
        self.ask_for_person = AskForPerson(
            store,
            self.change,
            self.bot,
            self.queue_contact,
            store,
            seen,
            self.clock,
            self.new_id,
            NODE,
        )
        self.end = EndByAgent(self.change, router, store, bell, seen)
        self.reconcile = ReconcileContacts(
            store,
            self.change,
            router,
            router,
            store,
            self.queue_contact,
            self.follow,
            self.absence,
            bell,
            seen,
            self.clock,
            self.new_id,
            NODE,
        )
        patience = BotPatience(45.0, 3.0)
        places = Places(32, seen)
        self.patient_bot = PatientBot(self.bot, patience, seen, self.clock, places, self.sleep)
        self.report = TurnReport(seen, keep_texts=False)
        self.answer = answer = AnswerTurn(
            AskBot(self.patient_bot, store, self.change, patience, 15.0),
            store,
            store,
            store,
            self.queue_contact,
            self.report,
            seen,
            self.clock,
            self.new_id,
            NODE,
            15.0,
            self.sleep,
            0.0,
        )
        self.quiet = WatchQuiet(
            store, self.change, store, bell, seen, self.clock, QuietRules(90.0, 1800.0)
        )
        self.turns = TurnKeeper(store, answer, 15.0, places, self.sleep)
        bell.listen(self.turns.kick)
        self.post = PostCustomerMessage(store, bell, RateLimit(1.0, 50), seen, hear)
        self.post_agent = PostAgentMessage(store, seen)
        self.open = OpenChat(store, self.new_id, bell, greets=False)
        self.resume = ResumeChat(store, bell)
        router.listeners.append(self._hear)

    async def _hear(self, contact: ContactView) -> None:
        await self.follow.execute(contact)

    async def sleep(self, seconds: float) -> None:
        """Lets the time pass at once, unless it is `held`."""
        if self.held is not None:
            await self.held.wait()
        self.clock.advance(seconds)
        await asyncio.sleep(0)

    def new_id(self) -> str:
        return f"id-{next(self._numbers)}"

    async def chat(self, language: str = "en") -> ConversationId:
        """A fresh conversation whose customer is connected."""
        opened = await self.open.execute(language)
        self.absence.came(opened.conversation.id)
        return opened.conversation.id

    async def says(self, chat: ConversationId, *texts: str) -> None:
        """The customer writes, and the bot has answered what it will."""
        for text in texts:
            await self.post.execute(chat, f"m-{self.new_id()}", text)
        await self.turns.idle()

    async def conversation(self, chat: ConversationId) -> Conversation:
        return await self.store.load(chat)

    async def transcript(self, chat: ConversationId) -> list[str]:
        """Lines like `CUSTOMER: hello` and `SYSTEM: <notice>`."""
        entries = await self.store.read(chat, BEGINNING, 1000)
        return [
            f"{entry.role}: {entry.notice or entry.text}"
            for entry in entries
            if isinstance(entry, Message)
        ]
