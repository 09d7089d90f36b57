"""What some words plainly mean, whatever the classifier takes them for. Pure."""

import re
from collections.abc import Mapping
from dataclasses import replace

from switchyard_actions.domain.flow import SURVEY, Flow
from switchyard_actions.domain.heard import FALLBACK_INTENTS, Heard

NAMED: Mapping[str, str] = {
    "order_number": "order_status",
    "ticket_number": "ticket_status",
    "bill_number": "bill_balance",
}
"""What a number is about that nothing more is said of."""

_COURTESIES = FALLBACK_INTENTS | {"thank", "affirm", "deny", "small_talk", "greet", "goodbye"}
_STOPPING = FALLBACK_INTENTS | {"cancel", "deny", "correct", "give_details"}
_MOST_FAREWELL = 40
_SKIP = frozenset({"skip", "skip it", "skip this", "pass", "跳过", "略过"})

_NO_PERSON = re.compile(
    r"(?:不用|不要|不必|不需要|无需|别|先不)(?:再|帮我|给我|急着)*(?:转接?|找|叫)?(?:人工|真人|客服)"
    r"|\b(?:no need for|don.t (?:need|want|get me)|no) (?:an? |any |to (?:talk|speak) to an? )?"
    r"(?:person|agent|human|representative)\b",
    re.IGNORECASE,
)
_FAREWELL = re.compile(
    r"(?:\b(?:good ?)?bye(?:[ -]bye)?|\bsee (?:you|ya)(?: later| soon)?|再见|再会|拜拜|拜了|回见)"
    r"[\s.!。！~～啦了哦吧]*$",
    re.IGNORECASE,
)
_GIVES_UP = re.compile(
    r"(?:那|那么)?(?:.{0,14}[，, ]|.{0,10}(?:就|还是|我))?(?:先|暂时|以后再|暂)?"
    r"(?:不(?:办|弄|改|查|重置|预约|约|换|报修|投诉|补充|分期|想办|想弄|想改|想查)|算|不用办|不用改)了吧?"
    r"|(?:那|那么)?.{0,14}(?:就|还是)?先?(?:算了|不办了|不弄了)吧?"
    r"|(?:ok(?:ay)?|no|nah|actually|well|then|please|sorry)?,? ?"
    r"(?:never ?mind(?: (?:it|that|the [a-z ]{1,40}))?"
    r"|forget (?:it|about it|that|(?:about )?the [a-z ]{1,40})"
    r"|(?:let'?s |let us |just |we can |i(?:'d| would) rather )?(?:leave|skip|drop|stop)"
    r" (?:it|that|the [a-z ]{1,40}?)(?: (?:for now|for the moment|then|please|be|after all))*"
    r"|(?:i(?:'ve| have)? )?changed my mind(?: about [a-z ]{1,40})?"
    r"|i (?:don'?t|do not|no longer) (?:want|need|wish) (?:it|that|to|the|an?)(?: [a-z ]{1,40}?)?"
    r" ?(?:any ?more|after all|now)?)",
    re.IGNORECASE,
)
_LOOK_AT = re.compile(
    r"(?:看|查)(?:一?[下看]|看)?(?:我的?)?(?:订单|工单|账单)?号? ?(?:SY|B|T)?[0-9]{6,}"
    r"|\b(?:look (?:at|up|into|for)|check|track|show me)(?: on)?(?: my| the)?"
    r"(?: order| ticket| bill)?(?: number)? ?(?:SY|B|T)?[0-9]{6,}",
    re.IGNORECASE,
)

_INSTEAD = re.compile(
    r"(?:那|还是)?(?:算了|不用了|不(?:办|弄|改|查|约|换|报|打)了)吧?[,，。.;；! ]"
    r"|(?:ok(?:ay)?,? |no,? |oh,? )?(?:actually,? no|never ?mind(?: that)?|scrap that"
    r"|forget (?:it|about it|that)|on second thoughts)\b",
    re.IGNORECASE,
)
_AND = re.compile(
    r"(?:还有|另外|顺便|以及|并且|同时|\b(?:and|also|plus|besides)\b)"
    r"(?![ ,，]*[A-Z]{0,2}[0-9])",  # "SY… and 0142" are two numbers of one wish
    re.IGNORECASE,
)
_SECOND = 0.1
"""Of a second wish beside the first, in the ranking."""
_KINDRED = (
    frozenset({"ticket_create", "ticket_status", "ticket_update", "complaint"}),
    frozenset({"order_status", "ticket_status"}),
)
"""Wishes that one and the same sentence is taken for."""


def is_instead(heard: Heard) -> bool:
    """ "Never mind, where is my order": what was under way is not wanted any more."""
    return _INSTEAD.match(heard.text.strip()) is not None


def second_wish(heard: Heard) -> str:
    """The intent that was uttered beside the first one: "… and how much do I owe?"; or empty."""
    others = [(name, sure) for name, sure in heard.ranking if name != heard.intent]
    if not others or not _AND.search(heard.text):
        return ""
    name, sure = max(others, key=lambda other: other[1])
    alike = any({name, heard.intent} <= kindred for kindred in _KINDRED)
    return name if sure >= _SECOND and not alike and name not in FALLBACK_INTENTS else ""


def plainly_meant(heard: Heard, purpose: Flow | None) -> Heard:
    """The turn as its words plainly mean it; `purpose` is the flow under way, if one is."""
    if heard.choice:
        return heard
    words = heard.text.strip()
    if heard.intent == "ask_person" and _NO_PERSON.search(words):
        # "No person, just look at SY…" asks for none: it is a no, or what else it names.
        heard = replace(heard, intent="give_details" if heard.entities else "deny")
    if heard.intent in _COURTESIES and len(words) <= _MOST_FAREWELL and _FAREWELL.search(words):
        return heard.meaning("goodbye")
    if purpose is not None and purpose.name != SURVEY and words.casefold() in _SKIP:
        return heard.meaning("no_details")
    if purpose is not None and _is_given_up(heard, words, purpose):
        return heard.meaning("cancel")
    return _looked_at(heard, words)


def _is_given_up(heard: Heard, words: str, purpose: Flow) -> bool:
    """ "Resetting the PIN can wait": whoever names what is under way may want to stop it."""
    about = heard.intent in purpose.intents | _STOPPING
    return about and _GIVES_UP.fullmatch(words.rstrip(" .!。！")) is not None


def _looked_at(heard: Heard, words: str) -> Heard:
    """ "First look at SY…" says what is wanted of a number."""
    if heard.intent not in FALLBACK_INTENTS | {"give_details"} or not _LOOK_AT.search(words):
        return heard
    intent = next((intent for name, intent in NAMED.items() if heard.first(name)), "")
    return heard.meaning(intent) if intent else heard
