"""Menus from YAML files, checked: all mistakes at once, each with its place and what is wrong."""

import re
from collections.abc import Callable, Iterable, Mapping
from importlib.resources import files
from pathlib import Path

from switchyard_phone.adapters.menu_acts import Known, read_option
from switchyard_phone.adapters.menu_ways import check_ways, ways_anywhere
from switchyard_phone.adapters.yaml_nodes import Node, Problem, document
from switchyard_phone.domain.bot_words import SECRET_SLOTS, SLOTS
from switchyard_phone.domain.language import Language
from switchyard_phone.domain.menus import (
    OWN_KEYS,
    PHRASES,
    Field,
    Menu,
    Menus,
    Spoken,
    Timing,
    ToMenu,
    Ways,
)

COMPANY = "company.yml"
"""The menus of the demo company, a file of this package."""

_PHRASES = "phrases.yml"
_TOP = frozenset(
    {"start", "languages", "menus", "fields", "phrases", "greeting", "timing", "retries", "star"}
) | {"numbers", "say"}
_NEEDED = ("start", "languages", "menus", "greeting")
_STAR = {"repeat": False, "language": True}
_LONGEST_SECONDS = 60.0
_MOST_RETRIES = 9
_MOST_DIGITS = 32
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class BadMenus(ValueError):
    """A file that no call may be served by. `problems` are all that was found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def load(path: Path | None = None) -> Menus:
    """The menus in a file; without one, those of the demo company. BadMenus, OSError."""
    if path is None:
        return read((files("switchyard_phone") / "menus" / COMPANY).read_text(encoding="utf-8"))
    try:
        return read(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise BadMenus([Problem("", f"is not UTF-8 from byte {error.start} on")]) from error


def read(text: str) -> Menus:
    """The menus in a document. BadMenus."""
    problems: list[Problem] = []
    root = document(text, problems)
    menus = _menus(root) if root is not None else None
    if problems or menus is None:
        raise BadMenus(problems)
    return menus


def _menus(root: Node) -> Menus | None:
    parts = root.fields(_TOP, _NEEDED)
    if not all(name in parts for name in _NEEDED):
        return None
    languages = _languages(parts["languages"])
    fields = _all(parts.get("fields"), lambda node, name: _field(node, name, languages))
    named = parts["menus"].parts()
    known = Known(languages, frozenset(named), frozenset(fields))
    anywhere = ways_anywhere(parts.get("say"), languages)
    menus = {name: _menu(node, name, known, anywhere) for name, node in named.items()}
    start = parts["start"].one_of(menus)
    if start:
        _check_reached(parts["menus"], menus, start)
    return Menus(
        start=start,
        languages=languages,
        menus=menus,
        fields=fields,
        phrases=_phrases(parts.get("phrases"), languages),
        greeting=spoken(parts["greeting"], languages),
        timing=_timing(parts.get("timing")),
        retries=parts["retries"].whole(0, _MOST_RETRIES) if "retries" in parts else 2,
        star_changes_language=_STAR.get(parts["star"].one_of(_STAR), False)
        if "star" in parts
        else False,
        numbers=_numbers(parts.get("numbers"), languages),
        say=anywhere,
    )


def _all[T](node: Node | None, read_one: Callable[[Node, str], T]) -> dict[str, T]:
    if node is None:
        return {}
    return {name: read_one(part, name) for name, part in node.parts().items()}


def _languages(node: Node) -> tuple[Language, ...]:
    known = [language.value for language in Language]
    named = [item.one_of(known) for item in node.items()]
    if isinstance(node.value, list) and (not named or len(set(named)) < len(named)):
        node.wrong("must name each language once, and one at least")
    return tuple(Language(name) for name in dict.fromkeys(named) if name) or (Language.ENGLISH,)


def _numbers(node: Node | None, languages: tuple[Language, ...]) -> dict[str, Language]:
    """Languages by the digits of a number dialled; `+` and gaps are the switch's matter."""
    named = _all(node, lambda part, _: part.one_of([language.value for language in languages]))
    return {
        "".join(filter(str.isdigit, number)): Language(name)
        for number, name in named.items()
        if name
    }


def spoken(node: Node, languages: tuple[Language, ...], holds: Iterable[str] = ()) -> Spoken:
    """Words in every language, with exactly these placeholders."""
    names = [language.value for language in languages]
    parts = node.fields(names, names)
    for part in parts.values():
        found = set(_PLACEHOLDER.findall(part.text()))
        if found != set(holds):
            wanted = " and ".join(f"{{{name}}}" for name in sorted(holds)) or "no {placeholder}"
            part.wrong(f"must hold {wanted}")
    return {Language(name): part.text() for name, part in parts.items() if part.value}


