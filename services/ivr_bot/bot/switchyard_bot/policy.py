"""The whole dialogue policy: the dialogue engine takes every turn, then the bot listens.

Rasa's RulePolicy comes to the same with a rule for every intent, after rebuilding the states of the
conversation twice a message: a quarter of what a message cost.
"""
# ruff: noqa: ARG003

from typing import Any

from rasa.core.policies.policy import Policy, PolicyPrediction, confidence_scores_for
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActionExecutionRejected, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

_MOVES = (UserUttered, ActionExecuted, ActionExecutionRejected)


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True
)
class TurnPolicy(Policy):
    """Answers whatever a customer says, or an event, with one action. Option: ``action``."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """``action``: the action that takes a turn."""
        return {"action": "action_turn", "priority": 1}

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "TurnPolicy":
        """Builds the policy; a packed model holds nothing of it."""
        return cls(config, model_storage, resource, execution_context)

    def train(self, domain: Domain) -> Resource:
        """Learns nothing.

        Raises:
            ActionNotFoundException: the domain does not know the action; training ends.
        """
        domain.index_for_action(self.config["action"])
        with self._model_storage.write_to(self._resource):
            return self._resource

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain
    ) -> PolicyPrediction:
        """The action when somebody has spoken since the last one, else listening."""
        last = next(
            (event for event in reversed(tracker.events) if isinstance(event, _MOVES)), None
        )
        spoken = isinstance(last, UserUttered)
        action = self.config["action"] if spoken else ACTION_LISTEN_NAME
        return self._prediction(confidence_scores_for(action, 1.0, domain))
