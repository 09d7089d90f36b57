"""Comparing names in letters word by word, as nobody knows which of them is the surname."""

from collections import Counter
from collections.abc import Sequence
from enum import Enum, auto

from rapidfuzz.distance import OSA

from switchyard_crm.domain.matching.first_names import is_first_name, same_first_name

_WORDS_OF_A_NAME = 2
_LETTERS_FOR_A_SLIP = 4


class Words(Enum):
    """How the words of two names stand to each other."""

    SAME = auto()
    """One name: short forms, and middle names that only one has."""
    SLIP = auto()
    """One name but for one letter."""
    PART = auto()
    """Nothing speaks against it: initials, a single word, the first name with another surname."""
    DIFFERENT = auto()


def compare_words(a: Sequence[str], b: Sequence[str], pinyin: tuple[bool, bool]) -> Words:
    """Compares words in lower case; `pinyin` tells of each name whether all of it may be pinyin."""
    common = Counter(a) & Counter(b)
    anchors = [word for word in common if len(word) > 1]
    few, many = sorted((_left(a, common), _left(b, common)), key=len)
    if not anchors:
        return Words.DIFFERENT
    if not few:
        return Words.SAME if len(anchors) >= _WORDS_OF_A_NAME else Words.PART
    ways = _pair_up(few, list(many), slips=not all(pinyin))
    if ways is not None:
        return _weakest(ways, len(anchors))
    if _contradict_in_the_middle(few, many, anchors):
        return Words.PART
    return Words.PART if _renamed(anchors, few, many, pinyin) else Words.DIFFERENT


def _left(words: Sequence[str], common: Counter[str]) -> list[str]:
    return sorted((Counter(words) - common).elements(), key=len, reverse=True)


def _pair_up(few: Sequence[str], many: list[str], slips: bool) -> list[Words] | None:
    """How each of the few words is found among the many; None if one is not."""
    ways = []
    for word in few:
        found = [(way, other) for other in many if (way := _alike(word, other, slips))]
        if not found:
            return None
        way, other = min(found, key=lambda each: each[0].value)
        many.remove(other)
        ways.append(way)
    return ways


def _alike(one: str, other: str, slips: bool) -> Words | None:
    if same_first_name(one, other):
        return Words.SAME
    if 1 in (len(one), len(other)):
        return Words.PART if one[0] == other[0] else None
    return Words.SLIP if slips and is_slip(one, other) else None


def is_slip(one: str, other: str) -> bool:
    """Whether one is the other with one letter wrong, missing or too many, or two swapped.

    John and Joan are two names, and brother and sister have one number.
    """
    if min(len(one), len(other)) < _LETTERS_FOR_A_SLIP:
        return False
    two_names = is_first_name(one) and is_first_name(other)
    return not two_names and OSA.distance(one, other, score_cutoff=1) <= 1


def _weakest(ways: Sequence[Words], anchors: int) -> Words:
    if anchors >= _WORDS_OF_A_NAME and Words.SLIP not in ways:
        return Words.SAME  # first name and surname are equal, what is left are middle names
    return max(ways, key=lambda way: way.value)


def _contradict_in_the_middle(
    few: Sequence[str], many: Sequence[str], anchors: Sequence[str]
) -> bool:
    """James N Murphy and James M Murphy: a slip, or father and son."""
    return len(anchors) >= _WORDS_OF_A_NAME and max(map(len, (*few, *many))) == 1


def _renamed(
    anchors: Sequence[str], few: Sequence[str], many: Sequence[str], pinyin: tuple[bool, bool]
) -> bool:
    """Anna Smith and Anna Jones, before and after a wedding; Jason Tian and Tian Xuetong.

    But Ann Lee and Amy Lee are sisters, though Lee is a first name, too.
    """
    if len(few) != 1 or len(many) != 1 or (is_first_name(few[0]) and is_first_name(many[0])):
        return False
    return pinyin[0] != pinyin[1] or (not any(pinyin) and any(map(is_first_name, anchors)))