def _field(node: Node, slot: str, languages: tuple[Language, ...]) -> Field:
    parts = node.fields({"prompt", "digits", "secret", "only"}, {"prompt", "digits"})
    if slot not in SLOTS:
        node.wrong(f"the bot takes no such value by keys; it takes: {', '.join(sorted(SLOTS))}")
    least, most = _digits(parts["digits"]) if "digits" in parts else (1, 1)
    secret = parts["secret"].yes() if "secret" in parts else slot in SECRET_SLOTS
    if slot in SECRET_SLOTS and not secret:
        parts["secret"].wrong("this value is always secret")
    only = frozenset(item.text() for item in parts["only"].items()) if "only" in parts else None
    for value in sorted(only or ()):
        if not (value.isascii() and value.isdigit() and least <= len(value) <= most):
            parts["only"].wrong(f"{value} is not {least} to {most} digits")
    return Field(
        slot=slot,
        prompt=spoken(parts["prompt"], languages) if "prompt" in parts else {},
        least=least,
        most=most,
        secret=secret,
        only=only or frozenset(),
    )


def _digits(node: Node) -> tuple[int, int]:
    """`8`, or `4-8` in quotes."""
    found = re.fullmatch(r"(\d{1,2})(?:\s*-\s*(\d{1,2}))?", str(node.value))
    if found is None or isinstance(node.value, bool):
        node.wrong("must be how many digits, as 8 or 4-8")
        return 1, 1
    least, most = int(found[1]), int(found[2] or found[1])
    if not 1 <= least <= most <= _MOST_DIGITS:
        node.wrong(f"must be from 1 to {_MOST_DIGITS}, the smaller number first")
        return 1, 1
    return least, most


def _menu(node: Node, name: str, known: Known, anywhere: Mapping[str, Ways]) -> Menu:
    if not _NAME.fullmatch(name):
        node.wrong("a menu's name has small letters, digits and _ only")
    parts = node.fields({"prompt", "keys", "barge_in"}, {"prompt", "keys"})
    keys = parts["keys"].parts() if "keys" in parts else {}
    options = []
    for key, part in keys.items():
        if key not in OWN_KEYS or len(key) != 1:
            part.wrong("must be a key from 1 to 9; 0, * and # have a meaning of their own")
            continue
        options.append(read_option(part, key, known, spoken))
    if "keys" in parts and not options:
        parts["keys"].wrong("needs one key at least")
    check_ways(keys, tuple(options), anywhere)
    prompt = spoken(parts["prompt"], known.languages) if "prompt" in parts else {}
    barge_in = parts["barge_in"].yes() if "barge_in" in parts else True
    return Menu(name, prompt, tuple(options), barge_in)


def _timing(node: Node | None) -> Timing:
    if node is None:
        return Timing()
    usual = Timing()
    parts = node.fields({"first_digit_seconds", "between_digits_seconds"})

    def seconds(name: str, otherwise: float) -> float:
        return parts[name].number(0.5, _LONGEST_SECONDS) if name in parts else otherwise

    return Timing(
        first_digit_seconds=seconds("first_digit_seconds", usual.first_digit_seconds),
        between_digits_seconds=seconds("between_digits_seconds", usual.between_digits_seconds),
    )


def _phrases(node: Node | None, languages: tuple[Language, ...]) -> Mapping[str, Spoken]:
    """The package's own, with those of the file in their places."""
    own = document((files("switchyard_phone") / "menus" / _PHRASES).read_text("utf-8"), [])
    assert own is not None
    every = tuple(Language)
    found = {name: spoken(part, every, PHRASES[name]) for name, part in own.parts().items()}
    if node is None:
        return found
    given = node.fields(PHRASES)
    return found | {name: spoken(part, languages, PHRASES[name]) for name, part in given.items()}


def _check_reached(node: Node, menus: Mapping[str, Menu], start: str) -> None:
    reached, ahead = {start}, [start]
    while ahead:
        for option in menus[ahead.pop()].options:
            if isinstance(option.act, ToMenu) and option.act.menu not in reached | {""}:
                reached.add(option.act.menu)
                ahead.append(option.act.menu)
    for name in sorted(set(menus) - reached):
        node.problems.append(Problem(f"{node.path}.{name}", "no key leads here"))
