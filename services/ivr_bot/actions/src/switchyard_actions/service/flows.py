"""All flows, by name and by what starts them."""

from collections.abc import Iterable

from switchyard_actions.domain.dialogue import Task
from switchyard_actions.domain.flow import FOR, KNOWLEDGE, VERIFICATION, Flow
from switchyard_actions.domain.heard import Passage


class Flows:
    """Finds flows. `likeness` (0..1) is what a passage must reach to answer unclear words."""

    def __init__(self, flows: Iterable[Flow], likeness: float) -> None:
        self._by_name = {flow.name: flow for flow in flows}
        self._by_intent = {
            intent: flow for flow in self._by_name.values() for intent in flow.intents
        }
        self._likeness = likeness

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def __iter__(self) -> "Iterable[Flow]":
        return iter(self._by_name.values())

    def of(self, task: Task) -> Flow:
        """The flow of a task. Raises KeyError for one that there no longer is."""
        return self._by_name[task.flow]

    def named(self, name: str) -> Flow | None:
        """The flow of that name."""
        return self._by_name.get(name)

    def started_by(self, intent: str) -> Flow | None:
        """The flow an intent starts."""
        return self._by_intent.get(intent)

    def answering(self, passages: tuple[Passage, ...]) -> Flow | None:
        """The flow that answers from the knowledge base, if a passage is near enough."""
        if passages and passages[0].score >= self._likeness:
            return self._by_name.get(KNOWLEDGE)
        return None

    def purpose(self, task: Task) -> Flow:
        """What the customer wants: of a verification, the flow it is for."""
        if task.flow == VERIFICATION:
            return self._by_name.get(task.value(FOR)) or self._by_name[VERIFICATION]
        return self._by_name[task.flow]
