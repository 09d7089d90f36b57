"""The decision log that the router keeps beside its events, for a day, found by time."""

from collections.abc import Sequence
from typing import Any

from google.protobuf.message import DecodeError
from redis.asyncio import Redis
from switchyard.router.v1 import decision_pb2
from switchyard_scoring.decision import Decision, Inputs

from switchyard_insights.adapters.redis.connection import log_errors
from switchyard_insights.service.decision_log import DecisionPage

_AFTER_ALL = "~"


class RedisDecisionLog:
    """The port DecisionLog. A page costs O(log n) and one read for each decision."""

    def __init__(self, redis: Redis, tenant: str, batch: int) -> None:
        self._redis: Any = redis  # its types promise text where it answers bytes
        self._prefix = f"sy:{{{tenant}}}:"
        self._batch = batch

    async def since(self, place: str) -> DecisionPage:
        """As DecisionLog."""
        index = f"{self._prefix}decisions_by:all:"
        async with log_errors():
            members = await self._redis.zrangebylex(
                index, f"({place}" if place else "-", f"({_AFTER_ALL}", 0, self._batch
            )
        return DecisionPage([member.decode() for member in members])

    async def read(self, places: Sequence[str]) -> list[Decision | None]:
        """As DecisionLog."""
        if not places:
            return []
        keys = [f"{self._prefix}decision:{place.partition(':')[2]}" for place in places]
        async with log_errors():
            records = await self._redis.mget(keys)
        return [_decision(record) for record in records]


def _decision(record: bytes | None) -> Decision | None:
    """A kept decision; None for one that is forgotten or that cannot be understood."""
    if record is None:
        return None
    try:
        message = decision_pb2.Decision.FromString(record)
    except DecodeError:
        return None
    return Decision(
        id=_id(message.name),
        contact=_id(message.contact),
        agent=_id(message.chosen_agent),
        queue=_id(message.queue),
        policy=message.policy,
        plan_version=message.plan_version,
        step=message.step,
        time_ms=message.time.ToMilliseconds(),
        waited_ms=message.waited.ToMilliseconds(),
        eligible_count=message.eligible_count,
        rejected_counts=dict(message.rejected_counts),
        inputs=_inputs(message.inputs),
        model_version=message.model_version,
        arm=message.traffic_arm,
        degraded=message.degraded,
        seed=message.seed,
        overtaken=message.overtaken_count,
        propensity=message.propensity,
        predicted_ms=_predicted_ms(message),
        offer=_id(message.offer),
        advice=message.advice,
    )


def _id(name: str) -> str:
    return name.rpartition("/")[2]


def _inputs(kept: decision_pb2.DecisionInputs) -> Inputs:
    return Inputs(
        formula=kept.formula,
        agents=tuple(kept.agents),
        columns=tuple(kept.columns),
        values=tuple(kept.values),
        weights=dict(kept.weights),
        contact=dict(kept.contact),
        given_to_others=dict(kept.given_to_others),
        scores=tuple(kept.scores),
    )


def _predicted_ms(message: decision_pb2.Decision) -> int:
    """Of the chosen agent; 0 where nothing predicted."""
    kept, chosen = message.inputs, _id(message.chosen_agent)
    columns = list(kept.columns)
    if "handle_ms" not in columns or chosen not in kept.agents:
        return 0
    row = list(kept.agents).index(chosen)
    return int(kept.values[row * len(columns) + columns.index("handle_ms")])
