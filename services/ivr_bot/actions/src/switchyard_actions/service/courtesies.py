"""What is no flow: a person asked for, stopping, repeating, courtesies, not understanding."""

from collections.abc import Mapping
from dataclasses import replace

from switchyard_actions.domain.dialogue import CONFIRM, Offer, Task
from switchyard_actions.domain.flow import SURVEY, Kind, Taken
from switchyard_actions.domain.language import language_of
from switchyard_actions.domain.say import YES_NO, Choice, Say
from switchyard_actions.service import suspension
from switchyard_actions.service.flows import Flows
from switchyard_actions.service.hand_over import HandOvers
from switchyard_actions.service.limits import Limits
from switchyard_actions.service.stage import Stage
from switchyard_actions.service.tasks import MORE, Tasks

_IDLE: Mapping[str, str] = {
    "greet": "dialogue.greet",
    "thank": "dialogue.welcome",
    "bot_challenge": "dialogue.bot",
    "small_talk": "dialogue.small_talk",
    "capabilities": "dialogue.capabilities",
    "affirm": "dialogue.what_else",
    "deny": "dialogue.declined",
    "correct": "dialogue.what_else",
    "give_details": "dialogue.what_for",
    "cancel": "dialogue.nothing_to_cancel",
}
"""Courtesies while nothing is under way."""

_BUSY: Mapping[str, str] = {
    "greet": "dialogue.hello",
    "thank": "dialogue.welcome_back",
    "bot_challenge": "dialogue.bot",
    "small_talk": "dialogue.small_talk",
    "capabilities": "dialogue.capabilities",
    "affirm": "dialogue.go_ahead",
}
"""In the middle of something, the open question follows. What else does not answer it, was not
understood, whatever it means elsewhere."""

_ENDS = frozenset({"cancel", "goodbye"})
"""What loses all that was given, if it was meant otherwise."""

_ANYTHING_ELSE = frozenset({"thank", "deny", "cancel"})
_MENU = ("order_status", "bill_balance", "ticket_create", "branches", "ask_person")
_WITH_MENU = frozenset({"greet", "capabilities"})


