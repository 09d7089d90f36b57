"""Addresses in what customers say."""

import re

MIN_CHARACTERS, MAX_CHARACTERS = 5, 200

_LEADS = re.compile(
    r"^(?:(?:嗯|好的?|那就?|请|麻烦|帮我|不对|不是|错了|写错了|应该|我是说)[，,。 ]*)*"
    r"(?:(?:新的?)?(?:收货|送货|配送|收件)?地址(?:是|为|改成|改为|改到|换成|换到)?"
    r"|(?:改|寄|送|发|换)(?:到|去|往|成|至)|是)[：:，, ]*"
    r"|^(?:(?:um|uh|ok(?:ay)?|well|yes|no|sorry|please|sure|i meant)[, ]+)*"
    r"(?:(?:the |my )?(?:new )?(?:delivery )?address (?:is|should be)|it(?: i|')s"
    r"|(?:please )?(?:send|ship|deliver)(?: it)? to|change it to|to)\s*[:,]?\s*",
    re.IGNORECASE,
)
_STREET = (
    r"street|st|road|rd|avenue|ave|lane|ln|drive|way|square|court|place|boulevard|blvd|terrace"
    r"|close|gardens?|row|hill|park"
)
_NAMED = (
    re.compile(
        r"(?:改|寄|送|发|换|配送)(?:到|去|往|成|至)[：:]?\s*"
        r"(?P<a>[^，。,;；!?！？]*(?:路|街|道|巷|弄|区|镇|村|小区|大厦|广场)[^。;；!?！？]*?"
        r"(?:[0-9一二三四五六七八九十百]+(?:号|室|楼|栋|幢|单元)[^，。,;；!?！？]*))"
    ),
    re.compile(
        r"\b(?:to|at|is|address:?)\s+"
        r"(?P<a>(?:(?:flat|apartment|apt|unit|room)\.? \w+,? )?[0-9]+[a-z]?,? "
        rf"(?:[\w'.\-]+ ){{0,4}}(?:{_STREET})\b[^?!;]*)",
        re.IGNORECASE,
    ),
)
_PLACE = re.compile(
    r"[路街道巷弄区镇村乡]|小区|大厦|广场|公寓|大学|医院|[栋幢]|单元"
    r"|\b(?:street|road|avenue|lane|drive|boulevard|terrace|gardens|house|cottage|farm|manor|flat|apartment|apt|tower|mews|quay|wharf|unit|suite"
    r"|p\.?o\.? box)\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"[?？]|[吗呢]$|哪|什么|几点|怎么|\b(?:where|when|what|which|how|who|why)\b", re.IGNORECASE
)
_ENDS = re.compile(
    r"(?:\s*(?:instead|please|thanks?|thank you|吧|谢谢|可以吗|行吗|好吗"
    r"|[,，;；]\s*(?:and )?(?:the |my )?(?:phone|number)(?: number)?"
    r"(?: is| ends? (?:in|with)| ending(?: in| with)?)? [0-9]{4}"
    r"|[,，;；]\s*(?:我的?)?(?:手机号?)?(?:尾号|后四位)(?:是|为)?\s?[0-9]{4}))+[.。!！]*$",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]+")
_LETTERS = re.compile(r"[^\W\d_]")


def named_address(words: str) -> str | None:
    """An address in the middle of other words, if it is plain that it is one."""
    for pattern in _NAMED:
        found = pattern.search(_one_line(words))
        if found is not None:
            return _ENDS.sub("", found["a"]).strip(" ,，.。")
    return None


def given_address(words: str) -> str | None:
    """The answer to "what is the new address?"; None if it cannot be one.

    Leading words ("please send it to …") are left away; how it is written is not touched. A place
    without a number, a street or the like ("my mother's") is none.
    """
    line = _LEADS.sub("", _one_line(words), count=1)
    line = _ENDS.sub("", line).strip(" ,，.。")
    if not MIN_CHARACTERS <= len(line) <= MAX_CHARACTERS or not _LETTERS.search(line):
        return None
    return line if _PLACE.search(line) or re.search(r"[0-9]", line) else None


def is_plainly_address(words: str) -> bool:
    """Whether words are an address whatever they were taken for: a place, a number, no question."""
    line = _one_line(words)
    return bool(_PLACE.search(line) and re.search(r"[0-9]", line) and not _QUESTION.search(line))


def _one_line(words: str) -> str:
    return re.sub(r"\s+", " ", _CONTROL.sub(" ", words)).strip()
