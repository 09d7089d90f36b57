"""How a conversation goes on: WITH_BOT, WAITING_FOR_AGENT, WITH_AGENT, CLOSED. Pure.

Each function takes the conversation as it is and returns the step to make, or None when the step
makes no sense (any more) and nothing is to be done. The store makes a step at once or not at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from switchyard_common import bot_events as events
from switchyard_common.bot_events import Event, TurnFacts

from switchyard_gateway.domain.conversation import (
    HANDED_OVER,
    Conversation,
    Draft,
    Happening,
    Occasion,
    Role,
    State,
    Wait,
)
from switchyard_gateway.domain.handoff import Handoff, HandOver
from switchyard_gateway.domain.names import short
from switchyard_gateway.domain.notices import Notice, text_of
from switchyard_gateway.domain.secrecy import Secrecy
from switchyard_gateway.domain.waiting import menu

_NOT_HANDED_OVER = (Notice.ROUTER_DOWN, Notice.QUEUE_FULL, Notice.QUEUE_CLOSED)
_BETWEEN_PLACES = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Step:
    """The conversation after a change, and what is said about it.

    `occasions` are what the bot is to react to, after what it has yet to answer; `events` are
    reported with the step. `if_still_quiet`: not if the customer was heard meanwhile.
    """

    after: Conversation
    says: tuple[Draft, ...] = ()
    occasions: tuple[Occasion, ...] = ()
    events: tuple[Event, ...] = ()
    if_still_quiet: bool = False


def bot_answered(
    conversation: Conversation,
    answers: Sequence[Draft],
    language: str = "",
    facts: TurnFacts | None = None,
    reports: Sequence[Event] = (),
) -> Step:
    """The bot is awake and has answered, in the language that the customer wrote in, if told."""
    after = replace(conversation, bot_paused=False, language=language or conversation.language)
    if answers:
        after = replace(after, offered=answers[-1].choices)
    return Step(_learned(after, facts), tuple(answers), events=tuple(reports))


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
    facts: TurnFacts | None = None,
    reports: Sequence[Event] = (),
) -> Step | None:
    """WITH_BOT → WAITING_FOR_AGENT; `answers` are the bot's last words before it falls silent."""
    if conversation.state is not State.WITH_BOT:
        return None
    known = _learned(conversation, facts)
    profile = replace(
        known.profile,
        customer=handoff.customer or known.profile.customer,
        verification_level=handoff.verification_level,
        slots=handoff.slots,
    )
    after = replace(
        known,
        state=State.WAITING_FOR_AGENT,
        language=language or conversation.language,
        handover=HandOver(id=handover_id, node=node, since=now, handoff=handoff),
        profile=profile,
        tally=replace(known.tally, wanted=True),
        bot_paused=True,
        secrecy=_asked_before(known.secrecy),
    )
    said = _say(after, Notice.LOOKING_FOR_AGENT, handover_id)
    return Step(after, (*answers, said), events=tuple(reports))


def contact_created(conversation: Conversation, handover_id: str, contact: str) -> Step | None:
    """The router has queued the contact of this hand-over."""
    handover = _running(conversation, handover_id)
    if handover is None or handover.contact:
        return None
    after = replace(conversation, handover=replace(handover, contact=contact))
    if handover.requeued:  # the same hand-over, reported before
        return Step(after)
    reason = handover.handoff.reason
    return Step(
        after,
        events=(events.handed_over(conversation.id, reason, contact, conversation.language),),
    )


def contact_refused(conversation: Conversation, handover_id: str, why: Notice) -> Step | None:
    """The router did not queue the contact: the customer stays with the bot and may try again."""
    handover = _running(conversation, handover_id)
    if handover is None or handover.contact:
        return None
    return _to_bot(conversation, handover, why)


def contact_forgotten(
    conversation: Conversation, contact: str, new_id: str, now: datetime
) -> Step | None:
    """The router no longer knows the contact of a waiting customer: it is queued anew."""
    handover = _holding(conversation, contact)
    if handover is None or conversation.state is not State.WAITING_FOR_AGENT:
        return None
    anew = replace(
        handover,
        id=new_id,
        contact="",
        fence=0,
        requeued=True,
        credit_seconds=max(0.0, (now - handover.since).total_seconds()),
    )
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
        tally=replace(conversation.tally, served=True),
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


def callback_booked(conversation: Conversation, handover_id: str) -> Step | None:
    """WAITING_FOR_AGENT → WITH_BOT: the customer is called back instead of waiting here."""
    handover = _running(conversation, handover_id)
    if handover is None or conversation.state is not State.WAITING_FOR_AGENT:
        return None
    called = replace(conversation, tally=replace(conversation.tally, served=True))
    return _to_bot(called, handover, Notice.CALLBACK_BOOKED)


def number_asked(conversation: Conversation, about: str, why: Notice) -> Step | None:
    """A waiting customer wants to be called back, and is asked for the number (again)."""
    handover = conversation.handover
    if handover is None or conversation.state is not State.WAITING_FOR_AGENT:
        return None
    after = replace(conversation, handover=replace(handover, asks_number=True))
    return Step(after, (_say(after, why, about),))


