"""Numbers that are read digit by digit: of orders, phones, tickets, and the ends of them."""

from collections.abc import Mapping

from switchyard_phone.domain.language import Language
from switchyard_phone.domain.saying.pieces import SHORT, Clip, Piece

CHINESE = "零一二三四五六七八九"
ENGLISH = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
YAO, OH = "幺", "oh"
"""One, where it could be heard as seven; zero, as phone numbers are said in English."""

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_GROUPS: Mapping[int, tuple[int, ...]] = {
    5: (5,),
    6: (3, 3),
    7: (3, 4),
    8: (4, 4),
    9: (3, 3, 3),
    10: (3, 3, 4),
    11: (3, 4, 4),
    12: (4, 4, 4),
}
"""How people group digits, by how many there are."""


def spelled(text: str, language: Language, *, phone: bool = False) -> tuple[Piece, ...]:
    """Letters and digits one by one, digits in groups: `SY20261234`, `13812345678`, `5678`.

    With `phone`, English says "oh" for zero. Other signs are passed over.
    """
    said: list[Piece] = []
    for run in _runs(text):
        if said:
            said.append(SHORT)
        if run[0].isdigit():
            said.extend(_digits(run, language, phone=phone))
        else:
            said.extend(Clip(letter.upper()) for letter in run)
    return tuple(said)


def digit(sign: str, language: Language, *, phone: bool) -> str:
    """One digit of a row."""
    if language is Language.CHINESE:
        return YAO if sign == "1" else CHINESE[int(sign)]
    return OH if phone and sign == "0" else ENGLISH[int(sign)]


def _digits(run: str, language: Language, *, phone: bool) -> list[Piece]:
    said: list[Piece] = []
    start = 0
    for size in _sizes(len(run)):
        if said:
            said.append(SHORT)
        group = run[start : start + size]
        said.extend(Clip(digit(sign, language, phone=phone)) for sign in group)
        start += size
    return said


def _sizes(count: int) -> tuple[int, ...]:
    if count < min(_GROUPS):
        return (count,)
    whole, rest = divmod(count, 4)
    return _GROUPS.get(count) or (*[4] * whole, *([rest] if rest else []))


def _runs(text: str) -> list[str]:
    """Neighbouring digits together, and neighbouring letters."""
    runs: list[str] = []
    before = " "
    for sign in text:
        if sign.isascii() and sign.isalnum():
            if before.isdigit() == sign.isdigit() and before.isalnum():
                runs[-1] += sign
            else:
                runs.append(sign)
            before = sign
        elif sign not in "- ":
            before = " "
    return runs
