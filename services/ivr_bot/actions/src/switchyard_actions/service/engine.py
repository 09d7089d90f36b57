"""The dialogue engine: one turn of a customer in, everything said and changed out."""

from dataclasses import dataclass, replace

from switchyard_actions.domain.dialogue import Dialogue, Shown
from switchyard_actions.domain.flow import VERIFICATION, Flow
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.notice import Account, Notice
from switchyard_actions.domain.say import Say
from switchyard_actions.domain.texts import Texts
from switchyard_actions.service import suspension
from switchyard_actions.service.answers import Answers
from switchyard_actions.service.courtesies import Courtesies
from switchyard_actions.service.events import Events
from switchyard_actions.service.flows import Flows
from switchyard_actions.service.hand_over import HandOvers
from switchyard_actions.service.limits import Limits
from switchyard_actions.service.plain_words import (
    NAMED,
    is_instead,
    plainly_meant,
    second_wish,
)
from switchyard_actions.service.privacy import asks_secret, is_private
from switchyard_actions.service.stage import Stage
from switchyard_actions.service.tasks import Tasks
from switchyard_actions.service.upgrade import brought_up

_BARE = frozenset({"give_details", "correct"})  # nothing is there to be answered or corrected


_MOST_CRASHES = 2
_LIKELY = 0.2
"""Of a wish beside numbers."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of a turn. `pause`: the bot is silent from now on, a person serves.

    `lost` is how much of what was begun could not be gone on with after an upgrade.
    """

    dialogue: Dialogue
    says: tuple[Say, ...]
    notices: tuple[Notice, ...]
    account: Account
    language: Language
    pause: bool = False
    lost: int = 0


class Engine:
    """Judges what a customer did, in a fixed order, and lets the right part answer.

    Events of the channel; then what cannot wait (a person asked for, abuse, anger, a complaint in
    the middle of something); stopping, repeating, another language; an answer to the open question
    or a correction; another flow; knowledge; courtesies. What is left was not understood.
    """

    def __init__(self, flows: Flows, texts: Texts, limits: Limits) -> None:
        self._texts = texts
        self._flows = flows
        hand_overs = HandOvers(flows, texts)
        tasks = Tasks(flows, hand_overs)
        self._hand_overs = hand_overs
        self._tasks = tasks
        self._courtesies = Courtesies(flows, tasks, hand_overs, limits)
        self._answers = Answers(flows, tasks, hand_overs, self._courtesies)
        self._events = Events(flows, tasks)

    async def turn(self, kept: Dialogue | None, heard: Heard) -> Turn:
        """Takes one turn; what an older version had begun and this one cannot do is given up.

        `kept` None: what an older version kept of the dialogue cannot be read.
        """
        dialogue, lost = brought_up(kept or Dialogue(), self._flows)
        purpose = self._flows.purpose(dialogue.task) if dialogue.task else None
        stage = Stage(dialogue, plainly_meant(chosen(dialogue, heard), purpose))
        if lost or kept is None:
            stage.say("dialogue.flow_gone" if lost else "dialogue.forgotten")
        stage.change(addressed=bool(heard.identifiers))
        if any(identifier.proven for identifier in heard.identifiers):
            stage.identify()
        await self._judge(stage)
        return replace(self._closed(stage), lost=len(lost))

    def crashed(self, dialogue: Dialogue, heard: Heard) -> Turn:
        """The turn when taking it raised: an apology, and the second time in a row a person.

        Everything begun stays as it was before the turn.
        """
        dialogue, _ = brought_up(dialogue, self._flows)
        stage = Stage(dialogue, heard)
        times = dialogue.crashes + 1
        if times >= _MOST_CRASHES:
            self._hand_overs.give(stage, "bot_failed", "dialogue.hand_over_trouble")
        else:
            stage.say("dialogue.trouble")
            stage.outcome = "error"
        turn = self._closed(stage)
        account = replace(turn.account, private=True)  # nobody knows how far the words were read
        return replace(turn, dialogue=replace(turn.dialogue, crashes=times), account=account)

    async def _judge(self, stage: Stage) -> None:
        for part in (
            self._events.take,
            self._courtesies.urgent,
            self._courtesies.control,
            self._answers.take,
            self._start,
            self._courtesies.chat,
        ):
            if await part(stage):
                return
        await self._courtesies.not_understood(stage)

    async def _start(self, stage: Stage) -> bool:
        """A flow that was asked for, by its intent or by a number that belongs to it."""
        heard = stage.heard
        flow = self._flows.started_by(heard.intent)
        if flow is None and (heard.not_understood or heard.intent in _BARE):
            flow = self._meant(heard)
        if flow is None and heard.not_understood:
            flow = self._flows.answering(heard.passages)
        if flow is None:
            return False
        if stage.task is not None and is_instead(heard):
            stage.dialogue = suspension.given_up(stage.dialogue)
        self._put_by(stage, flow)
        await self._tasks.start(stage, flow)
        return True

    def _put_by(self, stage: Stage, first: Flow) -> None:
        """Of two wishes in one message the second waits for the first."""
        second = self._flows.started_by(second_wish(stage.heard))
        if stage.task is None and second is not None and second.slots and second is not first:
            begun = self._tasks.begun(stage.dialogue, second.name)
            stage.dialogue = suspension.suspended(begun)

    def _meant(self, heard: Heard) -> Flow | None:
        """What details are about that were said beside a wish, or for which none was said.

        Numbers may drown the words that say what is wanted: it comes next in the ranking then.
        """
        named = next((intent for name, intent in NAMED.items() if heard.first(name)), "")
        if not named and heard.not_understood:
            return None
        likely = (intent for intent, confidence in heard.ranking if confidence >= _LIKELY)
        flows = map(self._flows.started_by, (*likely, named))
        return next((flow for flow in flows if flow is not None), None)

    def _closed(self, stage: Stage) -> Turn:
        """Counts in a row start anew unless they went on; what was shown is remembered."""
        dialogue, language = stage.dialogue, stage.heard.language
        before = stage.before
        dialogue = replace(
            dialogue,
            misunderstood=_in_a_row(before.misunderstood, dialogue.misunderstood),
            abused=_in_a_row(before.abused, dialogue.abused),
            silences=_in_a_row(before.silences, dialogue.silences),
            crashes=0,
        )
        if stage.says:
            shown = tuple(
                Shown(self._texts.title(choice, language), choice.intent, choice.value)
                for say in stage.says
                for choice in say.choices
            )
            last = tuple(say for say in stage.says if not say.once)
            dialogue = replace(dialogue, shown=shown, last=last)
        dialogue = self._tasks.without_secrets(dialogue)
        return Turn(
            dialogue=dialogue,
            says=tuple(stage.says),
            notices=tuple(stage.notices),
            account=self._account(stage, dialogue),
            language=language,
            pause=stage.paused,
        )

    def _account(self, stage: Stage, after: Dialogue) -> Account:
        return replace(
            _account(stage),
            private=is_private(self._flows, stage),
            asks_secret=asks_secret(self._flows, after),
            confidential=tuple(place for place, say in enumerate(stage.says) if say.once),
        )


