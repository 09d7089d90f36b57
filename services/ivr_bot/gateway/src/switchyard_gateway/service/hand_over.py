"""From the bot to a person: asking, queueing at the router, coming back when that fails."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from switchyard_common.clock import Clock
from switchyard_common.logs import contact_scope

from switchyard_gateway.domain import transitions
from switchyard_gateway.domain.contacts import LOOKING, ContactView, hung_up
from switchyard_gateway.domain.conversation import (
    Conversation,
    ConversationId,
    Draft,
    Role,
    State,
)
from switchyard_gateway.domain.errors import BotFailed, RouterFailed
from switchyard_gateway.domain.handoff import Handoff, HandOver, QueueMap
from switchyard_gateway.domain.names import short
from switchyard_gateway.domain.notices import Notice, spoken
from switchyard_gateway.domain.transitions import Step
from switchyard_gateway.service.absence import AbsenceWatch
from switchyard_gateway.service.bot import Bot, Question, Reply
from switchyard_gateway.service.change import ChangeConversation
from switchyard_gateway.service.follow_contact import FollowContact
from switchyard_gateway.service.observer import Observer
from switchyard_gateway.service.router import ContactRequest, Line, Router
from switchyard_gateway.service.store import Conversations, NodeLedger
from switchyard_gateway.service.turn_bell import TurnBell

# With the time of each try longer than a store takes to change over to another master.
_PAUSES_SECONDS = (0.4, 0.8, 1.6, 3.2)
_REFUSALS = {"QUEUE_FULL": Notice.QUEUE_FULL, "QUEUE_CLOSED": Notice.QUEUE_CLOSED}


class QueueContact:
    """Has the router queue a waiting conversation, and brings it back to the bot if it will not.

    May be repeated at any time: the hand-over's id makes the contact one and the same.
    """

    def __init__(
        self,
        conversations: Conversations,
        change: ChangeConversation,
        router: Router,
        line: Line,
        follow: FollowContact,
        ledger: NodeLedger,
        queues: QueueMap,
        bell: TurnBell,
        absence: AbsenceWatch,
        observer: Observer,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._conversations = conversations
        self._change = change
        self._router = router
        self._line = line
        self._follow = follow
        self._ledger = ledger
        self._queues = queues
        self._bell = bell
        self._absence = absence
        self._observer = observer
        self._sleep = sleep
        self._log = structlog.stdlib.get_logger()

    async def execute(self, conversation_id: ConversationId) -> None:
        """Queue the contact of the hand-over under way, if it has none yet. StoreDown, Conflict."""
        conversation = await self._conversations.load(conversation_id)
        handover = conversation.handover
        if handover is None or handover.contact:
            return
        # Again, since a look at the ledger in between may have found nothing to keep.
        await self._ledger.track(handover.node, conversation_id)
        try:
            contact = await self._create(conversation, handover)
        except RouterFailed as error:
            await self._stay_with_bot(conversation_id, handover, error)
            return
        with contact_scope(short(contact.name)):
            await self._keep(conversation_id, handover, contact)

    async def _create(self, conversation: Conversation, handover: HandOver) -> ContactView:
        request = ContactRequest(
            request_id=handover.id,
            conversation=conversation.id,
            queue=self._queues.queue_for(handover.handoff),
            language=conversation.language,
            node=handover.node,
            handoff=handover.handoff,
            waited_seconds=handover.credit_seconds,
            channel=conversation.channel,
            caller=_address(conversation),
        )
        for pause in _PAUSES_SECONDS:
            try:
                return await self._router.create_contact(request)
            except RouterFailed as error:
                if not error.is_transient:
                    raise
                await self._sleep(pause)
        return await self._router.create_contact(request)

    async def _keep(
        self, conversation_id: ConversationId, handover: HandOver, contact: ContactView
    ) -> None:
        def created(now: Conversation) -> Step | None:
            return transitions.contact_created(now, handover.id, contact.name)

        outcome = await self._change.execute(conversation_id, created)
        if outcome.after.contact != contact.name:  # the customer left meanwhile
            await self._line.report(hung_up(contact.name))
            return
        if outcome.done:
            self._observer.handover("queued")
            self._log.info("contact_queued", conversation=conversation_id)
            self._absence.check_later(conversation_id)  # they may have closed the page already
        await self._catch_up(contact)

    async def _catch_up(self, contact: ContactView) -> None:
        """What happened between the contact's creation and its being known here."""
        try:
            newest = await self._router.get_contact(contact.name)
        except RouterFailed as error:  # the next news, or the next reconciliation, brings it
            self._log.warning("contact_not_read", reason=error.reason)
            return
        await self._follow.execute(newest)
        if newest.state in LOOKING:
            wait = await self._router.estimate_wait(contact.name)
            await self._follow.execute(newest, wait, queued=True)

    async def _stay_with_bot(
        self, conversation_id: ConversationId, handover: HandOver, error: RouterFailed
    ) -> None:
        why = _REFUSALS.get(error.reason, Notice.ROUTER_DOWN)

        def refused(now: Conversation) -> Step | None:
            return transitions.contact_refused(now, handover.id, why)

        outcome = await self._change.execute(conversation_id, refused)
        self._log.warning("contact_refused", conversation=conversation_id, reason=error.reason)
        if outcome.done:
            self._observer.handover(why)
            self._bell.ring(conversation_id)
            await self._ledger.untrack(handover.node, conversation_id)


