"""Months in what customers say of their bills."""

import re
from datetime import date

_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_HAN = {name: month for month, name in enumerate("一二三四五六七八九十", start=1)}
_HAN_MONTHS = _HAN | {"十一": 11, "十二": 12}
_RELATIVE = (
    (re.compile(r"上上个?月|\b(?:the )?month before last\b", re.IGNORECASE), 2),
    (re.compile(r"上个?月|\blast month(?:'s)?\b|\bprevious month\b", re.IGNORECASE), 1),
    (re.compile(r"[这本当]个?月|\bthis month(?:'s)?\b|\bcurrent month\b", re.IGNORECASE), 0),
)
_ISO = re.compile(r"(?<![0-9])(20[0-9]{2})[-/年.](0?[1-9]|1[0-2])(?![0-9])")
_HAN_MONTH = re.compile(
    r"(?<![0-9上下个十几])(1[0-2]|[1-9]|十[一二]?|[一二三四五六七八九])月(?!前|后)"
)
_ENGLISH = re.compile(
    r"\b(?:(?:for|of|in|from|my|the|last) )?"
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|june?|july?|aug(?:ust)?"
    r"|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b"
    r"|\b(?:for|of|in|from) (may)\b|\b(may)(?='s| bill)",
    re.IGNORECASE,
)


def period_in(words: str, today: date) -> str:
    """The month named, as YYYY-MM; empty if none is. Without a year it is the latest such month."""
    if found := _ISO.search(words):
        return f"{found[1]}-{int(found[2]):02}"
    for pattern, back in _RELATIVE:
        if pattern.search(words):
            months = today.year * 12 + today.month - 1 - back
            return f"{months // 12}-{months % 12 + 1:02}"
    month = _named_month(words)
    if not month:
        return ""
    year = today.year if month <= today.month else today.year - 1
    return f"{year}-{month:02}"


def _named_month(words: str) -> int:
    if found := _HAN_MONTH.search(words):
        return int(found[1]) if found[1].isdigit() else _HAN_MONTHS[found[1]]
    if found := _ENGLISH.search(words):
        name = next(group for group in found.groups() if group)
        return _NAMES.index(name.lower()[:3]) + 1
    return 0
