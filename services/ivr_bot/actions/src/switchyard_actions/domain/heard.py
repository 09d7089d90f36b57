"""What a customer did in one turn, as the bot understood it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from switchyard_actions.domain.language import Language

FALLBACK_INTENTS = frozenset({"nlu_fallback", "out_of_scope"})


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of the knowledge base that may answer; `score` is its likeness to the words, 0..1."""

    id: str
    score: float


@dataclass(frozen=True, slots=True)
class Identifier:
    """Somebody as the channel names them. Personal.

    `kind` is phone, email or handle; `namespace` is a handle's app. `proven`: the channel itself
    vouches for it, for instance an app's login; everything else is a claim.
    """

    kind: str
    value: str
    namespace: str = ""
    proven: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """One turn of the customer, words or an event of the channel. Personal.

    `text` is normalised, `said` are the words as written. `intent` and `confidence` (0..1) are the
    best of `ranking`. `entities` are values by name, in the order of the words. `sentiment` goes
    from -1 (angry) to 1 (pleased), 0 unknown. `passages` are the best first. `facts` is what an
    event of the channel carries, for instance the note of a hand-back. `choice` is what a quick
    reply stands for that was chosen in this turn; `place` is which of those shown a caller picked
    by its key, from 1, and 0 if none was.
    """

    intent: str
    language: Language
    text: str = ""
    said: str = ""
    confidence: float = 1.0
    ranking: tuple[tuple[str, float], ...] = ()
    entities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sentiment: float = 0.0
    passages: tuple[Passage, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    channel: str = "chat"
    identifiers: tuple[Identifier, ...] = ()
    conversation: str = ""
    choice: str = ""
    place: int = 0

    @property
    def not_understood(self) -> bool:
        """Whether the words have no meaning that the bot knows."""
        return self.intent in FALLBACK_INTENTS

    def first(self, *names: str) -> str | None:
        """The first value of the first of these entities that was named."""
        for name in names:
            for value in self.entities.get(name, ()):
                return value
        return None

    def fact(self, name: str) -> str:
        """Something an event carries, as text; empty if it does not."""
        value = self.facts.get(name)
        return str(value) if isinstance(value, str | int | float) else ""

    def meaning(self, intent: str, choice: str = "") -> "Heard":
        """The same turn, understood for certain: a quick reply was chosen."""
        return replace(self, intent=intent, confidence=1.0, choice=choice, ranking=())
