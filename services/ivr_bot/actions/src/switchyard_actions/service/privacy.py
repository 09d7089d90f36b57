"""Which words of customers may be kept, and which nobody but the bot may see."""

from switchyard_actions.domain.dialogue import Dialogue
from switchyard_actions.domain.flow import Flow
from switchyard_actions.service.flows import Flows
from switchyard_actions.service.stage import Stage

_DETAILS = frozenset({"give_details", "correct"})


def is_private(flows: Flows, stage: Stage) -> bool:
    """Whether the words of this turn may tell who somebody is, where they live or what they prove.

    Private are answers to any open question, even those that were not understood as such, bare
    details and corrections: redaction cannot tell a street or a name from other words. So are
    other words that hold a value which its flow calls personal.
    """
    asked = stage.before.task is not None and bool(stage.before.task.asked)
    if asked or stage.heard.intent in _DETAILS:
        return True
    return any(slot in flow.personal | flow.secrets for flow, slot in _given(flows, stage))


def asks_secret(flows: Flows, dialogue: Dialogue) -> bool:
    """Whether the open question is answered by a secret, so that the gateway masks the answer."""
    task = dialogue.task
    flow = flows.named(task.flow) if task is not None else None
    if task is None or flow is None:
        return False
    return task.asked in flow.secrets | flow.before_secrets


def _given(flows: Flows, stage: Stage) -> list[tuple[Flow, str]]:
    named = ((flows.named(name), slot) for name, slot in sorted(stage.given))
    return [(flow, slot) for flow, slot in named if flow is not None]
