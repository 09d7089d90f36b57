"""Gives the conversation to a person, with all that is known."""

from collections.abc import Mapping

from switchyard_actions.domain.dialogue import Dialogue, Task
from switchyard_actions.domain.flow import SURVEY, VERIFICATION
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.notice import HandOver
from switchyard_actions.domain.say import Say
from switchyard_actions.domain.slot_words import in_words
from switchyard_actions.domain.texts import Texts
from switchyard_actions.domain.verification import VerificationLevel
from switchyard_actions.service.flows import Flows
from switchyard_actions.service.stage import Stage
from switchyard_actions.service.suspension import suspended

CLAIMED = "claimed_order"
"""Fact: the order that somebody who could not prove it has named as theirs."""

# The summary tells them, where of use.
_OWN_FACTS = frozenset({"proven_order", "agent_note", CLAIMED})
_BESIDES = frozenset({VERIFICATION, SURVEY})
_PRIORITIES: Mapping[str, int] = {"sentiment": 3, "abuse": 2, "complaint": 3}
_STOPS = {Language.CHINESE: "。", Language.ENGLISH: ". "}


class HandOvers:
    """Writes the notice for whoever takes over, and makes the bot silent."""

    def __init__(self, flows: Flows, texts: Texts) -> None:
        self._flows = flows
        self._texts = texts

    def give(
        self, stage: Stage, reason: str, said: str = "", *, priority: int = 0, queue: str = ""
    ) -> None:
        """Hands over for `reason`, saying the text `said` first. What was begun waits."""
        if said:
            stage.say(said)
        task = stage.task
        stage.flow = self._flows.purpose(task).name if task else ""
        stage.notices.append(
            HandOver(
                reason=reason,
                intent=self._topic(stage),
                language=stage.heard.language,
                level=stage.dialogue.level,
                summary=self._summary(stage, reason),
                slots=self._slots(stage.dialogue),
                customer=stage.dialogue.customer,
                sentiment=stage.heard.sentiment,
                priority=priority or self._priority(stage, reason),
                queue=queue,
            )
        )
        stage.dialogue = suspended(stage.dialogue)
        stage.change(offer=None)
        stage.step, stage.outcome, stage.paused = "handed_over", "handed_over", True

    def title(self, task: Task, language: Language) -> str:
        """What a task is called within a sentence."""
        return self._texts.render(Say(self._flows.purpose(task).title), language)

    def _topic(self, stage: Stage) -> str:
        if stage.task is not None:
            return self._flows.purpose(stage.task).name
        intent = stage.heard.intent
        return stage.dialogue.topic or ("ask_person" if intent == "affirm" else intent)

    def _priority(self, stage: Stage, reason: str) -> int:
        """A complaint keeps its priority, though a person is asked for after it was noted down."""
        return max(_PRIORITIES.get(reason, 0), _PRIORITIES.get(self._topic(stage), 0))

    def _subject(self, dialogue: Dialogue) -> Task | None:
        """What the conversation is about: the task, not the verification before it.

        What was given up, for instance because it cannot be done here, is still the topic.
        """
        for task in (dialogue.task, *reversed(dialogue.suspended)):
            if task is not None and task.flow not in _BESIDES:
                return task
        recent, flow = dialogue.recent, self._flows.named(dialogue.topic)
        if flow is None or flow.name in _BESIDES or (recent and recent.flow == flow.name):
            return recent if recent and recent.flow not in _BESIDES else None
        return Task(flow.name, "")

    def _slots(self, dialogue: Dialogue) -> dict[str, str]:
        subject = self._subject(dialogue)
        known = {name: fact for name, fact in dialogue.known.items() if name not in _OWN_FACTS}
        slots = in_words(known)
        if subject is not None:
            wanted = self._flows.of(subject).slots
            told = in_words(subject.values)
            slots |= {slot: words for slot, words in told.items() if slot in wanted}
        claimed = _claimed_order(dialogue)
        if claimed:
            slots[CLAIMED] = claimed
        if dialogue.failed_proofs:
            slots["failed_attempts"] = str(dialogue.failed_proofs)
        return slots

    def _summary(self, stage: Stage, reason: str) -> str:
        dialogue = stage.dialogue
        clauses = [Say(f"handover.reason_{reason}")]
        subject = self._subject(dialogue)
        if subject is not None:
            about = subject.with_values({**dialogue.known, **subject.values})
            clauses.append(self._flows.of(subject).summary(about))
        clauses += self._of_order(dialogue, stage.heard.language)
        clauses.append(Say(self._level(dialogue)))
        if dialogue.fact("agent_note"):
            clauses.append(Say("handover.note", {"note": dialogue.fact("agent_note")}))
        language = stage.heard.language
        stop = _STOPS[language]
        return "".join(self._texts.render(clause, language) + stop for clause in clauses).strip()

    def _of_order(self, dialogue: Dialogue, language: Language) -> list[Say]:
        """How the order stands that was told of; or which one is said to be theirs."""
        if dialogue.level is not VerificationLevel.VERIFIED:
            claimed = _claimed_order(dialogue)
            return [Say("handover.claimed_order", {"number": claimed})] if claimed else []
        number, state = dialogue.fact("order_number"), dialogue.fact("order_state")
        if not (number and state):
            return []
        words = self._texts.render(Say(f"orders.state_{state}"), language)
        return [Say("handover.order_state", {"number": number, "state": words})]

    def _level(self, dialogue: Dialogue) -> str:
        if dialogue.level is VerificationLevel.VERIFIED:
            return f"handover.verified_{dialogue.proof}"
        return f"handover.{dialogue.level.value}"


def _claimed_order(dialogue: Dialogue) -> str:
    """The order that is said to be theirs, of somebody who has not proven it."""
    if dialogue.level is VerificationLevel.VERIFIED:
        return ""
    tasks = (dialogue.task, *reversed(dialogue.suspended))
    named = (task.value("order_number") for task in tasks if task and task.flow == VERIFICATION)
    return next(filter(None, named), dialogue.fact(CLAIMED))
