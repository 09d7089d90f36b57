"""Answers to the open question, and corrections of earlier ones."""

import re

from switchyard_actions.domain.dialogue import CONFIRM, CORRECT, Offer
from switchyard_actions.domain.flow import Flow, Kind, Question, Refused, Taken
from switchyard_actions.domain.heard import FALLBACK_INTENTS, Heard
from switchyard_actions.domain.other_wishes import asks_elsewhere
from switchyard_actions.service import suspension
from switchyard_actions.service.courtesies import Courtesies
from switchyard_actions.service.flows import Flows
from switchyard_actions.service.hand_over import HandOvers
from switchyard_actions.service.stage import Stage
from switchyard_actions.service.tasks import MORE, RESUME, Tasks

_FOLLOW_UP = re.compile(
    r"(?:那么?|还有)?.{1,12}呢[?？]?|.{1,16}那[个单笔张]"
    r"|(?:and|what about|how about)\b.{1,40}|the one .{1,40}",
    re.IGNORECASE,
)
_ASIDE = FALLBACK_INTENTS | {"faq"}
_BARE = frozenset({"give_details", "correct"})  # intents of words that say only what is in them


class Answers:
    """Reads words as an answer to what was asked last, or to something asked before."""

    def __init__(
        self, flows: Flows, tasks: Tasks, hand_overs: HandOvers, courtesies: Courtesies
    ) -> None:
        self._flows = flows
        self._tasks = tasks
        self._hand_overs = hand_overs
        self._courtesies = courtesies

    async def take(self, stage: Stage) -> bool:
        """Whether the words were an answer or a correction; then all that follows was done."""
        if stage.dialogue.offer is not None and await self._to_offer(stage):
            return True
        if stage.task is None:
            return await self._reopen(stage)
        if stage.task.asked == CONFIRM:
            return await self._to_confirmation(stage)
        return await self._to_question(stage) or await self._correction(stage)

    async def _to_offer(self, stage: Stage) -> bool:
        """Yes or no to what was offered; any other words let the offer lapse."""
        offer, intent = stage.dialogue.offer, stage.heard.intent
        assert offer is not None
        stage.change(offer=None)
        if intent == "affirm":
            return await self._accept(stage, offer)
        if intent != "deny":
            return False
        await self._decline(stage, offer)
        return True

    async def _decline(self, stage: Stage, offer: Offer) -> None:
        """No: what the offer came in the middle of goes on, else that was all."""
        if offer.intent == MORE:
            await self._courtesies.farewell(stage)
            return
        if stage.task is not None and stage.task.asked:
            stage.say("dialogue.go_ahead")
            self._tasks.ask_again(stage)
            return
        stage.dialogue = suspension.given_up(stage.dialogue)
        if offer.intent == RESUME:
            stage.change(suspended=())
        if stage.dialogue.suspended:
            self._tasks.offer_rest(stage)
            return
        stage.say("dialogue.declined")
        stage.change(offer=Offer(MORE))

    async def _accept(self, stage: Stage, offer: Offer) -> bool:
        if offer.intent == "ask_person":
            self._hand_overs.give(stage, offer.reason or "asked", "dialogue.hand_over")
            return True
        if offer.intent == RESUME:
            stage.dialogue = suspension.resumed(stage.dialogue)
            await self._tasks.advance(stage)
            return True
        flow = self._flows.started_by(offer.intent) or self._flows.named(offer.intent)
        if flow is None:
            return False
        await self._tasks.start(stage, flow)
        return True

    async def _to_confirmation(self, stage: Stage) -> bool:
        """Yes, no, or what should be different: "yes, but three"."""
        assert stage.task is not None
        intent, before = stage.heard.intent, stage.task.values
        self._tasks.absorb(stage)
        if stage.task.values != before:
            await self._tasks.advance(stage)
            return True
        if intent == "affirm":
            stage.change_task(confirmed=True, asked="")
            await self._tasks.advance(stage)
            return True
        if intent in {"deny", "correct"}:
            self._ask_what(stage)
            return True
        return False

    async def _to_question(self, stage: Stage) -> bool:
        assert stage.task is not None
        task, flow = stage.task, self._flows.of(stage.task)
        if task.asked in {"", CORRECT}:
            return False
        taken = flow.take(task.asked, stage.heard, task)
        if isinstance(taken, Refused) and not self._means_something_else(stage, flow):
            await self._refuse(stage, taken)
            return True
        if not isinstance(taken, Taken):
            return await self._to_yes_no(stage, flow)
        if self._asks_elsewhere(stage, flow):
            return False
        stage.give(taken.values)
        stage.say(*taken.says)
        self._tasks.absorb(stage, besides=task.asked)
        await self._tasks.advance(stage)
        return True

    async def _to_yes_no(self, stage: Stage, flow: Flow) -> bool:
        """A bare no to a question for details leaves the flow."""
        if stage.heard.intent != "deny" or _kind(self._open(stage, flow)) is Kind.YES_NO:
            return False
        stage.dialogue = suspension.given_up(stage.dialogue)
        if stage.dialogue.suspended:
            self._tasks.offer_rest(stage)
            return True
        stage.say("dialogue.declined")
        stage.change(offer=Offer(MORE))
        return True

    def _asks_elsewhere(self, stage: Stage, flow: Flow) -> bool:
        """Whether what fits is a question: "are you open at the weekend?" tells no day to pay on.

        Where free words are asked for, and ways to prove who one is, flows judge by themselves.
        """
        assert stage.task is not None
        if not asks_elsewhere(stage.heard) or flow is not self._flows.purpose(stage.task):
            return False
        free = _kind(self._open(stage, flow)) is Kind.TEXT
        return not free and self._means_something_else(stage, flow)

    def _means_something_else(self, stage: Stage, flow: Flow) -> bool:
        """Whether a bad answer is rather the beginning of something else, or no answer at all."""
        assert stage.task is not None
        if stage.heard.intent in _BARE or stage.heard.not_understood:
            return self._corrects(stage, flow)
        other = self._flows.started_by(stage.heard.intent)
        return other is not None and other is not self._flows.purpose(stage.task)

    def _corrects(self, stage: Stage, flow: Flow) -> bool:
        assert stage.task is not None
        task = stage.task
        taken = (flow.take(slot, stage.heard, task) for slot in flow.slots if slot != task.asked)
        return any(
            isinstance(one, Taken) and task.with_values(one.values).values != task.values
            for one in taken
        )

    def _open(self, stage: Stage, flow: Flow) -> Question | None:
        assert stage.task is not None
        return flow.question(stage.task, stage.dialogue)

    async def _refuse(self, stage: Stage, refused: Refused) -> None:
        if self._tasks.try_again(stage):
            stage.say(refused.say)
            self._tasks.ask_again(stage)

    async def _correction(self, stage: Stage) -> bool:
        """Something given before is given anew: "no, I meant SY…"."""
        assert stage.task is not None
        task = stage.task
        wanted = stage.heard.intent in _BARE or stage.heard.not_understood
        if (wanted or task.asked == CORRECT) and self._tasks.absorb(stage):
            await self._tasks.advance(stage)
            return True
        if stage.heard.intent == "correct":
            self._ask_what(stage)
            return True
        return False

    def _ask_what(self, stage: Stage) -> None:
        stage.say("dialogue.correct_what")
        stage.change_task(asked=CORRECT)
        stage.step = CORRECT

    async def _reopen(self, stage: Stage) -> bool:
        """ "Not that one, yesterday's", "and in London?": what has just ended begins anew."""
        recent, before = stage.dialogue.recent, stage.dialogue
        corrects = stage.heard.intent == "correct"
        if recent is None or not (corrects or _follows_up(stage.heard)):
            return False
        flow = self._flows.of(recent)
        stage.dialogue = self._tasks.begun(stage.dialogue, recent.flow, recent.values)
        stage.change(topic=flow.name)
        if not self._tasks.absorb(stage):
            if not corrects:
                stage.dialogue = before
                return False
            stage.change_task(values={})
        await self._tasks.advance(stage)
        return True


def _kind(question: Question | None) -> Kind:
    return question.kind if question is not None else Kind.DETAIL


def _follows_up(heard: Heard) -> bool:
    """Whether words that mean nothing by themselves ask the last thing of something else."""
    if heard.intent in _BARE and heard.first("ordinal"):
        return True
    alone = heard.intent in _ASIDE or heard.intent in _BARE
    return alone and _FOLLOW_UP.fullmatch(heard.text.strip()) is not None