def _address(conversation: Conversation) -> str:
    """Where the channel reaches the customer, if it vouches for that."""
    return next((each.value for each in conversation.identifiers if each.proven), "")


class AskForPerson:
    """The customer asks for a person with a button.

    The bot is asked for what it knows, as if the customer had said so; a bot that is away, or slow,
    keeps nobody from a person.
    """

    def __init__(
        self,
        conversations: Conversations,
        change: ChangeConversation,
        bot: Bot,
        queue_contact: QueueContact,
        ledger: NodeLedger,
        observer: Observer,
        clock: Clock,
        new_id: Callable[[], str],
        node: str,
    ) -> None:
        self._conversations = conversations
        self._change = change
        self._bot = bot
        self._queue_contact = queue_contact
        self._ledger = ledger
        self._observer = observer
        self._clock = clock
        self._new_id = new_id
        self._node = node
        self._log = structlog.stdlib.get_logger()

    async def execute(self, conversation_id: ConversationId) -> None:
        """Hand over now; nothing happens when it is under way already. StoreDown, Conflict."""
        conversation = await self._conversations.load(conversation_id)
        if conversation.state is not State.WITH_BOT:
            return
        await self._ledger.track(self._node, conversation_id)
        handover_id = self._new_id()
        reply = await self._told_by_bot(conversation, handover_id)
        answers = tuple(
            Draft(f"{handover_id}.{number}", Role.BOT, said.text)
            for number, said in enumerate(reply.says, start=1)
        )

        def ask(now: Conversation) -> Step | None:
            handoff = reply.handoff or asked_by_button(now)
            return transitions.ask_for_person(
                now, handoff, handover_id, self._node, self._clock.now(), answers
            )

        outcome = await self._change.execute(conversation_id, ask)
        if outcome.done:
            self._observer.handover("asked")
            self._observer.handover_reason("asked")
            await self._queue_contact.execute(conversation_id)

    async def _told_by_bot(self, conversation: Conversation, handover_id: str) -> Reply:
        """What the bot says to the wish, if it hands over; nothing otherwise."""
        if conversation.bot_paused:
            return Reply()
        wish = _WISH[spoken(conversation.language)]
        question = Question.words(conversation, f"person.{handover_id}", wish)
        try:
            async with asyncio.timeout(_BOT_SECONDS):
                reply = await self._bot.reply(question)
        except (BotFailed, TimeoutError) as error:
            self._log.info("person_without_bot", problem=type(error).__name__)
            return Reply()
        return reply if reply.handoff is not None else Reply()


_WISH = {"en": "I would like to talk to a person", "zh": "我要转人工客服"}
_BOT_SECONDS = 2.0


def asked_by_button(now: Conversation) -> Handoff:
    """What the gateway itself knows of a customer, when the bot says nothing."""
    profile = now.profile
    return Handoff(
        reason="asked",
        intent=now.tally.at or profile.intent,
        summary=_SUMMARY[spoken(now.language)],
        slots=profile.slots,
        verification_level=profile.verification_level,
        customer=profile.customer,
        sentiment=profile.sentiment,
    )


_SUMMARY = {
    "en": "The customer asked for a person; the assistant could add nothing.",
    "zh": "客户要求人工服务，智能助手没有补充信息。",
}