def chosen(dialogue: Dialogue, heard: Heard) -> Heard:
    """A quick reply that was shown means what it stands for, whatever it would be taken for."""
    if heard.place:
        return _keyed(dialogue, heard)
    words = (heard.said or heard.text).strip().casefold()
    for shown in dialogue.shown:
        if words and words == shown.title.casefold():
            intent = shown.intent or ("give_details" if shown.value else heard.intent)
            return heard.meaning(intent, shown.value)
    return _picked(dialogue, heard)


def _keyed(dialogue: Dialogue, heard: Heard) -> Heard:
    """The key of a quick reply; one that there is none for is no answer at all."""
    shown = dialogue.shown[heard.place - 1 : heard.place]
    if not shown:
        return heard.meaning("nlu_fallback")
    picked = replace(heard, text=shown[0].title, said=shown[0].title)
    return picked.meaning(shown[0].intent or heard.intent, shown[0].value)


def _picked(dialogue: Dialogue, heard: Heard) -> Heard:
    """ "The third": what was shown in that place, where no question is open that reads it.

    Yes means the only thing that was shown, if it stands for an answer.
    """
    if dialogue.task is not None and heard.intent == "affirm" and len(dialogue.shown) == 1:
        value = dialogue.shown[0].value
        return heard.meaning("give_details", value) if value else heard
    place = heard.first("ordinal") or ""
    if dialogue.task is not None or heard.intent not in _BARE or not place.isdigit():
        return heard
    for shown in dialogue.shown[int(place) - 1 : int(place)]:
        if shown.intent:
            chosen = replace(heard, text=shown.title, said=shown.title)
            return chosen.meaning(shown.intent, shown.value)
    return heard


def _in_a_row(before: int, now: int) -> int:
    return now if now > before else 0


def _account(stage: Stage) -> Account:
    task = stage.dialogue.task
    flow = stage.flow or (task.flow if task else "")
    if flow == VERIFICATION and task is not None:
        flow = task.value("for") or flow
    return Account(
        flow=flow,
        step=stage.step,
        level=stage.dialogue.level,
        outcome=stage.outcome,
        sentiment=stage.heard.sentiment,
        finished=tuple(stage.finished),
        language=stage.heard.language.value,
    )
