"""Runs a loaded model's components one after the other, without a scheduler.

Rasa hands every message to dask, which works out the order anew, and writes each component's input
into a debug line that nobody reads. The order never changes: here it is worked out once.
"""

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphNode, GraphNodeHook, GraphSchema
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.storage import ModelStorage

_Plan = list[tuple[str, GraphNode, tuple[str, ...]]]
"""Components in order: name, node, and the names of what it needs."""


class InOrderRunner(GraphRunner):
    """A runner of a graph that was loaded to serve; Rasa trains with its own."""

    def __init__(
        self,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> None:
        """Loads every component (see the parent class)."""
        self._schema = graph_schema
        self._nodes = {
            name: GraphNode.from_schema_node(name, node, model_storage, execution_context, hooks)
            for name, node in graph_schema.nodes.items()
        }
        self._plans: dict[tuple[str, ...], _Plan] = {}

    @classmethod
    def create(
        cls,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> "InOrderRunner":
        """Builds the runner (see the parent class)."""
        return cls(graph_schema, model_storage, execution_context, hooks)

    def run(
        self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None
    ) -> dict[str, Any]:
        """What the targets give (see the parent class)."""
        wanted = tuple(targets or self._schema.target_names)
        plan = self._plans.get(wanted)
        if plan is None:
            plan = self._plans[wanted] = self._plan(wanted)
        found = dict(inputs or {})
        for name, node, needs in plan:
            _, found[name] = node(*((need, found[need]) for need in needs))
        return {name: found[name] for name in wanted}

    def _plan(self, wanted: tuple[str, ...]) -> _Plan:
        order: dict[str, tuple[str, ...]] = {}

        def visit(name: str) -> None:
            if name in order or name not in self._nodes:  # what is no component is an input
                return
            needs = tuple(self._schema.nodes[name].needs.values())
            for need in needs:
                visit(need)
            order[name] = needs

        for name in wanted:
            visit(name)
        return [(name, self._nodes[name], needs) for name, needs in order.items()]