def waits_on(conversation: Conversation, about: str, why: Notice) -> Step | None:
    """A waiting customer goes on waiting, and is told so."""
    handover = conversation.handover
    if handover is None or conversation.state is not State.WAITING_FOR_AGENT:
        return None
    after = replace(conversation, handover=replace(handover, asks_number=False))
    return Step(after, (_say(after, why, about),))


def place_told(
    conversation: Conversation, contact: str, wait: Wait, now: datetime, *, callbacks: bool
) -> Step | None:
    """Place, time and ways to go on, in words; now and then, while the place changes."""
    handover = _holding(conversation, contact)
    if handover is None or conversation.state is not State.WAITING_FOR_AGENT:
        return None
    soon = handover.told is not None and now - handover.told < _BETWEEN_PLACES
    if handover.told is not None and (soon or wait.position == handover.told_position):
        return None
    after = replace(conversation, handover=replace(handover, told_position=wait.position, told=now))
    said = Draft(
        message_id=f"{Notice.WAITING_MENU}.{handover.id}.{now.timestamp():.0f}",
        role=Role.SYSTEM,
        text=menu(wait, conversation.language, callbacks=callbacks),
        notice=Notice.WAITING_MENU,
    )
    return Step(after, (said,))


def closed(conversation: Conversation, why: Notice = Notice.CLOSED) -> Step | None:
    """The chat is over for good; a conversation in which nothing was said is not reported."""
    if conversation.state is State.CLOSED:
        return None
    after = replace(_without_person(conversation), state=State.CLOSED)
    return Step(
        after,
        (_say(after, why, "closed"),),
        events=_ended(conversation),
        if_still_quiet=why is Notice.CLOSED_IDLE,
    )


def reminded(
    conversation: Conversation, quiet_seconds: float, *, last: bool = False
) -> Step | None:
    """The customer has not answered the bot's question: the bot may ask again.

    `last`: the conversation is closed next, and the bot may keep what must not be lost.
    """
    if conversation.state is not State.WITH_BOT:
        return None
    number = conversation.reminders + 1
    silence = Occasion(
        f"silence.{conversation.said}.{conversation.version}",
        Happening.SILENCE,
        {"seconds": round(quiet_seconds), "last": last},
    )
    after = replace(conversation, reminders=number)
    return Step(after, occasions=(silence,), if_still_quiet=True)


def language_chosen(conversation: Conversation, language: str) -> Step | None:
    """The customer switches the language."""
    if conversation.language == language or conversation.state is State.CLOSED:
        return None
    return Step(replace(conversation, language=language))


def _to_bot(conversation: Conversation, handover: HandOver, why: Notice) -> Step:
    after = replace(_without_person(conversation), state=State.WITH_BOT)
    back = events.handed_back(conversation.id, why, handover.contact, conversation.language)
    return Step(
        after,
        (_say(after, why, f"{handover.id}.{why}"),),
        (_coming_back(conversation, handover, why),),
        (back,),
    )


def _without_person(conversation: Conversation) -> Conversation:
    past = conversation.contact or conversation.past_contact
    return replace(conversation, handover=None, past_contact=past, offered=())


def _coming_back(conversation: Conversation, handover: HandOver, why: Notice) -> Occasion:
    """What the bot is told when it serves again."""
    if why in _NOT_HANDED_OVER:
        failed = Happening.HAND_OVER_FAILED
        return Occasion(f"{failed}.{handover.id}", failed, {"reason": why})
    facts = {"after": why, "agent": short(handover.agent)}
    if why is Notice.HANDED_BACK:
        facts["note"] = conversation.profile.note
    return Occasion(f"{Happening.HAND_BACK}.{handover.id}", Happening.HAND_BACK, facts)


def _learned(conversation: Conversation, facts: TurnFacts | None) -> Conversation:
    """What the bot's account of its turn adds to what is known."""
    if facts is None:
        return conversation
    at = "" if facts.flow in facts.finished else facts.flow
    profile = replace(
        conversation.profile,
        verification_level=facts.level or conversation.profile.verification_level,
        intent=facts.flow or conversation.profile.intent,
        sentiment=facts.sentiment or conversation.profile.sentiment,
    )
    tally = conversation.tally.with_finished(facts.finished, at)
    secrecy = Secrecy.ASKED if facts.asks_secret else _asked_before(conversation.secrecy)
    return replace(conversation, profile=profile, tally=tally, secrecy=secrecy)


def _asked_before(secrecy: Secrecy) -> Secrecy:
    """Nobody asks for a secret now."""
    return Secrecy.ONCE if secrecy else Secrecy.NEVER


def _ended(conversation: Conversation) -> tuple[Event, ...]:
    if not conversation.said or conversation.first is None:
        return ()
    return (
        events.ended(
            conversation.id,
            conversation.tally,
            conversation.said,
            conversation.language,
            conversation.channel,
            conversation.first,
        ),
    )


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
