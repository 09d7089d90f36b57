"""How alike texts sound: letters in English, pinyin without tones in Chinese; and one script.

What a small model gets wrong on the telephone mostly sounds right: 刷新定单 for 查询订单. So texts
are compared by sound, and what many speakers do not tell apart counts as the same.
"""

import re
from collections.abc import Callable
from functools import lru_cache

_FOLDED = (
    ("zh", "z"),
    ("ch", "c"),
    ("sh", "s"),
    ("ang", "an"),
    ("eng", "en"),
    ("ing", "in"),
)
"""Sounds that are often one: the flat and the curled, the front and the back nasal."""
_NOTHING = re.compile(r"[\W_]+")

Simplified = Callable[[str], str]
Spelled = Callable[[str], str]
"""A Chinese text as pinyin, syllables with a space between."""


@lru_cache(maxsize=2048)
def folded(pinyin: str) -> str:
    """Pinyin with what sounds alike made the same."""
    for sound, same in _FOLDED:
        pinyin = pinyin.replace(sound, same)
    return pinyin.replace(" ", "")


def plain(text: str) -> str:
    """Letters and digits alone, in lower case."""
    return _NOTHING.sub("", text.lower())


def once(text: str) -> str:
    """A text without its repetition: small models say short things two or three times.

    Digits may well come twice, and so may single letters and characters: 88, 谢谢.
    """
    for times in (2, 3):
        for between in (0, 1):  # a space, or none
            size, rest = divmod(len(text) + between, times)
            pieces = {plain(text[size * i : size * (i + 1)]) for i in range(times)}
            piece = pieces.pop()
            if not rest and not pieces and len(piece) > 1 and not piece.isdigit():
                return text[:size].rstrip()
    return text


def likeness(heard: str, wanted: str) -> float:
    """How much of `wanted` is found in the best place of `heard`, 0 to 1: 1 if it is all there."""
    if not wanted or not heard:
        return 0.0
    return max(0.0, 1 - _distance_inside(heard, wanted) / len(wanted))


def _distance_inside(heard: str, wanted: str) -> int:
    """Edits from `wanted` to the part of `heard` that is nearest (Sellers, 1980)."""
    before = [0] * (len(heard) + 1)
    for row, letter in enumerate(wanted, 1):
        now = [row]
        for column, other in enumerate(heard, 1):
            now.append(
                min(
                    before[column] + 1,
                    now[column - 1] + 1,
                    before[column - 1] + (letter != other),
                )
            )
        before = now
    return min(before)


class Words:
    """Texts of one language compared by sound."""

    def __init__(self, spelled: Spelled | None) -> None:
        self._spelled = spelled

    def sound(self, text: str) -> str:
        """What a text sounds like."""
        bare = plain(text)
        return folded(self._spelled(bare)) if self._spelled is not None else bare


def chinese() -> tuple[Words, Simplified]:
    """Pinyin and simplified characters. ImportError."""
    import opencc  # type: ignore[import-not-found]  # of the engines' interpreter
    import pypinyin

    converter = opencc.OpenCC("t2s")
    return (
        Words(lambda text: " ".join(pypinyin.lazy_pinyin(text))),
        lambda text: str(converter.convert(text)),
    )
