"""What callers may say instead of pressing a key, read from menu files and checked."""

from collections.abc import Mapping
from importlib.resources import files

from switchyard_phone.adapters.yaml_nodes import Node, document
from switchyard_phone.domain.language import Language
from switchyard_phone.domain.menus import PERSON_KEY, REPEAT_KEY, WAYS, Option, Ways

_OWN = "ways.yml"
_MOST_WAYS = 12
_LONGEST_WAY = 60
_ANYWHERE = {"person": PERSON_KEY, "repeat": REPEAT_KEY}


def read_ways(node: Node, languages: tuple[Language, ...]) -> Ways:
    """Ways to say one thing in each language: lists of words without digits."""
    names = [language.value for language in languages]
    return {Language(name): _listed(part) for name, part in node.fields(names, names).items()}


def _listed(node: Node) -> tuple[str, ...]:
    ways = tuple(map(_way, node.items()))
    if node.value == []:
        node.wrong("needs one way at least")
    return ways


def _way(node: Node) -> str:
    words = node.text()
    if any(sign.isdigit() for sign in words):
        node.wrong("must be words: digits are understood by keys only")
    if len(words) > _LONGEST_WAY:
        node.wrong(f"must be {_LONGEST_WAY} signs at most")
    return words


def ways_anywhere(node: Node | None, languages: tuple[Language, ...]) -> Mapping[str, Ways]:
    """The package's own for every name, with those of a file in their places."""
    own = document((files("switchyard_phone") / "menus" / _OWN).read_text("utf-8"), [])
    assert own is not None
    found = {name: read_ways(part, tuple(Language)) for name, part in own.parts().items()}
    if node is None:
        return found
    return found | {name: read_ways(part, languages) for name, part in node.fields(WAYS).items()}


def check_ways(
    keys: Mapping[str, Node], options: tuple[Option, ...], anywhere: Mapping[str, Ways]
) -> None:
    """Within a menu nothing may mean two things. `keys` are the nodes of the options."""
    for language in Language:
        taken = {
            _plain(way): key
            for name, key in _ANYWHERE.items()
            for way in anywhere[name].get(language, ())
        }
        for option in options:
            ways = option.say.get(language, ())
            if len(ways) > _MOST_WAYS:
                keys[option.key].wrong(f"say.{language}: {_MOST_WAYS} ways at most")
            for way in ways:
                other = taken.setdefault(_plain(way), option.key)
                if other != option.key:
                    keys[option.key].wrong(f"say.{language}: {way} is said for key {other} already")


def _plain(way: str) -> str:
    return " ".join(way.casefold().split())
