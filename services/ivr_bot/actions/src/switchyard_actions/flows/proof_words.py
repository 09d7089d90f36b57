"""Proofs in what customers say: the end of a phone number, a PIN, a code, which way to prove."""

import re

from switchyard_actions.domain.dialogue import Task
from switchyard_actions.domain.flow import Refused, Taken
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.say import Say
from switchyard_actions.domain.verification import Proof

NO_ORDER = "no_order"
"""Value of the slot `method` of somebody who has no order number at hand."""

_PHONE_END = re.compile(r"(?<![A-Za-z0-9])\+?(?:[0-9]{6,11})?([0-9]{4})(?![0-9])")
_PIN = re.compile(r"(?<![A-Za-z0-9])[0-9]{4,8}(?![A-Za-z0-9])")
_CODE = re.compile(r"(?<![A-Za-z0-9])[0-9]{6}(?![A-Za-z0-9])")
_OF_THE_ORDER = frozenset({"order_number", "phone_last4"})
_DIGIT = re.compile(r"[0-9]")
_METHODS = (
    (Proof.PIN, re.compile(r"(?<![a-z])pin(?![a-z])|服务密码|口令", re.IGNORECASE)),
    (Proof.CODE, re.compile(r"验证码|短信码|(?<![a-z])code(?![a-z])|text me", re.IGNORECASE)),
    (
        Proof.ORDER_PHONE,
        re.compile(r"用订单|订单号来?核|\bby order\b|\border number\b", re.IGNORECASE),
    ),
)
"""A "PIN code" is no code; Chinese puts no space before "PIN"."""

_NOT_BY_IT = re.compile(
    r"(?:没有?|不记得|不用|不要|不想用|(?:have|got)n.t|don.t (?:have|know|remember)|\bnot?|without)"
    r"\W*(?:a |an |any |my |the )?(?:服务)?(?:pin(?: ?code| ?码)?|验证码|code|order number)",
    re.IGNORECASE,
)
_NOT_COME = re.compile(
    r"(?:没有?|未|没能)(?:收|接)到|收不到|没来|再发|重新?发"
    r"|(?:n.t|never|not) (?:g[eo]t|received?|come|came|arrived?)\b|\bno code\b|\bresend\b"
    r"|\bnothing (?:came|arrived|yet)\b|\banother (?:one|code)\b|\bsend (?:it )?again\b",
    re.IGNORECASE,
)
_GOODS = re.compile(
    r"快递|包裹|货|东西|订单|\b(?:parcel|package|orders?|delivery)\b", re.IGNORECASE
)
_ABOUT_THE_PROOF = re.compile(
    r"忘|重置|改|收不到|没收到|forg[eo]t|reset|change|did ?n.t (?:get|receive)|no code",
    re.IGNORECASE,
)


def take_phone_last4(slot: str, heard: Heard, task: Task) -> Taken | Refused | None:
    """The last four digits of a phone number; of a whole number its end."""
    asked = task.asked == slot
    named = heard.first("phone_digits", "phone") or ""
    found = _PHONE_END.fullmatch(named) or (asked and _PHONE_END.search(heard.text)) or None
    if found:
        return Taken({slot: found[1]})
    return _refused(asked, heard, "verification.bad_phone_last4")


def take_pin(slot: str, heard: Heard, task: Task) -> Taken | Refused | None:
    """Four to eight digits, only when asked for."""
    return _digits(_PIN, slot, heard, task, "verification.bad_pin")


def take_code(slot: str, heard: Heard, task: Task) -> Taken | Refused | None:
    """Six digits, only when asked for; "I got none" has a new one sent."""
    if task.asked == slot and _has_no_code(heard):
        return Taken({"sent": ""})
    return _digits(_CODE, slot, heard, task, "verification.bad_code")


def take_contact(slot: str, heard: Heard, task: Task) -> Taken | Refused | None:
    """A phone number or e-mail address, when asked for or named in full."""
    named = heard.first("email", "phone")
    if named is None:
        return _refused(task.asked == slot, heard, "verification.bad_contact")
    return Taken({slot: named}) if task.asked in {slot, "pin", "code"} else None


def take_method(heard: Heard, task: Task) -> Taken | None:
    """Another way to prove it: chosen, named, or because there is no order number at hand."""
    if heard.choice in set(Proof):
        return _by(heard.choice)
    named = _named_method(heard, task)
    by_order = task.value("method") in {"", Proof.ORDER_PHONE.value}
    if named is None and by_order and task.asked in _OF_THE_ORDER and heard.intent == "no_details":
        return _by(NO_ORDER)
    return _by(named.value) if named is not None else None


def _named_method(heard: Heard, task: Task) -> Proof | None:
    """The way that the words name, if it is not the present one."""
    if _DIGIT.search(heard.text) or _ABOUT_THE_PROOF.search(heard.text):
        return None
    wanted = _NOT_BY_IT.sub(" ", heard.text)
    for proof, words in _METHODS:
        lacking = proof is Proof.ORDER_PHONE and heard.intent == "no_details"
        if not lacking and words.search(wanted) and task.value("method") != proof.value:
            return proof
    return None


def _has_no_code(heard: Heard) -> bool:
    """Whether the message with the code has not come; of goods it may be said as well."""
    if heard.intent == "no_details":
        return True
    said = heard.text
    return bool(_NOT_COME.search(said)) and not (_DIGIT.search(said) or _GOODS.search(said))


def _by(method: str) -> Taken:
    """What was given for the way before does not count for this one."""
    return Taken({"method": method, "sent": "", "pin": "", "code": ""})


def _digits(
    pattern: "re.Pattern[str]", slot: str, heard: Heard, task: Task, refusal: str
) -> Taken | Refused | None:
    if task.asked != slot:
        return None
    found = pattern.search(heard.text)
    return Taken({slot: found[0]}) if found else _refused(True, heard, refusal)


def _refused(asked: bool, heard: Heard, key: str) -> Refused | None:
    return Refused(Say(key)) if asked and _DIGIT.search(heard.text) else None
