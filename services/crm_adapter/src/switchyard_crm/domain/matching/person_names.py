"""Names of people in the form in which they are compared.

A name is written in Chinese characters, surname first, or in letters, in either order. Titles,
punctuation, case, accents and full-width letters do not count. The form is made once for a record
and then compared in microseconds.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, product

from switchyard_crm.domain.matching.readings import (
    is_han,
    is_surname,
    name_readings,
    simplified,
    split_name,
)
from switchyard_crm.domain.matching.syllables import by_ear, split_syllables
from switchyard_crm.domain.matching.titles import (
    FAMILIAR,
    is_no_name,
    without_han_title,
    without_latin_titles,
)

MAX_CHARS = 128
_MAX_WORDS = 6
_MAX_SPELLINGS = 16
_MAX_GIVEN = 2
_MASKED = re.compile(r"[*＊•×]|[\u3400-\u9fff][x?·某]{1,3}$")
_ASIDE = re.compile(r"[(\[【].*?[)\]】]")
_INNER = re.compile(r"(?<=\w)['’`](?=\w)")
_NOT_LETTERS = re.compile(r"[\W\d_]+")
# English first names that could be read as pinyin.
_NOT_PINYIN = frozenset(
    ("anna", "dan", "dana", "hana", "lena", "lina", "linda", "lisa", "mona", "nina")
)
# How ü is written where there is none.
_UMLAUT = {"lv": ("lv", "lu", "lyu"), "nv": ("nv", "nu", "nyu")}


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name to compare.

    `surname` and `given` are Chinese characters, simplified; empty for a name in letters. `words`
    are its words in letters, or the readings of its characters. `spellings` are the ways to write
    it in letters without spaces, in any order of the words; `in_order` those with the surname first
    that characters have; `sounds` are spellings as they are heard, if all of it is pinyin. `whole`
    is false for part of a name: 王先生, 小王, 王*, J Smith. `nickname` is what no identity card
    says: Sunny, 晴天, 宝妈. `generation` is jr, sr or empty.
    """

    surname: str
    given: str
    words: tuple[str, ...]
    spellings: frozenset[str]
    in_order: frozenset[str]
    sounds: frozenset[str]
    whole: bool
    nickname: bool = False
    generation: str = ""

    @property
    def han(self) -> bool:
        """Whether it is written in Chinese characters."""
        return bool(self.surname)

    @property
    def formal(self) -> bool:
        """All of a name, as it stands on an identity card."""
        return self.whole and not self.nickname


def person_name(text: str) -> PersonName | None:
    """The comparable form of a display name; None for what is no name: empty, test, 未知, 先生."""
    folded = " ".join(unicodedata.normalize("NFKC", text[:MAX_CHARS]).casefold().split())
    bare = _ASIDE.sub(" ", folded).strip() or folded
    if is_no_name(bare):
        return None
    han = simplified("".join(character for character in bare if is_han(character)))
    return _from_han(han, _MASKED.search(bare) is not None) if han else _from_letters(bare)


def name_key(text: str) -> str:
    """Equal for the notations of one name, to count distinct names.

    王芳, Wang Fang, FANG WANG and 王芳女士 have one key; so have names that sound alike. Empty for
    what is no name, part of one (王先生) or a nickname: these may be anybody's.
    """
    name = person_name(text)
    if name is None or not name.formal:
        return ""
    syllables = [part for word in name.words for part in split_syllables(word) or (word,)]
    return min(_rotations(syllables))


def _from_han(han: str, masked: bool) -> PersonName | None:
    name = han.rstrip("某")
    name, _ = without_han_title(name, len(split_name(name)[0]))
    familiar = len(name) == 2 and name[0] in FAMILIAR
    name = name[1:] if familiar else name
    if not name or is_no_name(name):
        return None
    surname, given = split_name(name)
    readings = name_readings(name)
    family, first = readings[: len(surname)], readings[len(surname) :]
    in_order = frozenset("".join(each) for each in _combined(family + first))
    swapped = frozenset("".join(each) for each in _combined(first + family))
    heard = frozenset("".join(map(by_ear, each)) for each in _combined(family + first))
    return PersonName(
        surname,
        given,
        tuple(each[0] for each in readings),
        in_order | swapped,
        in_order,
        heard,
        whole=bool(given) and not masked and not familiar,
        nickname=bool(given) and (len(given) > _MAX_GIVEN or not is_surname(surname)),
    )


def _from_letters(bare: str) -> PersonName | None:
    last, comma, first = bare.partition(",")
    plain = _without_accents(f"{first} {last}" if comma and first else last)
    written = tuple(word for word in _NOT_LETTERS.split(_INNER.sub("", plain)) if word)
    words, generation = without_latin_titles(written[:_MAX_WORDS])
    if not words or is_no_name("".join(words)):
        return None
    syllables = [split_syllables(word) for word in words]
    pinyin = all(syllables) and _NOT_PINYIN.isdisjoint(words)
    heard = ["".join(map(by_ear, each)) for each in syllables]
    whole = len(syllables[0]) > 1 if len(words) == 1 else min(map(len, words)) > 1
    spellings = frozenset(_rotations(words))
    return PersonName(
        "",
        "",
        words,
        spellings,
        spellings,
        frozenset(_rotations(heard)) if pinyin else frozenset(),
        whole=whole,
        nickname=len(written) == 1 and not pinyin,
        generation=generation,
    )


def _combined(readings: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    written = (
        tuple(form for each in ways for form in _UMLAUT.get(each, (each,))) for ways in readings
    )
    return list(islice(product(*written), _MAX_SPELLINGS))


def _rotations(words: Sequence[str]) -> list[str]:
    return ["".join((*words[start:], *words[:start])) for start in range(len(words))]


def _without_accents(text: str) -> str:
    apart = unicodedata.normalize("NFD", text)
    return "".join(character for character in apart if not unicodedata.combining(character))
