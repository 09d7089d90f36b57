"""How alike two names are, and in which way."""

from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz.distance import OSA

from switchyard_crm.domain.matching.person_names import PersonName
from switchyard_crm.domain.matching.words import Words, compare_words

# A slip of the keyboard is a matter of one letter; below this many, one letter is another name.
_LETTERS_FOR_A_SLIP = 6


class Alike(StrEnum):
    """In which way two names are alike; the value is for evidence."""

    EQUAL = "names equal"
    NOTATION = "names equal in another notation"
    SOUND = "names sound alike"
    SLIP = "names differ by a slip"
    PART = "names agree in part"
    DIFFERENT = "names differ"
    UNKNOWN = "name not known of both"


@dataclass(frozen=True, slots=True)
class Likeness:
    """In which way names are alike, and how much, from 0 to 1."""

    alike: Alike
    score: float

    @property
    def evidence(self) -> str:
        """For people, without the names."""
        scored = self.alike in (Alike.SOUND, Alike.SLIP, Alike.DIFFERENT)
        return f"{self.alike} {self.score:.2f}" if scored else self.alike.value


_UNKNOWN = Likeness(Alike.UNKNOWN, 0.0)
_EQUAL = Likeness(Alike.EQUAL, 1.0)
_NOTATION = Likeness(Alike.NOTATION, 0.97)
_HOMOPHONE = Likeness(Alike.NOTATION, 0.95)
_HOMOPHONES = Likeness(Alike.SOUND, 0.9)
_HEARD_ALIKE = Likeness(Alike.SOUND, 0.8)
_PART = Likeness(Alike.PART, 0.7)


def compare_names(a: PersonName | None, b: PersonName | None) -> Likeness:
    """Equal characters are more than equal readings: 王芳 and 汪方 only sound alike.

    One character heard wrong, with the same surname, counts as a notation: 王芳 and 王方.
    """
    if a is None or b is None:
        return _UNKNOWN
    if a.generation and b.generation and a.generation != b.generation:
        return Likeness(Alike.DIFFERENT, 0.9)
    if a.han and b.han:
        return _both_han(a, b)
    if a.han or b.han:
        return _across(a, b) if a.han else _across(b, a)
    return _both_letters(a, b)


def _both_han(a: PersonName, b: PersonName) -> Likeness:
    one, other = a.surname + a.given, b.surname + b.given
    if a.whole and b.whole:
        if one == other:
            return _EQUAL
        if not a.in_order.isdisjoint(b.in_order):
            return _HOMOPHONE if a.surname == b.surname else _HOMOPHONES
        if not a.sounds.isdisjoint(b.sounds) and a.surname == b.surname:
            return _HEARD_ALIKE
        if len(one) == len(other) > 2 and OSA.distance(one, other) == 1 and _swapped(one, other):
            return Likeness(Alike.SLIP, 1 - 1 / len(one))
    if _han_part(a, b) or _han_part(b, a):
        return _PART
    return _different(one, other)


def _swapped(one: str, other: str) -> bool:
    """Two characters changed places; another character is how siblings are named."""
    return sorted(one) == sorted(other)


def _han_part(part: PersonName, whole: PersonName) -> bool:
    if part.whole and part.given != whole.given:
        return part.surname + part.given == whole.given
    if part.whole:  # the same given name under another surname
        return len(part.given) > 1
    if part.given:  # 王*芳
        return part.surname == whole.surname and whole.given.endswith(part.given[-1])
    return part.surname in (whole.surname, whole.given[-1:])


def _across(han: PersonName, letters: PersonName) -> Likeness:
    if han.whole and not han.spellings.isdisjoint(letters.spellings):
        return _NOTATION
    if han.whole and not han.sounds.isdisjoint(letters.sounds):
        return _HEARD_ALIKE
    if han.whole and letters.whole and not letters.sounds and _slip(han, letters):
        return Likeness(Alike.SLIP, _similarity(han, letters))
    if _across_part(han, letters):
        return _PART
    return Likeness(Alike.DIFFERENT, _similarity(han, letters))


def _across_part(han: PersonName, letters: PersonName) -> bool:
    """王先生 and Wang Fang, 王芳 and Cindy Wang, W. Fang or Wang F."""
    surname = "".join(han.words[: len(han.surname)])
    given = "".join(han.words[len(han.surname) :])
    rest = [word for word in letters.words if word != surname]
    if len(rest) == len(letters.words):
        return rest in ([given], [given, surname[0]], [surname[0], given])
    unlike_pinyin = bool(rest) and not letters.sounds and min(map(len, rest)) > 1
    initials = bool(rest) and "".join(rest) == "".join(each[0] for each in han.words)[1:]
    return not rest or not han.given or unlike_pinyin or initials or given[:1] == "".join(rest)


def _both_letters(a: PersonName, b: PersonName) -> Likeness:
    if not a.spellings.isdisjoint(b.spellings):
        return _EQUAL
    if a.sounds and b.sounds and not a.sounds.isdisjoint(b.sounds):
        return _HEARD_ALIKE
    found = compare_words(a.words, b.words, pinyin=(bool(a.sounds), bool(b.sounds)))
    match found:
        case Words.SAME:
            return _NOTATION
        case Words.PART:
            return _PART
        case Words.SLIP:
            return Likeness(Alike.SLIP, _similarity(a, b))
    both_pinyin = a.sounds and b.sounds
    spaced = len(a.words) != len(b.words)  # otherwise the words have been compared
    if a.whole and b.whole and spaced and not both_pinyin and _slip(a, b):
        return Likeness(Alike.SLIP, _similarity(a, b))
    return Likeness(Alike.DIFFERENT, _similarity(a, b))


def _slip(a: PersonName, b: PersonName) -> bool:
    """One letter wrong, missing, too many, or two swapped."""
    one, other = _nearest(a, b)
    if min(len(one), len(other)) < _LETTERS_FOR_A_SLIP:
        return False
    return OSA.distance(one, other, score_cutoff=1) <= 1


def _nearest(a: PersonName, b: PersonName) -> tuple[str, str]:
    return min(
        ((one, other) for one in (a.in_order | a.spellings) for other in b.spellings),
        key=lambda pair: (OSA.distance(*pair), pair),
    )


def _similarity(a: PersonName, b: PersonName) -> float:
    return OSA.normalized_similarity(*_nearest(a, b))


def _different(one: str, other: str) -> Likeness:
    return Likeness(Alike.DIFFERENT, OSA.normalized_similarity(one, other))
