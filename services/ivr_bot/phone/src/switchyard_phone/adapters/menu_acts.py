"""One key of a menu: what it is called, and what it leads to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from switchyard_phone.adapters.menu_ways import read_ways
from switchyard_phone.adapters.yaml_nodes import Node
from switchyard_phone.domain.bot_words import INTENTS, SLOTS
from switchyard_phone.domain.language import Language
from switchyard_phone.domain.menus import (
    Act,
    GiveSlot,
    InLanguage,
    Option,
    Spoken,
    ToBot,
    ToMenu,
    ToPerson,
)


@dataclass(frozen=True, slots=True)
class Known:
    """What a key may name."""

    languages: tuple[Language, ...]
    menus: frozenset[str]
    fields: frozenset[str]


class _Words(Protocol):
    def __call__(self, node: Node, languages: tuple[Language, ...]) -> Spoken: ...


def read_option(node: Node, key: str, known: Known, words: _Words) -> Option:
    """A key with its label, what may be said instead, and exactly one thing that it leads to."""
    parts = node.fields({"label", "say", "fields", *_ACTS}, {"label"})
    label = words(parts["label"], known.languages) if "label" in parts else {}
    say = read_ways(parts["say"], known.languages) if "say" in parts else {}
    named = sorted(set(parts) & set(_ACTS))
    if len(named) != 1:
        node.wrong(f"must lead to exactly one of: {', '.join(sorted(_ACTS))}")
        return Option(key, label, ToPerson(), say)
    if "fields" in parts and named != ["intent"]:
        parts["fields"].wrong("belongs to an intent only")
    act = _ACTS[named[0]](parts[named[0]], known)
    if isinstance(act, ToBot) and "fields" in parts:
        fields = tuple(item.one_of(known.fields) for item in parts["fields"].items())
        if len(set(fields)) < len(fields):
            parts["fields"].wrong("names one twice")
        act = ToBot(act.intent, tuple(filter(None, fields)))
    return Option(key, label, act, say)


def _intent(node: Node, _: Known) -> Act:
    return ToBot(node.one_of(INTENTS))


def _slot(node: Node, _: Known) -> Act:
    parts = node.fields({"name", "value"}, {"name", "value"})
    name = parts["name"].one_of(SLOTS) if "name" in parts else ""
    return GiveSlot(name, parts["value"].text() if "value" in parts else "")


def _menu(node: Node, known: Known) -> Act:
    return ToMenu(node.one_of(known.menus))


def _transfer(node: Node, _: Known) -> Act:
    if isinstance(node.value, str):
        return ToPerson(node.text())
    parts = node.fields({"reason", "queue"}, {"reason"})
    return ToPerson(
        parts["reason"].text() if "reason" in parts else "asked",
        parts["queue"].text() if "queue" in parts else "",
    )


def _language(node: Node, known: Known) -> Act:
    name = node.one_of([_NEXT, *(language.value for language in known.languages)])
    return InLanguage(Language(name) if name not in {"", _NEXT} else None)


_NEXT = "next"
_ACTS: dict[str, Callable[[Node, Known], Act]] = {
    "intent": _intent,
    "slot": _slot,
    "menu": _menu,
    "transfer": _transfer,
    "language": _language,
}
