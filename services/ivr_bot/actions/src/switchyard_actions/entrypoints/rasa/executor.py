"""Binds the actions to rasa-sdk, which speaks Rasa's action protocol."""

import functools
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from rasa_sdk.executor import ActionExecutor  # type: ignore[import-untyped]
from switchyard_common.logs import contact_scope

from switchyard_actions.entrypoints.rasa.call import Call, read
from switchyard_actions.entrypoints.rasa.reply import Event, Reply
from switchyard_actions.metrics import ActionsMetrics

Action = Callable[[Call], Awaitable[tuple[Reply, str]]]


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
        state = {"slots": tracker.slots, "latest_message": tracker.latest_message}
        call = read(state, tracker.sender_id)
        started = time.perf_counter()
        with contact_scope(call.contact or call.conversation):
            reply, outcome = await action(call)
        elapsed = time.perf_counter() - started
        self._metrics.action_seconds.labels(name, outcome).observe(elapsed)
        for message in reply.messages:
            dispatcher.utter_message(**message)
        return reply.events
