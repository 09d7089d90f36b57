"""Binds the actions to rasa-sdk, which speaks Rasa's action protocol."""

import functools
import logging
import time
from collections.abc import Mapping
from typing import Any

import structlog
from rasa_sdk.executor import ActionExecutor  # type: ignore[import-untyped]
from switchyard_common.logs import contact_scope

from switchyard_actions.entrypoints.rasa.actions import Action
from switchyard_actions.entrypoints.rasa.conversation import Conversation, read
from switchyard_actions.entrypoints.rasa.reply import Event, Reply
from switchyard_actions.metrics import ActionsMetrics


class Executor:
    """Runs actions by name."""

    def __init__(self, actions: Mapping[str, Action], metrics: ActionsMetrics) -> None:
        self._metrics = metrics
        logging.getLogger("rasa_sdk").setLevel(logging.WARNING)  # it announces every function
        self._sdk = ActionExecutor()
        for name, action in actions.items():
            self._sdk.register_function(name, functools.partial(self._run, name, action))

    @property
    def names(self) -> list[str]:
        """The actions that can be called."""
        return sorted(self._sdk.actions)

    async def execute(self, call: Mapping[str, Any]) -> dict[str, Any]:
        """Answers one action call, the body of Rasa's request.

        Raises rasa_sdk's ActionNotFoundException for a name that is not known.
        """
        # No action looks at the domain, so Rasa is told not to send it; the SDK insists on one.
        result = await self._sdk.run({"domain": {}, **call})
        return {"events": result.events, "responses": result.responses} if result else {}

    async def _run(
        self, name: str, action: Action, dispatcher: Any, tracker: Any, domain: Any
    ) -> list[Event]:
        conversation = read(tracker.current_state(), tracker.sender_id)
        started = time.perf_counter()
        with contact_scope(conversation.contact or conversation.id):
            reply, outcome = await _attempt(name, action, conversation)
        elapsed = time.perf_counter() - started
        self._metrics.action_seconds.labels(name, outcome).observe(elapsed)
        for message in reply.messages:
            dispatcher.utter_message(**message)
        return reply.events


async def _attempt(name: str, action: Action, conversation: Conversation) -> tuple[Reply, str]:
    """A bug must not become silence: the customer gets an apology, the log the traceback."""
    try:
        return await action(conversation), "ok"
    except Exception:
        log = structlog.stdlib.get_logger()
        log.exception("action_failed", action=name)
        reply = Reply()
        reply.say("utter_trouble")
        return reply, "error"
