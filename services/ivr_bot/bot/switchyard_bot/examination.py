"""Asks a packed model everything there is to ask: held-out phrases, questions, moods. Pure.

The model is given as a function from a text to what Rasa makes of it, so that tests need none.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from switchyard_bot import gate
from switchyard_bot.learning import mood
from switchyard_bot.learning.mood import Uttered
from switchyard_bot.learning.passages import Question

_NOT_UNDERSTOOD = frozenset({"nlu_fallback", "out_of_scope"})
OUT_OF_SCOPE = "out_of_scope"
Ask = Callable[[str], Awaitable[Mapping[str, Any]]]
Phrases = Mapping[str, Mapping[str, Sequence[str]]]


@dataclass(frozen=True)
class Answer:
    """What one phrase was expected to be and understood as; ``kind`` says in which examination."""

    kind: str  # intent, knowledge, mood
    language: str
    phrase: str
    expected: str
    got: str
    confidence: float

    @property
    def right(self) -> bool:
        """Whether it was understood; what is out of scope may be turned down either way."""
        if self.expected in _NOT_UNDERSTOOD:
            return self.got in _NOT_UNDERSTOOD
        return self.got == self.expected


@dataclass(frozen=True)
class Examination:
    """All answers of one model."""

    answers: tuple[Answer, ...]

    def of(self, kind: str, language: str) -> list[Answer]:
        """The answers of one examination in one language."""
        return [one for one in self.answers if one.kind == kind and one.language == language]

    def marks(self) -> dict[str, dict[str, bool]]:
        """Per measure whether each phrase was understood: what ``gate`` compares."""
        found: dict[str, dict[str, bool]] = {}
        for one in self.answers:
            strange = one.expected in (*_NOT_UNDERSTOOD, _NOTHING)
            measure = f"{one.kind}_{'turned_down' if strange else 'understood'}_{one.language}"
            found.setdefault(measure, {})[gate.fingerprint(one.expected + one.phrase)] = one.right
        return found

    def figures(self, languages: Sequence[str]) -> dict[str, float]:
        """Everything as rates from 0 to 1."""
        found: dict[str, float] = {}
        for language in languages:
            found |= _intents(self.of("intent", language), language)
            found |= _knowledge(self.of("knowledge", language), language)
            found |= _moods(self.of("mood", language), language)
        return {name: round(value, 4) for name, value in found.items()}


_NOTHING = "not_found"
_ANGRY, _CALM = "angry", "calm"


async def examine(
    ask: Ask, phrases: Phrases, questions: Sequence[Question], uttered: Sequence[Uttered]
) -> Examination:
    """Asks everything, one after another."""
    answers = []
    for language, intents in phrases.items():
        for expected, texts in intents.items():
            for text in texts:
                intent = (await ask(text))["intent"]
                sure = float(intent["confidence"])
                answers.append(Answer("intent", language, text, expected, intent["name"], sure))
    for question in questions:
        passages = (await ask(question.text)).get("passages") or []
        got = str(passages[0]["id"]) if passages else _NOTHING
        sure = float(passages[0]["score"]) if passages else 0.0
        wanted = question.answer or _NOTHING
        answers.append(Answer("knowledge", question.language, question.text, wanted, got, sure))
    for said in uttered:
        felt = float((await ask(said.text)).get("sentiment") or 0.0)
        got = _ANGRY if felt <= mood.STRONG else _CALM
        wanted = _ANGRY if said.mood == _ANGRY else _CALM
        answers.append(Answer("mood", said.language, said.text, wanted, got, abs(felt)))
    return Examination(tuple(answers))


def _intents(answers: Sequence[Answer], language: str) -> dict[str, float]:
    known = [one for one in answers if one.expected not in _NOT_UNDERSTOOD]
    strange = [one for one in answers if one.expected in _NOT_UNDERSTOOD]
    return {
        f"intents_{language}": _share(one.right for one in known),
        f"false_fallback_{language}": _share(one.got in _NOT_UNDERSTOOD for one in known),
        f"oos_rejected_{language}": _share(one.right for one in strange),
    }


def _knowledge(answers: Sequence[Answer], language: str) -> dict[str, float]:
    answered = [one for one in answers if one.expected != _NOTHING]
    return {
        f"knowledge_right_{language}": _share(one.right for one in answered),
        f"knowledge_not_found_{language}": _share(one.got == _NOTHING for one in answered),
        f"knowledge_rejected_{language}": _share(
            one.right for one in answers if one.expected == _NOTHING
        ),
    }


def _moods(answers: Sequence[Answer], language: str) -> dict[str, float]:
    return {
        f"anger_found_{language}": _share(one.right for one in answers if one.expected == _ANGRY),
        f"anger_imagined_{language}": _share(
            not one.right for one in answers if one.expected == _CALM
        ),
    }


def _share(values: Iterable[bool]) -> float:
    found = list(values)
    return sum(found) / max(len(found), 1)
