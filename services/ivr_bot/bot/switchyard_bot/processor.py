"""Rasa's message processor, without what it does for others than this bot.

Tracker, model, policy, action server and store are Rasa's; what is changed:

- messages that arrive together are understood together (``together.py``);
- debug lines are not prepared (Rasa copies the events of each step for them, and throws them away);
- an action is run on the tracker itself and not on a copy: the one action of this bot is called
  over HTTP and changes nothing before it answers;
- what the checks before training assure is not checked again with every message.
"""

from typing import Any

import structlog
from rasa.core.actions.action import Action, ActionExecutionRejection, ActionExtractSlots
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.engine.constants import PLACEHOLDER_MESSAGE
from rasa.shared.core.events import ActionExecutionRejected
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from switchyard_bot.together import Together

_TOGETHER = 8
_LOG = structlog.get_logger()


class TurnProcessor(MessageProcessor):
    """Handles messages of a model whose only policy is ``TurnPolicy``."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Loads the model (see the parent class)."""
        super().__init__(*arguments, **options)
        self._together: Together[UserMessage, Message] = Together(self._understood, _TOGETHER)
        self._slots = ActionExtractSlots(self.action_endpoint)

    async def parse_message(
        self,
        message: UserMessage,
        tracker: DialogueStateTracker | None = None,
        only_output_properties: bool = True,
    ) -> dict[str, Any]:
        """What a message means (see the parent class)."""
        found = await self._together.ask(message)
        return {
            TEXT: "",
            INTENT: {"name": None, "confidence": 0.0},
            ENTITIES: [],
            **found.as_dict(only_output_properties=only_output_properties),
        }

    def _understood(self, messages: list[UserMessage]) -> list[Message]:
        target = self.model_metadata.nlu_target
        found: list[Message] = self.graph_runner.run({PLACEHOLDER_MESSAGE: messages}, [target])[
            target
        ]
        return found

    async def run_action_extract_slots(
        self, output_channel: OutputChannel, tracker: DialogueStateTracker
    ) -> DialogueStateTracker:
        """Fills slots from what was understood (see the parent class)."""
        events = await self._slots.run(output_channel, self.nlg, tracker, self.domain)
        tracker.update_with_events(events, self.domain)
        return tracker

    async def _run_action(
        self,
        action: Action,
        tracker: DialogueStateTracker,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        prediction: PolicyPrediction,
    ) -> bool:
        """Whether another action may follow (see the parent class)."""
        try:
            events = await action.run(output_channel, nlg, tracker, self.domain)
        except ActionExecutionRejection:
            refused = (action.name(), prediction.policy_name, prediction.max_confidence)
            tracker.update(ActionExecutionRejected(*refused))
            return True
        except Exception as error:  # noqa: BLE001  # nothing is said, so a person comes
            # Its kind only: what it says may be what a customer typed.
            _LOG.error("action_failed", action=action.name(), error=type(error).__name__)
            events = []
        tracker.update_with_events(prediction.events, self.domain)
        tracker.update(action.event_for_successful_execution(prediction))
        tracker.update_with_events(events, self.domain)
        await self._send_bot_messages(events, tracker, output_channel)
        return bool(self.should_predict_another_action(action.name()))

    def _check_for_unseen_features(self, parse_data: dict[str, Any]) -> None:
        """Training checks that the domain knows all that can be understood."""

    @staticmethod
    def _log_slots(tracker: DialogueStateTracker) -> None:
        """Slots hold what customers said."""
