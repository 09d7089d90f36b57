"""What a person is told when taking over from the bot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from switchyard_actions.domain.language import Language
from switchyard_actions.domain.order_text import state_clause
from switchyard_actions.domain.orders import OrderState
from switchyard_actions.domain.verification import VerificationLevel


class HandOverReason(StrEnum):
    """Why the bot gives up the conversation."""

    ASKED = "asked"
    FALLBACK = "fallback"
    VERIFICATION_FAILED = "verification_failed"


@dataclass(frozen=True, slots=True)
class HandOver:
    """Everything worth knowing, so that the customer need not repeat it. Personal.

    `customer` is a resource name, and empty unless verified.
    """

    reason: HandOverReason
    intent: str
    language: Language
    slots: Mapping[str, str]
    level: VerificationLevel
    customer: str = ""

    @property
    def summary(self) -> str:
        """One or two short sentences in the customer's language."""
        words = _WORDS[self.language]
        order = self.slots.get("order_number", "")
        sentences = [words.reasons[self.reason]]
        if order:
            state = self.slots.get("order_state", "")
            known = state_clause(OrderState(state), self.language) if state else ""
            sentences.append(words.order.format(number=order) + known)
        elif self.intent in words.topics:
            sentences.append(words.topics[self.intent])
        sentences.append(words.levels[self.level])
        return words.gap.join(f"{sentence}{words.stop}" for sentence in sentences)


FALLBACK_INTENTS = frozenset({"nlu_fallback", "out_of_scope"})
_TOPICS = frozenset({"order_status", "give_details", "opening_hours", "no_details"})
_SAME_TOPIC = {"give_details": "order_status", "no_details": "order_status"}


def topic(intents: Sequence[str]) -> str:
    """What the conversation is about: the latest intent that is a topic; empty if none was."""
    for intent in reversed(intents):
        if intent in _TOPICS:
            return _SAME_TOPIC.get(intent, intent)
    return ""


def not_understood_again(intents: Sequence[str]) -> bool:
    """Whether the last two messages were both not understood."""
    last_two = intents[-2:]
    return len(last_two) == 2 and all(intent in FALLBACK_INTENTS for intent in last_two)


@dataclass(frozen=True, slots=True)
class _Words:
    reasons: Mapping[HandOverReason, str]
    topics: Mapping[str, str]
    levels: Mapping[VerificationLevel, str]
    order: str
    stop: str
    gap: str


_WORDS: Mapping[Language, _Words] = {
    Language.CHINESE: _Words(
        reasons={
            HandOverReason.ASKED: "客户要求人工服务",
            HandOverReason.FALLBACK: "机器人连续两次没有听懂客户",
            HandOverReason.VERIFICATION_FAILED: "客户多次未能通过订单核验",
        },
        topics={"order_status": "咨询订单状态", "opening_hours": "咨询服务时间"},
        levels={
            VerificationLevel.ANONYMOUS: "身份未确认",
            VerificationLevel.IDENTIFIED: "只提供了订单号，未核验",
            VerificationLevel.VERIFIED: "已用订单号和手机后四位核验",
        },
        order="咨询订单 {number}",
        stop="。",
        gap="",
    ),
    Language.ENGLISH: _Words(
        reasons={
            HandOverReason.ASKED: "The customer asked for a person",
            HandOverReason.FALLBACK: "The bot did not understand the customer twice in a row",
            HandOverReason.VERIFICATION_FAILED: "The customer's details could not be verified",
        },
        topics={
            "order_status": "It is about the status of an order",
            "opening_hours": "It is about opening hours",
        },
        levels={
            VerificationLevel.ANONYMOUS: "Not identified",
            VerificationLevel.IDENTIFIED: "Named an order number, not verified",
            VerificationLevel.VERIFIED: "Verified by order number and last digits of the phone",
        },
        order="It is about order {number}",
        stop=".",
        gap=" ",
    ),
}
