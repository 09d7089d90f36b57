"""The actions that the bot's rules name."""

from collections.abc import Awaitable, Callable, Mapping

from switchyard_actions.domain.handover import (
    HandOver,
    HandOverReason,
    not_understood_again,
    topic,
)
from switchyard_actions.domain.order_text import describe
from switchyard_actions.domain.verification import level_of
from switchyard_actions.entrypoints.rasa.conversation import (
    FORM,
    ORDER_NUMBER,
    PERSON_OFFER,
    PHONE_LAST4,
    Conversation,
)
from switchyard_actions.entrypoints.rasa.reply import Reply
from switchyard_actions.metrics import ActionsMetrics
from switchyard_actions.service.check_details import CheckDetails, Checked, Finding, Given

Action = Callable[[Conversation], Awaitable[Reply]]

_SAID: Mapping[Finding, str] = {
    Finding.BAD_ORDER_NUMBER: "utter_bad_order_number",
    Finding.BAD_PHONE_DIGITS: "utter_bad_phone_digits",
    Finding.NO_MATCH: "utter_no_match",
    Finding.TOO_MANY_ATTEMPTS: "utter_too_many_attempts",
    Finding.UNAVAILABLE: "utter_orders_unavailable",
}
# These end the form with the question whether a person is wanted, under this reason.
_OFFERED: Mapping[Finding, HandOverReason] = {
    Finding.TOO_MANY_ATTEMPTS: HandOverReason.VERIFICATION_FAILED,
    Finding.UNAVAILABLE: HandOverReason.ASKED,
}


class BotActions:
    """One method per action."""

    def __init__(self, details: CheckDetails, metrics: ActionsMetrics) -> None:
        self._details = details
        self._metrics = metrics

    def by_name(self) -> dict[str, Action]:
        """The actions under the names the bot's domain knows them by."""
        return {
            f"validate_{FORM}": self.check_details,
            "action_offer_person": self.offer_person,
            "action_hand_over": self.hand_over,
            "action_affirm": self.affirm,
            "action_deny": self.deny,
            "action_fallback": self.fall_back,
        }

    async def check_details(self, conversation: Conversation) -> Reply:
        """Takes a turn of the order form, up to telling the order."""
        checked = await self._details.check(_given(conversation))
        self._metrics.findings.labels(checked.finding.value).inc()
        reply = Reply()
        if checked.finding is Finding.NOTHING_NEW:
            return reply  # lets the rules answer what was said instead
        if checked.finding in _SAID:
            reply.say(_SAID[checked.finding])
        if checked.order is not None:
            reply.tell(describe(checked.order, conversation.language))
        _keep(reply, checked)
        return reply

    async def offer_person(self, conversation: Conversation) -> Reply:
        """Offers a person to somebody who lacks the details."""
        reply = Reply()
        reply.say("utter_offer_person")
        reply.set(PERSON_OFFER, HandOverReason.ASKED)
        return reply

    async def hand_over(self, conversation: Conversation) -> Reply:
        """Gives the conversation to a person, as asked."""
        return self._hand_over(conversation, HandOverReason.ASKED, "utter_hand_over")

    async def affirm(self, conversation: Conversation) -> Reply:
        """Takes a yes: to the offer of a person, or to nothing in particular."""
        if conversation.offer is not None:
            return self._hand_over(conversation, conversation.offer, "utter_hand_over")
        reply = Reply()
        if not conversation.in_form:  # the form repeats its question by itself
            reply.say("utter_what_else")
        return reply

    async def deny(self, conversation: Conversation) -> Reply:
        """Takes a no."""
        reply = Reply()
        reply.say("utter_declined")
        reply.set(PERSON_OFFER, None)
        return reply

    async def fall_back(self, conversation: Conversation) -> Reply:
        """Says what the bot can do; the second time in a row brings a person."""
        if not_understood_again(conversation.intents):
            return self._hand_over(
                conversation, HandOverReason.FALLBACK, "utter_hand_over_not_understood"
            )
        reply = Reply()
        reply.say("utter_fallback")
        return reply

    def _hand_over(self, conversation: Conversation, reason: HandOverReason, said: str) -> Reply:
        self._metrics.handovers.labels(reason.value).inc()
        reply = Reply()
        reply.say(said)
        reply.notify(_notice(_handover(conversation, reason)))
        reply.set(PERSON_OFFER, None)
        reply.leave_form()
        reply.fall_silent()
        return reply


def _given(conversation: Conversation) -> Given:
    new_number = conversation.candidates.get(ORDER_NUMBER)
    new_digits = conversation.candidates.get(PHONE_LAST4)
    return Given(
        language=conversation.language,
        new_order_number=new_number,
        new_phone_last4=new_digits,
        order_number=None if new_number else conversation.text(ORDER_NUMBER),
        phone_last4=None if new_digits else conversation.text(PHONE_LAST4),
        failed_attempts=conversation.number("failed_attempts"),
    )


def _keep(reply: Reply, checked: Checked) -> None:
    """Notes in the slots what holds now, and ends the form when there is nothing left to ask."""
    done = checked.finding is Finding.FOUND
    # The next question is about another order; the phone stays the customer's own.
    reply.set(ORDER_NUMBER, None if done else checked.order_number)
    reply.set(PHONE_LAST4, checked.phone_last4)
    reply.set("failed_attempts", float(checked.failed_attempts))
    if checked.named_order is not None:
        reply.set("order_in_question", checked.named_order)
        reply.set("order_state", checked.order.state if checked.order else None)
        reply.set("customer", checked.order.customer if checked.order else None)
        reply.set("verification_level", checked.level)
    if checked.finding in _OFFERED:
        reply.set(PERSON_OFFER, _OFFERED[checked.finding])
    if done or checked.finding in _OFFERED:
        reply.close_form()


def _handover(conversation: Conversation, reason: HandOverReason) -> HandOver:
    known = {
        "order_number": conversation.text("order_in_question"),
        "order_state": conversation.text("order_state"),
        "failed_attempts": str(conversation.number("failed_attempts") or ""),
    }
    return HandOver(
        reason=reason,
        intent=topic(conversation.intents) or conversation.intents[-1],
        language=conversation.language,
        slots={name: value for name, value in known.items() if value},
        level=level_of(conversation.text("verification_level")),
        customer=conversation.text("customer") or "",
    )


def _notice(handover: HandOver) -> dict[str, object]:
    return {
        "type": "handover",
        "reason": handover.reason.value,
        "intent": handover.intent,
        "language": handover.language.value,
        "slots": dict(handover.slots),
        "verification_level": handover.level.value,
        "summary": handover.summary,
        "customer": handover.customer,
    }