class Courtesies:
    """Answers what needs no data."""

    def __init__(self, flows: Flows, tasks: Tasks, hand_overs: HandOvers, limits: Limits) -> None:
        self._flows = flows
        self._tasks = tasks
        self._hand_overs = hand_overs
        self._limits = limits

    async def urgent(self, stage: Stage) -> bool:
        """What cannot wait for the open question: a person, abuse, anger, a complaint."""
        intent, limits = stage.heard.intent, self._limits
        if intent == "ask_person" and self._sure(stage):
            self._hand_overs.give(stage, _offered(stage), "dialogue.hand_over")
            return True
        patient = stage.task is not None and self._flows.purpose(stage.task).patient
        furious = stage.task is not None and stage.heard.sentiment <= limits.anger
        if intent == "abuse" and not patient and not furious and self._sure(stage):
            self._abused(stage)
            return True
        if stage.task is None or patient:
            return False
        if intent == "complaint" and self._sure(stage):
            self._hand_overs.give(stage, "complaint", "dialogue.hand_over_complaint")
            return True
        if stage.heard.sentiment <= limits.anger and not self._asked_to_tell(stage):
            self._hand_overs.give(stage, "sentiment", "dialogue.hand_over_anger")
            return True
        return False

    def _abused(self, stage: Stage) -> None:
        times = stage.dialogue.abused + 1
        stage.change(abused=times)
        if times >= self._limits.abuses:
            self._hand_overs.give(stage, "abuse", "dialogue.hand_over_anger")
            return
        stage.say(Say("dialogue.abuse", choices=YES_NO))
        stage.change(offer=Offer("ask_person", "abuse"))

    async def control(self, stage: Stage) -> bool:
        """Stop, pardon, another language, no details at hand, farewell."""
        if not self._sure(stage):
            return False
        match stage.heard.intent:
            case "cancel" if stage.task is not None:
                self._cancel(stage)
            case "repeat":
                self._repeat(stage)
            case "change_language":
                self._change_language(stage)
            case "goodbye":
                await self.farewell(stage)
            case _:
                return False
        return True

    def _sure(self, stage: Stage) -> bool:
        """Whether the words mean this: they might be an answer in free words, or no end at all."""
        task = stage.task
        if task is None or not task.asked or stage.heard.choice:
            return True
        if stage.heard.confidence < self._limits.sureness and self._answers(stage, task):
            return False
        if stage.heard.intent in _ENDS:
            return stage.heard.confidence >= self._limits.sureness
        return not self._asked_to_tell(stage) or stage.heard.confidence >= self._limits.sureness

    def _answers(self, stage: Stage, task: Task) -> bool:
        """Whether the words are an answer to what was asked: "at once" may be one."""
        return isinstance(self._flows.of(task).take(task.asked, stage.heard, task), Taken)

    def _asked_to_tell(self, stage: Stage) -> bool:
        """Whether free words were asked for: what is wrong is rarely told in a good mood."""
        task = stage.task
        if task is None or task.asked in {"", CONFIRM}:
            return False
        question = self._flows.of(task).question(task, stage.dialogue)
        return question is not None and question.kind is Kind.TEXT

    def _cancel(self, stage: Stage) -> None:
        assert stage.task is not None
        title = self._tasks.title(stage, stage.task)
        stage.flow, stage.step = self._flows.purpose(stage.task).name, "cancelled"
        stage.dialogue = suspension.given_up(stage.dialogue)
        stage.change(offer=None)
        stage.say(Say("dialogue.cancelled", {"task": title}))
        self._tasks.offer_rest(stage)

    def _repeat(self, stage: Stage) -> None:
        stage.say(*(stage.dialogue.last or (Say("dialogue.nothing_to_repeat"),)))

    def _change_language(self, stage: Stage) -> None:
        wanted = stage.heard.first("wanted_language")
        if wanted is not None:
            stage.heard = replace(stage.heard, language=language_of(wanted))
        stage.say("dialogue.language_changed")
        if stage.dialogue.offer is not None:
            stage.say(*stage.dialogue.last)
            return
        self._tasks.ask_again(stage)

    async def farewell(self, stage: Stage) -> None:
        """Says goodbye; whoever was served is asked, once, how it was.

        Not so if what they leave behind could not be kept: it is not lost without a word.
        """
        if not await self._tasks.keep(stage):
            return
        stage.dialogue = replace(stage.dialogue, task=None, suspended=(), offer=None)
        stage.say("dialogue.goodbye")
        survey = self._flows.named(SURVEY)
        if survey is not None and stage.dialogue.finished and not stage.dialogue.surveyed:
            stage.change(surveyed=True)
            await self._tasks.start(stage, survey)

    async def chat(self, stage: Stage) -> bool:
        """A courtesy; an open question is put again after it."""
        intent = stage.heard.intent
        if intent == "no_details":
            self._lacking(stage)
            return True
        if stage.task is not None:
            return self._interject(stage)
        if intent not in _IDLE:
            return False
        stage.say(Say(_IDLE[intent], choices=self.menu() if intent in _WITH_MENU else ()))
        if intent in _ANYTHING_ELSE:
            stage.change(offer=Offer(MORE))
        return True

    def _interject(self, stage: Stage) -> bool:
        key = _BUSY.get(stage.heard.intent)
        if key is not None:
            stage.say(key)
            self._tasks.ask_again(stage)
        return key is not None

    def menu(self) -> tuple[Choice, ...]:
        """Quick replies for what customers ask most, as far as there are flows for it."""
        return tuple(
            Choice(key=f"dialogue.menu_{intent}", intent=intent)
            for intent in _MENU
            if intent == "ask_person" or self._flows.started_by(intent)
        )

    def _lacking(self, stage: Stage) -> None:
        stage.say(Say("dialogue.no_details", choices=YES_NO))
        stage.change(offer=Offer("ask_person", "asked"))
        stage.step = "offer.person"

    async def not_understood(self, stage: Stage) -> None:
        """Says so; the second time in a row brings a person."""
        if stage.heard.sentiment <= self._limits.anger:
            self._hand_overs.give(stage, "sentiment", "dialogue.hand_over_anger")
            return
        times = stage.dialogue.misunderstood + 1
        stage.change(misunderstood=times)
        if times >= self._limits.misunderstandings:
            self._hand_overs.give(stage, "fallback", "dialogue.hand_over_not_understood")
            return
        stage.outcome = "fallback"
        if stage.task is None:
            stage.say(Say("dialogue.not_understood", choices=self.menu()))
            return
        stage.say("dialogue.not_understood_answer")
        self._tasks.ask_again(stage)


def _offered(stage: Stage) -> str:
    """Why a person is wanted: what one was just offered for, else because they ask."""
    offer = stage.dialogue.offer
    return (offer.reason if offer and offer.intent == "ask_person" else "") or "asked"
