"""Finds numbers, dates and amounts in a normalised message by guarded patterns. Pure.

A pattern sees only what no earlier one has taken: the digits of an order number are nobody's
telephone, and the three of "3pm" is no choice. A value that the customer takes back ("not 5678,
8765") is left out.
"""

import re
from collections.abc import Iterator

from switchyard_bot.patterns import (
    BILL_NUMBER,
    DIGITS,
    EXPLAINED,
    LEFT_OVER,
    NAMES,
    NOT_GOING_ON,
    NOT_IN_A_WORD,
    NUMBER,
    ORDER_NUMBER,
    PHONE,
    PHONE_DIGITS,
    RATING,
    TICKET_NUMBER,
    Found,
    looks_like_bill,
    rating_of,
)

__all__ = ["NAMES", "Found", "find"]

_TAKEN_BACK = re.compile(
    r"(?:(?<!是)不是|不要|而不是|\bnot|\bisn't|\binstead of|\brather than)"
    r"(?: (?:the|for|my|order|number)| ?(?:订单|尾号|号码|手机))*[ :]*$",
    re.IGNORECASE,
)
_LEADS_TO_TICKET = re.compile(
    r"(?:工单|服务单|报修单?|投诉单?|案件|受理单?|tickets?|cases?|request)"
    r"\s*(?:号码?|编号|number|no|id|ref(?:erence)?)?(?:是|为|is|was|[\s.:#,])*$",
    re.IGNORECASE,
)
_LEADS_TO_BILL = re.compile(
    r"(?:账单|帐单|bill|invoice)\s*(?:号码?|编号|number|no)?(?:是|为|is|[\s.:#,])*$", re.IGNORECASE
)


def find(text: str) -> tuple[Found, ...]:
    """All that a message of normalised text holds, in the order of the text."""
    taken = bytearray(len(text))
    found: list[Found] = []
    for step in (*EXPLAINED, _bare_digits, *LEFT_OVER):
        for new in list(step(text, taken)):
            if not any(taken[new.start : new.end]):
                found.append(new)
        for new in found:
            taken[new.start : new.end] = b"\1" * (new.end - new.start)
    found += _again(text, found)
    kept = (entity for entity in found if not _TAKEN_BACK.search(text[: entity.start]))
    return tuple(sorted(kept, key=lambda entity: (entity.start, entity.end, entity.name)))


def _alone(length: str) -> str:
    return rf"{NOT_IN_A_WORD}(?<![0-9][.:/])[0-9]{{{length}}}{NOT_GOING_ON}(?![.:/][0-9])"


def _bare_digits(text: str, taken: bytearray) -> Iterator[Found]:
    """Runs of digits that nothing else explains, under every name they may go by."""
    for match in re.finditer(_alone("1,20"), text):
        digits, start, end = match[0], match.start(), match.end()
        if any(taken[start:end]) or text[end : end + 1] == "年":
            continue
        before = text[:start]
        if len(digits) == 8 and not _LEADS_TO_TICKET.search(before):
            yield Found(ORDER_NUMBER, f"SY{digits}", start, end)
        if len(digits) >= 6 and _LEADS_TO_TICKET.search(before):
            number = f"T{digits}" if len(digits) == 7 else digits
            yield Found(TICKET_NUMBER, number, start, end)
        if len(digits) == 12 and (_LEADS_TO_BILL.search(before) or looks_like_bill(digits)):
            yield Found(BILL_NUMBER, f"B{digits}", start, end)
        if len(digits) == 4:
            yield Found(PHONE_DIGITS, digits, start, end)
        if len(digits) <= 6:
            yield Found(NUMBER, digits.lstrip("0") or "0", start, end)
        yield Found(DIGITS, digits, start, end)


def _again(text: str, found: list[Found]) -> Iterator[Found]:
    """Second names of what was found: a whole telephone number also proves its last digits."""
    for entity in found:
        if entity.name == PHONE:
            yield Found(PHONE_DIGITS, entity.value.lstrip("+"), entity.start, entity.end)
            yield Found(DIGITS, entity.value.lstrip("+"), entity.start, entity.end)
    rating = re.fullmatch(
        r"(?:给|打|评)?(?:你们?|个)?([1-5一二两三四五]|one|two|three|four|five)[!. 吧]*", text, re.I
    )
    if rating:
        yield Found(RATING, rating_of(rating[1]) or "", rating.start(1), rating.end(1))
