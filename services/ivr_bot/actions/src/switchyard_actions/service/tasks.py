"""Tasks: begun, asked on, carried out, resumed after a digression, given up."""

from collections.abc import Mapping
from dataclasses import replace

from switchyard_actions.domain.dialogue import CONFIRM, Dialogue, Offer, Task
from switchyard_actions.domain.flow import (
    FOR,
    PROOFS,
    SURVEY,
    VERIFICATION,
    Ask,
    Disproven,
    Done,
    Flow,
    OfferPerson,
    Person,
    Proven,
    Result,
    Scene,
    Taken,
    Unavailable,
    Unproven,
)
from switchyard_actions.domain.say import YES_NO, Say
from switchyard_actions.domain.verification import MAX_FAILED_ATTEMPTS, VerificationLevel
from switchyard_actions.service import suspension
from switchyard_actions.service.flows import Flows
from switchyard_actions.service.hand_over import CLAIMED, HandOvers
from switchyard_actions.service.stage import Stage

RESUME = "resume"
"""An offer to go on with what waits."""

MORE = "more"
"""The question whether there is anything else; no says goodbye."""

MOST_TRIES = 3
"""Bad answers to one question, after which a person is offered."""

_MOST_STEPS = 8  # of one turn: a verification, the flow behind it, and what was suspended
_UNCOUNTED = frozenset({SURVEY, VERIFICATION})


