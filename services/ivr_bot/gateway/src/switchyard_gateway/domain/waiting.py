"""What customers may do while they wait for a person, and how they say it in words. Pure."""

import re
import unicodedata
from enum import StrEnum

from switchyard_gateway.domain.conversation import Wait
from switchyard_gateway.domain.notices import spoken

_SECONDS_A_MINUTE = 60


class Wish(StrEnum):
    """What a waiting customer may ask for."""

    STAY = "stay"
    CALLBACK = "callback"
    BACK = "back"


_STAY = ("1", "keep waiting", "wait", "i will wait", "stay", "继续等待", "继续等", "等待", "等")
_CALLBACK = (
    *("2", "callback", "call back", "a callback", "call me back", "please call me back"),
    *("回电", "回拨", "请回电", "给我回电", "给我回电话", "预约回电"),
)
_BACK = (
    *("3", "back", "go back", "back to the assistant", "back to the bot", "assistant", "bot"),
    *("返回", "返回机器人", "机器人", "返回助手", "智能助手", "不等了"),
)
_WISHES = {
    **dict.fromkeys(_STAY, Wish.STAY),
    **dict.fromkeys(_CALLBACK, Wish.CALLBACK),
    **dict.fromkeys(_BACK, Wish.BACK),
}
_NO_WORDS = re.compile(r"[^\w\s]+")


def wish_of(text: str) -> Wish | None:
    """The wish that the text is, and nothing else: what is meant for the agent is left alone."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    said = " ".join(_NO_WORDS.sub("", plain).split())
    return _WISHES.get(said)


def menu(wait: Wait, language: str, *, callbacks: bool) -> str:
    """Place and time, and the ways to go on by number, for channels that show nothing but text."""
    tongue = spoken(language)
    options = (Wish.STAY, Wish.CALLBACK, Wish.BACK) if callbacks else (Wish.STAY, Wish.BACK)
    known = [_place(wait, tongue), _time(wait, tongue)] if wait.position else []
    lines = [*known, _LEAD[tongue]]
    return "\n".join((*lines, *(_OPTIONS[tongue][option] for option in options)))


def _place(wait: Wait, tongue: str) -> str:
    return _PLACE[tongue].format(position=wait.position)


def _time(wait: Wait, tongue: str) -> str:
    """Says nothing about the time unless the router is sure of it."""
    if wait.p50_seconds is None or wait.p90_seconds is None:
        return _NO_TIME[tongue]
    likely, latest = _minutes(wait.p50_seconds), _minutes(wait.p90_seconds)
    if likely == latest:
        return _ABOUT[tongue].format(likely=likely)
    return _BETWEEN[tongue].format(likely=likely, latest=latest)


def _minutes(seconds: int) -> int:
    return max(1, -(-seconds // _SECONDS_A_MINUTE))


_PLACE = {"en": "You are number {position} in the queue.", "zh": "您当前排在第 {position} 位。"}
_NO_TIME = {
    "en": "We cannot say yet how long it will take.",
    "zh": "目前还无法准确预计等待时间。",
}
_ABOUT = {"en": "It should take about {likely} min.", "zh": "预计等待约 {likely} 分钟。"}
_BETWEEN = {
    "en": "It should take about {likely} min, at most {latest} min as a rule.",
    "zh": "预计等待约 {likely} 分钟，一般不超过 {latest} 分钟。",
}
_LEAD = {"en": "You can reply:", "zh": "您可以回复："}
_OPTIONS = {
    "en": {
        Wish.STAY: "1 – keep waiting",
        Wish.CALLBACK: "2 – be called back, keeping your place",
        Wish.BACK: "3 – go back to the assistant",
    },
    "zh": {
        Wish.STAY: "1 – 继续等待",
        Wish.CALLBACK: "2 – 请我们给您回电，保留排队位置",
        Wish.BACK: "3 – 返回智能助手",
    },
}
