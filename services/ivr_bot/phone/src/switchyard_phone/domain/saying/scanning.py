"""Finds values in a text by patterns, from left to right."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from switchyard_phone.domain.saying.pieces import LONG, MEDIUM, SHORT, Clip, Free, Pause, Piece

Say = Callable[["re.Match[str]"], Sequence[Piece | str] | None]
"""How a value is said: words are clips; None if it is no such value after all."""

_BREAKS = (("。！？.!?\n…", LONG), ("，,：:；;、·", MEDIUM), ("（）()「」“”\"'《》【】[]", SHORT))


@dataclass(frozen=True, slots=True)
class Reader:
    """One kind of value."""

    pattern: "re.Pattern[str]"
    say: Say


def reader(pattern: str, say: Say) -> Reader:
    """A kind of value by its pattern."""
    return Reader(re.compile(pattern), say)


def scanned(text: str, readers: Sequence[Reader]) -> tuple[Piece, ...]:
    """The text as clips, pauses and, of whatever is no value, free words."""
    return tuple(settled(_glued(_found(text, readers))))


def is_known(pieces: Sequence[Piece]) -> bool:
    """Whether nothing has to be made sound first."""
    return not any(isinstance(piece, Free) for piece in pieces)


def pause_in(text: str) -> Pause | None:
    """The longest pause that punctuation calls for."""
    pauses = [piece for sign in text if isinstance(piece := _sign(sign), Pause)]
    return max(pauses, key=lambda pause: pause.seconds, default=None)


def settled(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """One pause where there are several, none at the ends."""
    begun, waiting = False, None
    for piece in pieces:
        if isinstance(piece, Pause):
            longer = waiting is None or piece.seconds > waiting.seconds
            waiting = piece if longer else waiting
            continue
        if waiting is not None and begun:
            yield waiting
        begun, waiting = True, None
        yield piece


def _found(text: str, readers: Sequence[Reader]) -> Iterator[Piece]:
    place = 0
    while place < len(text):
        end, said = _value(text, place, readers)
        yield from said
        place = end


def _value(text: str, place: int, readers: Sequence[Reader]) -> tuple[int, Sequence[Piece]]:
    for one in readers:
        match = one.pattern.match(text, place)
        said = one.say(match) if match else None
        if match and said is not None and match.end() > place:
            return match.end(), [Clip(part) if isinstance(part, str) else part for part in said]
    return place + 1, [_sign(text[place])]


def _sign(sign: str) -> Piece:
    return next((pause for signs, pause in _BREAKS if sign in signs), None) or Free(sign)


def _glued(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Neighbouring free signs as words."""
    for free, run in groupby(pieces, lambda piece: isinstance(piece, Free)):
        if not free:
            yield from run
            continue
        words = "".join(piece.text for piece in run if isinstance(piece, Free)).strip()
        if words:
            yield Free(words)