class Tasks:
    """Leads tasks on until a question is open, nothing is left to do, or a person takes over."""

    def __init__(self, flows: Flows, hand_overs: HandOvers) -> None:
        self._flows = flows
        self._hand_overs = hand_overs

    async def start(
        self, stage: Stage, flow: Flow, values: Mapping[str, str] | None = None
    ) -> None:
        """Begins a flow, or goes on with it, with what the message gives; another task waits."""
        if stage.task is None or self._flows.purpose(stage.task) is not flow:
            waiting = suspension.taken_up(stage.dialogue, flow.name)
            fresh = suspension.suspended(stage.dialogue)
            stage.dialogue = waiting or self.begun(fresh, flow.name)
        if values:
            stage.give(values)
        intent = stage.heard.intent
        stage.change(offer=None, topic=flow.name if flow.intents else intent)
        self.absorb(stage)
        await self.advance(stage)

    @staticmethod
    def begun(dialogue: Dialogue, flow: str, values: Mapping[str, str] | None = None) -> Dialogue:
        """With a new task under way."""
        number = dialogue.tasks_begun + 1
        task = Task(flow, str(number), values or {})
        return replace(dialogue, task=task, tasks_begun=number)

    def absorb(self, stage: Stage, besides: str = "") -> bool:
        """Takes every value of the task that the message holds; whether there was any.

        `besides` is a slot that has been taken already.
        """
        found = False
        assert stage.task is not None
        flow = self._flows.of(stage.task)
        for slot in flow.slots:
            if slot == besides:
                continue
            taken = flow.take(slot, stage.heard, stage.task)
            if isinstance(taken, Taken):
                stage.give(taken.values)
                stage.say(*taken.says)
                found = True
        return found

    async def advance(self, stage: Stage) -> None:
        """Goes on as far as possible without another word of the customer."""
        for _ in range(_MOST_STEPS):
            if stage.task is None or not await self._step(stage):
                return
        raise RuntimeError("a flow goes in circles")

    async def _step(self, stage: Stage) -> bool:
        """One step; whether another may follow."""
        assert stage.task is not None
        task, flow = stage.task, self._flows.of(stage.task)
        if self._proven_meanwhile(stage.dialogue, task):
            stage.dialogue = suspension.resumed(stage.dialogue)
            return True
        if not proven(stage.dialogue, flow):
            return self._verify(stage, flow, task)
        question = flow.question(task, stage.dialogue)
        if question is not None:
            self._ask(stage, question.slot, (question.say,))
            return False
        confirmation = None if task.confirmed else flow.confirmation(task)
        if confirmation is not None:
            self._ask(stage, CONFIRM, (confirmation,))
            return False
        scene = Scene(stage.heard, stage.dialogue, f"{stage.heard.conversation}.{task.id}")
        stage.change_task(asked="")
        return self._apply(stage, flow, await flow.perform(task, scene))

    def _proven_meanwhile(self, dialogue: Dialogue, task: Task) -> bool:
        """Whether a verification that waited is no longer needed: another one was enough."""
        flow = self._flows.named(task.value(FOR)) if task.flow == VERIFICATION else None
        return flow is not None and not task.asked and proven(dialogue, flow)

    def ask_again(self, stage: Stage) -> None:
        """Puts the open question once more, after something else was said."""
        if stage.task is None:
            return
        task, flow = stage.task, self._flows.of(stage.task)
        if task.asked == CONFIRM:
            confirmation = flow.confirmation(task)
            stage.say(*([confirmation] if confirmation else []))
            return
        question = flow.question(task, stage.dialogue)
        if question is not None:
            self._ask(stage, question.slot, (question.say,))

    def _ask(self, stage: Stage, slot: str, says: tuple[Say, ...]) -> None:
        stage.say(*says)
        assert stage.task is not None
        same = stage.task.asked == slot
        stage.change_task(asked=slot, tries=stage.task.tries if same else 0)
        stage.step = CONFIRM if slot == CONFIRM else f"ask.{slot}"

    def _verify(self, stage: Stage, flow: Flow, task: Task) -> bool:
        if stage.dialogue.failed_proofs >= MAX_FAILED_ATTEMPTS:
            return self._offer_person(
                stage, "verification_failed", (Say("verification.too_many", choices=YES_NO),)
            )
        proofs = " ".join(sorted(proof.value for proof in flow.proofs))
        waiting = suspension.suspended(stage.dialogue)
        stage.dialogue = self.begun(waiting, VERIFICATION, {FOR: flow.name, PROOFS: proofs})
        stage.give({"order_number": task.value("order_number")})
        self.absorb(stage)
        return True

    def _apply(self, stage: Stage, flow: Flow, result: Result) -> bool:
        """Takes what a flow's request led to; whether to go on."""
        match result:
            case Done():
                return self._done(stage, flow, result)
            case Ask() if result.again and not self.try_again(stage):
                pass
            case Ask(slot, says, values):
                tries = stage.task.tries if result.again and stage.task else 0
                stage.give(values)
                self._ask(stage, slot, says)
                stage.change_task(tries=tries)
            case Person(reason, says, priority, queue):
                stage.say(*says)
                self._hand_overs.give(stage, reason, priority=priority, queue=queue)
            case OfferPerson(reason, says):
                return self._offer_person(stage, reason, says)
            case Unavailable(what):
                self._unavailable(stage, what)
            case _:
                return self._judged(stage, result)
        return False

    def _judged(self, stage: Stage, result: Unproven | Proven | Disproven) -> bool:
        """Takes what was proven, or was not."""
        match result:
            case Unproven(order_number):
                return self._fall_back(stage, order_number)
            case Proven():
                return self._proven(stage, result)
            case Disproven(say, forget):
                return self._disproven(stage, say, forget)

    def _done(self, stage: Stage, flow: Flow, done: Done) -> bool:
        assert stage.task is not None
        # What is offered next would cut in front of what waits to be taken up.
        waits = bool(done.then and stage.dialogue.suspended)
        stage.say(*(done.says[:-1] if waits else done.says))
        stage.notices.extend(done.notices)
        stage.flow, stage.step = flow.name, "done"
        dialogue = stage.dialogue.knowing(done.known)
        if flow.name not in _UNCOUNTED:
            stage.finished.append(flow.name)
            if flow.name not in dialogue.finished:
                dialogue = replace(dialogue, finished=(*dialogue.finished, flow.name))
        recent = stage.task.with_values(done.known) if flow.slots else dialogue.recent
        dialogue = replace(dialogue, recent=recent, task=None)
        if done.then and not dialogue.suspended:
            dialogue = replace(dialogue, offer=Offer(done.then))
        stage.dialogue = dialogue
        return self.resume(stage)

    def resume(self, stage: Stage) -> bool:
        """Takes up what was suspended, with a word; whether there was anything."""
        stage.dialogue = suspension.resumed(stage.dialogue)
        if stage.task is None:
            return False
        stage.say(Say("dialogue.back_to", {"task": self.title(stage, stage.task)}))
        return True

    def offer_rest(self, stage: Stage) -> None:
        """Asks whether to go on with what is still suspended."""
        if stage.dialogue.suspended:
            task = stage.dialogue.suspended[-1]
            values = {"task": self.title(stage, task)}
            stage.say(Say("dialogue.resume_question", values, YES_NO))
            stage.change(offer=Offer(RESUME))

    def title(self, stage: Stage, task: Task) -> str:
        """What a task is called within a sentence."""
        return self._hand_overs.title(task, stage.heard.language)

    async def keep(self, stage: Stage) -> bool:
        """Does, of what was begun, what must not be lost because the customer leaves.

        False: some of it could not be done, which was said; it and what was begun after it wait.
        """
        task = stage.dialogue.task
        begun = [*stage.dialogue.suspended, *([task] if task else ())]
        while begun:
            task = begun.pop(0)
            values = self._flows.of(task).left(task)
            if values is not None and not await self._kept(stage, task.with_values(values)):
                stage.change(suspended=tuple(begun))
                return False
        while stage.says and stage.says[-1].choices:
            stage.says.pop()  # nobody is there to answer
        return True

    async def _kept(self, stage: Stage, task: Task) -> bool:
        """Whether the task could be brought to its end."""
        before = len(stage.finished)
        stage.change(task=task, suspended=())
        await self.advance(stage)
        return len(stage.finished) > before

    def try_again(self, stage: Stage) -> bool:
        """Counts a bad answer; after too many a person is offered instead of another try."""
        assert stage.task is not None
        tries = stage.task.tries + 1
        if tries < MOST_TRIES:
            stage.change_task(tries=tries)
            return True
        return self._offer_person(stage, "tries", (Say("dialogue.too_many_tries", choices=YES_NO),))

    def _offer_person(self, stage: Stage, reason: str, says: tuple[Say, ...]) -> bool:
        _keep_claim(stage)
        stage.say(*says)
        stage.flow = self._flows.purpose(stage.task).name if stage.task else ""
        stage.dialogue = suspension.given_up(stage.dialogue)
        stage.change(offer=Offer("ask_person", reason))
        stage.step = "offer.person"
        return False

    def _fall_back(self, stage: Stage, order_number: str) -> bool:
        """Another one's order, as far as anybody has proven."""
        if order_number and stage.dialogue.fact("proven_order") == order_number:
            self._unavailable(stage, "crm")  # it was proven, and yet is not to be found
            return False
        stage.dialogue = stage.dialogue.fallen_back()
        if order_number:
            stage.dialogue = stage.dialogue.knowing({"order_number": order_number})
        return True

    def _proven(self, stage: Stage, proven: Proven) -> bool:
        dialogue = stage.dialogue
        if dialogue.customer not in {"", proven.customer}:
            dialogue = replace(dialogue, known={}, recent=None)  # that was somebody else's
        stage.dialogue = suspension.resumed(
            replace(
                dialogue.knowing({**proven.known, CLAIMED: ""}),
                level=VerificationLevel.VERIFIED,
                proof=proven.proof.value,
                customer=proven.customer,
            )
        )
        order = proven.known.get("order_number", "")
        if stage.task is not None and order and "order_number" in self._flows.of(stage.task).slots:
            stage.give({"order_number": order})
        return True

    def _disproven(self, stage: Stage, say: Say, forget: tuple[str, ...]) -> bool:
        failed = stage.dialogue.failed_proofs + 1
        stage.change(failed_proofs=failed)
        _keep_claim(stage)
        if failed >= MAX_FAILED_ATTEMPTS:
            return self._offer_person(
                stage, "verification_failed", (Say("verification.too_many", choices=YES_NO),)
            )
        stage.say(say)
        stage.give(dict.fromkeys(forget, ""))
        return True

    def _unavailable(self, stage: Stage, what: str) -> None:
        stage.say(Say(f"dialogue.unavailable_{what}", choices=YES_NO))
        stage.change(offer=Offer("ask_person", "unavailable"))
        stage.step, stage.outcome = "unavailable", "error"

    def without_secrets(self, dialogue: Dialogue) -> Dialogue:
        """Forgets what may be kept for one turn only."""
        task = dialogue.task
        if task is None or task.flow not in self._flows:
            return dialogue
        secrets = self._flows.of(task).secrets & set(task.values)
        if not secrets:
            return dialogue
        values = {slot: value for slot, value in task.values.items() if slot not in secrets}
        return replace(dialogue, task=replace(task, values=values))


def _keep_claim(stage: Stage) -> None:
    """Whoever takes over learns which order was named, though nothing was proven by it."""
    task = stage.task
    claimed = task.value("order_number") if task and task.flow == VERIFICATION else ""
    if claimed:
        stage.dialogue = stage.dialogue.knowing({CLAIMED: claimed})


def proven(dialogue: Dialogue, flow: Flow) -> bool:
    """Whether enough is proven for a flow."""
    if flow.level is VerificationLevel.VERIFIED:
        return dialogue.level is VerificationLevel.VERIFIED and dialogue.proof in flow.proofs
    return dialogue.level.reaches(flow.level)
