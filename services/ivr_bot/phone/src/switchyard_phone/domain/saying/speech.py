"""A text as pieces to say: known words as clips, the values in them from the inventory."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from switchyard_phone.domain.language import Language
from switchyard_phone.domain.saying import chinese_values, english_values
from switchyard_phone.domain.saying.pieces import LONG, Clip, Free, Piece, words_of
from switchyard_phone.domain.saying.scanning import (
    Reader,
    is_known,
    pause_in,
    reader,
    scanned,
    settled,
)

_READERS: Mapping[Language, Sequence[Reader]] = {
    Language.CHINESE: chinese_values.READERS,
    Language.ENGLISH: english_values.READERS,
}
_PLACEHOLDER = re.compile(r"\{[a-z_][a-z0-9_]*\}")
_SENTENCE = re.compile(r"(?<=[。！？])|(?<=[.!?])\s+")
_EDGE = ' \n，。！？：；、（）,.!?:;()“”"-–'
_LETTER = re.compile(r"[A-Za-z\u3400-\u9fff]")
_HAN = re.compile(r"[\u3400-\u9fff]")
_LEAST_LETTERS, _LEAST_HAN = 5, 2
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Template:
    """A known text with placeholders: the words between them, and how to find what fills them."""

    parts: tuple[str, ...]
    pattern: "re.Pattern[str]"

    @property
    def letters(self) -> int:
        """How much of it is known: the more, the surer is a match."""
        return sum(len(_LETTER.findall(part)) for part in self.parts)


class Speech:
    """Says texts of one language. `texts` are all that are known ahead, with `{placeholders}`."""

    def __init__(self, language: Language, texts: Iterable[str]) -> None:
        self._language = language
        known = {text.strip() for text in texts if _LETTER.search(text)}
        self._whole = {text for text in known if not _PLACEHOLDER.search(text)}
        templates = [_template(text) for text in known - self._whole]
        sure = [template for template in templates if _is_sure(template)]
        self._templates = sorted(sure, key=lambda one: (-one.letters, one.parts))
        joints = {core for one in templates for part in one.parts if (core := part.strip(_EDGE))}
        self._joints = frozenset(core for core in joints if _LETTER.search(core))
        self._readers = (*_joint_readers(self._joints), *_READERS[language])

    def pieces(self, text: str) -> tuple[Piece, ...]:
        """What to say, in order. Never raises: what is not known is said as free words."""
        return tuple(settled(self._said(text.strip(), _DEEPEST)))

    def inventory(self) -> frozenset[str]:
        """Every clip that may be needed: known texts, their parts, and what values are made of."""
        values = (
            chinese_values.inventory()
            if self._language is Language.CHINESE
            else english_values.inventory()
        )
        return values | self._whole | self._joints

    def _said(self, text: str, depth: int) -> Iterator[Piece]:
        if not text:
            return
        if text in self._whole:
            yield Clip(text)
            return
        found = self._filled(text) if depth else None
        if found is not None:
            yield from self._template_said(*found, depth)
            return
        parts = [part for part in _parts(text) if part.strip()]
        if depth and len(parts) > 1:
            for place, part in enumerate(parts):
                if place:
                    yield LONG
                yield from self._said(part.strip(), depth - 1)
            return
        yield from self._value(text)

    def _filled(self, text: str) -> tuple[Template, tuple[str, ...]] | None:
        for template in self._templates:
            match = template.pattern.fullmatch(text)
            if match:
                return template, match.groups()
        return None

    def _template_said(
        self, template: Template, values: Sequence[str], depth: int
    ) -> Iterator[Piece]:
        for place, part in enumerate(template.parts):
            yield from _joint(part)
            if place < len(values):
                yield from self._said(values[place].strip(), depth - 1)

    def _value(self, text: str) -> Iterator[Piece]:
        """Clips if all of it is known, else free words in one go, which sounds better than bits."""
        pieces = scanned(text, self._readers)
        if is_known(pieces):
            yield from pieces
        else:
            yield Free(words_of(pieces, self._language))


def _joint(part: str) -> Iterator[Piece]:
    """Words between two values, with the pauses that their punctuation calls for."""
    core = part.strip(_EDGE)
    before, _, after = part.partition(core) if core else (part, "", "")
    for piece in (pause_in(before), Clip(core) if core else None, pause_in(after)):
        if piece is not None:
            yield piece


def _joint_readers(joints: Iterable[str]) -> tuple[Reader, ...]:
    """Finds the words between values, where a text as a whole is too general to be found."""
    words = "|".join(map(re.escape, sorted(joints, key=len, reverse=True)))
    return (reader(rf"(?<![A-Za-z])(?:{words})(?![A-Za-z])", lambda m: (m[0],)),) if words else ()


def _template(text: str) -> Template:
    parts = tuple(_PLACEHOLDER.split(text))
    pattern = "(.+?)".join(map(re.escape, parts))
    # Only a text of several lines is filled with lines.
    return Template(parts, re.compile(pattern, re.DOTALL if "\n" in text else 0))


def _is_sure(template: Template) -> bool:
    han = sum(len(_HAN.findall(part)) for part in template.parts)
    return han >= _LEAST_HAN or template.letters >= _LEAST_LETTERS


def _parts(text: str) -> list[str]:
    lines = text.split("\n")
    return lines if len(lines) > 1 else _SENTENCE.split(text)
