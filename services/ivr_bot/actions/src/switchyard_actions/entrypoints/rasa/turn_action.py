"""The one action of the bot's rules: takes a turn of the dialogue."""

import structlog

from switchyard_actions.domain.dialogue import Dialogue
from switchyard_actions.domain.notice import HandOver
from switchyard_actions.domain.texts import Texts
from switchyard_actions.entrypoints.rasa import notices
from switchyard_actions.entrypoints.rasa.call import Call
from switchyard_actions.entrypoints.rasa.reply import Reply
from switchyard_actions.entrypoints.rasa.state import StateCodec
from switchyard_actions.metrics import ActionsMetrics
from switchyard_actions.service.engine import Engine, Turn

ACTION = "action_turn"


class TurnAction:
    """Reads the dialogue from its slot, lets the engine take the turn, says and keeps the rest."""

    def __init__(self, engine: Engine, texts: Texts, metrics: ActionsMetrics) -> None:
        self._engine = engine
        self._texts = texts
        self._metrics = metrics
        self._codec = StateCodec()
        self._log = structlog.stdlib.get_logger()

    async def __call__(self, call: Call) -> tuple[Reply, str]:
        """The reply, and ok or error: a bug is an apology, a log line and a metric, no silence."""
        dialogue = self._codec.from_json(call.state)
        if dialogue is None:
            self._metrics.lost.labels("state").inc()
        try:
            turn, outcome = await self._engine.turn(dialogue, call.heard), "ok"
            reply = self._reply(turn, call)
        except Exception:  # noqa: BLE001  # logged with its traceback, and the customer is told
            self._log.exception("turn_failed")
            turn, outcome = self._engine.crashed(dialogue or Dialogue(), call.heard), "error"
            reply = self._reply(turn, call)
        self._count(turn)
        return reply, outcome

    def _reply(self, turn: Turn, call: Call) -> Reply:
        reply = Reply()
        for say in turn.says:
            titles = [self._texts.title(choice, turn.language) for choice in say.choices]
            reply.tell(self._texts.render(say, turn.language), titles)
        for notice in turn.notices:
            reply.notify(notices.to_json(notice))
        reply.notify(notices.account_to_json(turn.account))
        reply.set("dialogue", self._codec.to_json(turn.dialogue))
        if turn.language is not call.heard.language:
            reply.set("language", turn.language.value)
        if turn.pause:
            reply.fall_silent()
        return reply

    def _count(self, turn: Turn) -> None:
        self._metrics.turns.labels(turn.account.flow or "none", turn.account.outcome).inc()
        for flow in turn.account.finished:
            self._metrics.finished.labels(flow).inc()
        if turn.lost:
            self._metrics.lost.labels("flow").inc(turn.lost)
        for notice in turn.notices:
            if isinstance(notice, HandOver):
                self._metrics.handovers.labels(notice.reason).inc()
