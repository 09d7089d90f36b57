"""The configuration that a simulation tries: today's with what is given, as far as it can know."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from google.protobuf.message import Message
from switchyard.router.v1 import agent_pb2, plan_pb2, queue_pb2

from switchyard_router.domain.records import ConfigRecord
from switchyard_router.entrypoints.config_messages import ConfigMessages
from switchyard_router.entrypoints.config_world import references
from switchyard_router.entrypoints.problems import Problems
from switchyard_router.service.simulating.values import Regime, SimulationOrder

type Stored = Mapping[str, Sequence[ConfigRecord]]
"""Records of the store by kind: agent, queue, plan."""

_TYPES: Mapping[str, type[Message]] = {
    "queue": queue_pb2.Queue,
    "agent": agent_pb2.Agent,
    "plan": plan_pb2.RoutingPlan,
}
_ARRIVALS = "who comes, and who is turned away, is as logged"
_BREAKS = "who is there is as logged"
_AFTER_MISSES = "times of not being ready after missed offers are kept as logged"
_FAILURES = "calls that fail or never end are not drawn"
_ARMS = "one policy is tried: give it as policy"
_NOT_KNOWN = {
    "queue.max_size": _ARRIVALS,
    "queue.full": _ARRIVALS,
    "queue.closed": _ARRIVALS,
    "queue.opening_hours": _ARRIVALS,
    "queue.holidays": _ARRIVALS,
    "queue.time_zone": _ARRIVALS,
    "queue.rona_limit": _AFTER_MISSES,
    "queue.connect_timeout": _FAILURES,
    "queue.max_handle_time": _FAILURES,
    "queue.callback_attempts": _FAILURES,
    "queue.callback_retry": _FAILURES,
    "queue.break_guard": _BREAKS,
    "queue.arms": _ARMS,
    "queue.arm_period": _ARMS,
    "agent.shift_end": _BREAKS,
    "agent.next_break": _BREAKS,
}
"""Fields that change nothing in a simulation, or what it cannot know, and why."""


@dataclass(frozen=True, slots=True)
class _Tried:
    """A message that is tried, where the request has it, and what is stored in its place."""

    kind: str
    record: ConfigRecord
    path: str
    present: ConfigRecord | None


class TriedConfiguration:
    """Makes the regimes of a simulation from what is stored and what is ordered."""

    def __init__(self, messages: ConfigMessages, stored: Stored) -> None:
        self._messages, self._stored = messages, stored

    def baseline(self) -> Regime:
        """Today's configuration."""
        return self._regime(self._stored)

    def candidate(self, order: SimulationOrder) -> Regime:
        """Today's with what is tried.

        Raises INVALID by field of the request: NOT_SIMULATED for what a simulation cannot know,
        UNKNOWN_REFERENCE for what is neither stored nor tried.
        """
        tried = list(self._tried(order))
        merged = {kind: _merged(self._stored[kind], kind, tried) for kind in _TYPES}
        problems = Problems()
        for one in tried:
            _check_known(problems, one)
            _check_references(problems, one, merged)
        problems.check()
        regime = self._regime(merged)
        policies = {queue.id: queue.policy for queue in self.baseline().queues}
        queues = tuple(
            replace(queue, policy=order.policy or queue.policy, arms=())
            if order.policy or queue.policy != policies.get(queue.id)
            else queue
            for queue in regime.queues
        )
        return replace(regime, queues=queues)

    def _regime(self, records: Stored) -> Regime:
        messages = self._messages
        return Regime(
            agents=tuple(messages.agent(one) for one in records["agent"]),
            queues=tuple(messages.queue(one) for one in records["queue"]),
            plans=tuple(messages.plan(one) for one in records["plan"]),
        )

    def _tried(self, order: SimulationOrder) -> Iterator[_Tried]:
        given = {
            "queue": ("tried_queues", order.tried_queues),
            "agent": ("tried_agents", order.tried_agents),
            "plan": ("plans", order.plans),
        }
        for kind, (field, some) in given.items():
            present = {record.id: record for record in self._stored[kind]}
            for index, (resource_id, data) in enumerate(some):
                known = present.get(resource_id)
                record = ConfigRecord(resource_id, known.version + 1 if known else 1, data)
                yield _Tried(kind, record, f"{field}[{index}]", known)


def _merged(
    records: Sequence[ConfigRecord], kind: str, tried: Sequence[_Tried]
) -> tuple[ConfigRecord, ...]:
    """In the order of the store, so that agents keep their rows; what is new comes last."""
    by_id = {record.id: record for record in records}
    by_id |= {one.record.id: one.record for one in tried if one.kind == kind}
    return tuple(by_id.values())


def _check_known(problems: Problems, one: _Tried) -> None:
    if one.present is None:
        if one.kind == "agent":
            problems.add(
                f"{one.path}.name",
                "is no agent of the router: no log tells when they would have been there; try other"
                " skills or queues of agents that there are",
                "NOT_SIMULATED",
            )
        return
    message, present = (
        _TYPES[one.kind].FromString(each.data) for each in (one.record, one.present)
    )
    for path, why in _NOT_KNOWN.items():
        kind, _, field = path.partition(".")
        if kind == one.kind and _value(message, field) != _value(present, field):
            fix = (
                f"a simulation cannot tell what this changes ({why}); leave it as the router has it"
            )
            problems.add(f"{one.path}.{field}", fix, "NOT_SIMULATED")


def _value(message: Any, field: str) -> Any:
    value = getattr(message, field)
    return value if isinstance(value, Message) else value or None


def _check_references(problems: Problems, one: _Tried, merged: Stored) -> None:
    message = _TYPES[one.kind].FromString(one.record.data)
    for path, kind, name in references(message):
        if all(record.id != name for record in merged[kind]):
            problems.add(
                f"{one.path}.{path.partition('.')[2]}",
                f"there is no {kind} {name}; describe it beside, or name one that there is",
                "UNKNOWN_REFERENCE",
            )
