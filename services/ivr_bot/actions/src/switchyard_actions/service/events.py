"""What the channel reports: a chat opens, a person hands back, nobody could take over, silence."""

from collections.abc import Mapping

from switchyard_actions.domain.dialogue import Offer
from switchyard_actions.domain.flow import SURVEY, Refused, Taken
from switchyard_actions.domain.say import YES_NO, Choice, Say
from switchyard_actions.service.flows import Flows
from switchyard_actions.service.stage import Stage
from switchyard_actions.service.tasks import MORE, Tasks

_SERVED = frozenset({"agent_ended", "handed_back", "left_agent"})
_OVER = frozenset({"agent_ended", "left_agent"})  # whatever was begun, a person has seen to it
_UNSERVED = frozenset({"nobody_answered", "contact_lost"})
_FAILED: Mapping[str, str] = {
    "queue_full": "handover.failed_queue_full",
    "queue_closed": "handover.failed_queue_closed",
}


class Events:
    """Answers events; they carry no words of the customer."""

    def __init__(self, flows: Flows, tasks: Tasks) -> None:
        self._flows = flows
        self._tasks = tasks

    async def take(self, stage: Stage) -> bool:
        """Whether it was an event; then it was answered."""
        match stage.heard.intent:
            case "hand_back":
                await self._back(stage)
            case "hand_over_failed":
                self._failed(stage)
            case "silence":
                await self._silent(stage)
            case "file":
                await self._file(stage)
            case _:
                return False
        return True

    async def _back(self, stage: Stage) -> None:
        after, note = stage.heard.fact("after"), stage.heard.fact("note")
        agent = stage.heard.fact("agent")
        stage.change(helped_by=agent or stage.dialogue.helped_by)
        if note:
            stage.dialogue = stage.dialogue.knowing({"agent_note": note[:_NOTE_LENGTH]})
        stage.step = "handed_back"
        if after in _UNSERVED:
            stage.say(Say("handover.unserved", choices=self._instead()))
            stage.change(offer=self._first_instead())
            return
        if after == "callback_booked":
            stage.say("handover.callback_booked")
            return
        if after in _OVER:
            stage.change(suspended=())
        if stage.dialogue.suspended:
            stage.say("handover.back_to_task")
            self._tasks.offer_rest(stage)
            return
        stage.say("handover.back_with_note" if note else "handover.back")
        stage.change(offer=Offer(MORE))
        if after in _SERVED and agent:
            await self._survey(stage, agent)

    async def _survey(self, stage: Stage, agent: str) -> None:
        survey = self._flows.named(SURVEY)
        if survey is not None:
            stage.change(surveyed=True)
            await self._tasks.start(stage, survey, {"agent": agent})

    def _failed(self, stage: Stage) -> None:
        """Nothing is lost: what was begun waits, and other ways to a person are offered."""
        key = _FAILED.get(stage.heard.fact("reason"), "handover.failed_router_down")
        stage.say(Say(key, choices=self._instead()))
        stage.change(offer=self._first_instead())
        stage.step = "hand_over_failed"

    def _instead(self) -> tuple[Choice, ...]:
        return tuple(
            Choice(key=f"handover.instead_{intent}", intent=intent)
            for intent in ("ticket_create", "callback")
            if self._flows.started_by(intent)
        )

    def _first_instead(self) -> Offer | None:
        instead = self._instead()
        return Offer(instead[0].intent) if instead else None

    async def _silent(self, stage: Stage) -> None:
        """Asks once. The last silence ends the chat: what must not be lost is done before."""
        times = stage.dialogue.silences + 1
        stage.change(silences=times)
        stage.step = "silence"
        if stage.heard.fact("last"):
            await self._tasks.keep(stage)
            return
        if times > 1:
            stage.say("dialogue.still_silent")
            return
        stage.say("dialogue.silence")
        self._tasks.ask_again(stage)

    async def _file(self, stage: Stage) -> None:
        """A file answers the open question if its flow takes files; else a person can look."""
        task = stage.task
        if task is not None and task.asked:
            taken = self._flows.of(task).take(task.asked, stage.heard, task)
            if isinstance(taken, Taken):
                stage.give(taken.values)
                stage.say(*taken.says)
                await self._tasks.advance(stage)
                return
            if isinstance(taken, Refused):
                stage.say(taken.say)
                self._tasks.ask_again(stage)
                return
        if task is not None:
            stage.say("dialogue.file_kept")
            self._tasks.ask_again(stage)
            return
        stage.say(Say("dialogue.file_offer", choices=YES_NO))
        stage.change(offer=Offer("ask_person", "file"))


_NOTE_LENGTH = 500
