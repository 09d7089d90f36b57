"""Questions about products and policies, answered with what the company has written."""

from typing import ClassVar, override

from switchyard_actions.domain.dialogue import Dialogue, Task
from switchyard_actions.domain.flow import (
    KNOWLEDGE,
    Done,
    Flow,
    OfferPerson,
    Question,
    Refused,
    Result,
    Scene,
    Taken,
)
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.knowledge import Article, Knowledge
from switchyard_actions.domain.say import Choice, Say

_MOST_BESIDES = 2
_NEAR = 0.85
"""Part of the best passage's score that others must reach to be named beside it."""
_INSTEAD = (
    Choice(key="dialogue.menu_ask_person", intent="ask_person"),
    Choice(key="dialogue.menu_ticket_create", intent="ticket_create"),
)


class KnowledgeAnswer(Flow):
    """Quotes the passage that fits best with its source, or says that there is none.

    Passages come with the message, only those that are near enough to be an answer.
    """

    name: ClassVar[str] = KNOWLEDGE
    title: ClassVar[str] = "knowledge.title"
    intents: ClassVar[frozenset[str]] = frozenset({"faq"})

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    @override
    def question(self, task: Task, dialogue: Dialogue) -> Question | None:
        return None

    @override
    def take(self, slot: str, heard: Heard, task: Task) -> Taken | Refused | None:
        return None

    @override
    def summary(self, task: Task) -> Say:
        return Say("knowledge.summary")

    @override
    async def perform(self, task: Task, scene: Scene) -> Result:
        found = self._found(scene.heard)
        if not found:
            return OfferPerson("not_found", (Say("knowledge.not_found", choices=_INSTEAD),))
        best, *besides = found
        values = {"answer": best.text, "source": best.source, "heading": best.heading}
        choices = tuple(Choice(title=article.heading) for article in besides)
        return Done((Say("knowledge.answer", values, choices),))

    def _found(self, heard: Heard) -> list[Article]:
        """The best passage and those that are about as near."""
        if not heard.passages:
            return []
        least = heard.passages[0].score * _NEAR
        near = (one for one in heard.passages[: 1 + _MOST_BESIDES] if one.score >= least)
        articles = (self._knowledge.find(one.id, heard.language) for one in near)
        return [article for article in articles if article is not None]
