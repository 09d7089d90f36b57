"""How a conversation goes on: WITH_BOT, WAITING_FOR_AGENT, WITH_AGENT, CLOSED. Pure.

Each function takes the conversation as it is and returns the step to make, or None when the step
makes no sense (any more) and nothing is to be done. The store makes a step at once or not at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from switchyard_gateway.domain.conversation import (
    HANDED_OVER,
    Conversation,
    Draft,
    Role,
    State,
)
from switchyard_gateway.domain.handoff import Handoff, HandOver
from switchyard_gateway.domain.notices import Notice, text_of


@dataclass(frozen=True, slots=True)
class Step:
    """The conversation after a change, and what is said about it."""

    after: Conversation
    says: tuple[Draft, ...] = ()


def bot_answered(conversation: Conversation, answers: Sequence[Draft], language: str = "") -> Step:
    """The bot is awake and has answered, in the language that the customer wrote in, if told."""
    after = replace(conversation, bot_paused=False, language=language or conversation.language)
    return Step(after, tuple(answers))


def bot_failed(conversation: Conversation, message_id: str, *, asleep: bool) -> Step:
    """The bot gave no answer to a message; one that sleeps is woken before the next."""
    return Step(
        replace(conversation, bot_paused=conversation.bot_paused or asleep),
        (_say(conversation, Notice.BOT_FAILED, message_id),),
    )


def ask_for_person(
    conversation: Conversation,
    handoff: Handoff,
    handover_id: str,
    node: str,
    now: datetime,
    answers: Sequence[Draft] = (),
    language: str = "",
) -> Step | None:
    """WITH_BOT → WAITING_FOR_AGENT; `answers` are the bot's last words before it falls silent."""
    if conversation.state is not State.WITH_BOT:
        return None
    profile = replace(
        conversation.profile,
        customer=handoff.customer or conversation.profile.customer,
        verification_level=handoff.verification_level,
        slots=handoff.slots,
    )
    after = replace(
        conversation,
        state=State.WAITING_FOR_AGENT,
        language=language or conversation.language,
        handover=HandOver(id=handover_id, node=node, since=now, handoff=handoff),
        profile=profile,
        bot_paused=True,
    )
    return Step(after, (*answers, _say(after, Notice.LOOKING_FOR_AGENT, handover_id)))


def contact_created(conversation: Conversation, handover_id: str, contact: str) -> Step | None:
    """The router has queued the contact of this hand-over."""
    handover = _running(conversation, handover_id)
    if handover is None or handover.contact:
        return None
    return Step(replace(conversation, handover=replace(handover, contact=contact)))


def contact_refused(conversation: Conversation, handover_id: str, why: Notice) -> Step | None:
    """The router did not queue the contact: the customer stays with the bot and may try again."""
    handover = _running(conversation, handover_id)
    if handover is None or handover.contact:
        return None
    return _to_bot(conversation, handover, why)


def contact_forgotten(conversation: Conversation, contact: str, new_id: str) -> Step | None:
    """The router no longer knows the contact of a waiting customer: it is queued anew."""
    handover = _holding(conversation, contact)
    if handover is None or conversation.state is not State.WAITING_FOR_AGENT:
        return None
    anew = replace(handover, id=new_id, contact="", fence=0)
    return Step(replace(conversation, handover=anew))


def agent_joined(
    conversation: Conversation, contact: str, agent: str, agent_display: str, fence: int
) -> Step | None:
    """WAITING_FOR_AGENT → WITH_AGENT, or from one agent to another, by a newer offer."""
    handover = _holding(conversation, contact)
    if handover is None or fence <= handover.fence:
        return None
    after = replace(
        conversation,
        state=State.WITH_AGENT,
        handover=replace(handover, agent=agent, agent_display=agent_display, fence=fence),
    )
    said = _say(after, Notice.AGENT_JOINED, f"{contact}.{fence}", name=agent_display)
    return Step(after, (said,))


def agent_lost(conversation: Conversation, contact: str, fence: int) -> Step | None:
    """WITH_AGENT → WAITING_FOR_AGENT: the router looks for another agent.

    `fence` is that of the offer by which the lost one had joined.
    """
    handover = _holding(conversation, contact)
    if handover is None or handover.fence != fence:
        return None
    if conversation.state is not State.WITH_AGENT:
        return None
    after = replace(
        conversation,
        state=State.WAITING_FOR_AGENT,
        handover=replace(handover, agent="", agent_display=""),
    )
    return Step(after, (_say(after, Notice.AGENT_LOST, f"{contact}.{fence}"),))


def back_to_bot(conversation: Conversation, contact: str, why: Notice) -> Step | None:
    """The contact is over, for the reason that the notice gives, unless the agent gave one."""
    handover = _holding(conversation, contact)
    if handover is None:
        return None
    return _to_bot(conversation, handover, Notice(handover.ending) if handover.ending else why)


def agent_ending(
    conversation: Conversation, agent: str, why: Notice, request_id: str, note: str
) -> Step | None:
    """The agent begins to end the conversation, with a note for the bot and the next agent.

    Stored before the router is told: its news of the end may come before its answer.
    """
    handover = conversation.handover
    if handover is None or handover.agent != agent:
        return None
    return Step(
        replace(
            conversation,
            handover=replace(handover, ending=why),
            ended_by_request=request_id,
            profile=replace(conversation.profile, note=note or conversation.profile.note),
        )
    )


def customer_left(conversation: Conversation) -> Step | None:
    """The customer goes back to the bot, or is away for too long."""
    handover = conversation.handover
    if handover is None or conversation.state not in HANDED_OVER:
        return None
    waiting = conversation.state is State.WAITING_FOR_AGENT
    return _to_bot(conversation, handover, Notice.LEFT_QUEUE if waiting else Notice.LEFT_AGENT)


def closed(conversation: Conversation) -> Step | None:
    """The customer ends the chat for good."""
    if conversation.state is State.CLOSED:
        return None
    after = replace(conversation, state=State.CLOSED, handover=None)
    return Step(after, (_say(after, Notice.CLOSED, "closed"),))


def language_chosen(conversation: Conversation, language: str) -> Step | None:
    """The customer switches the language."""
    if conversation.language == language or conversation.state is State.CLOSED:
        return None
    return Step(replace(conversation, language=language))


def _to_bot(conversation: Conversation, handover: HandOver, why: Notice) -> Step:
    after = replace(conversation, state=State.WITH_BOT, handover=None)
    return Step(after, (_say(after, why, f"{handover.id}.{why}"),))


def _running(conversation: Conversation, handover_id: str) -> HandOver | None:
    handover = conversation.handover
    return handover if handover and handover.id == handover_id else None


def _holding(conversation: Conversation, contact: str) -> HandOver | None:
    handover = conversation.handover
    return handover if handover and contact and handover.contact == contact else None


def _say(conversation: Conversation, notice: Notice, message_id: str, name: str = "") -> Draft:
    return Draft(
        message_id=f"{notice}.{message_id}",
        role=Role.SYSTEM,
        text=text_of(notice, conversation.language, name),
        notice=notice,
    )
