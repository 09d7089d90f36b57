"""Stores decisions beside the dispatcher: bounded, in batches, and never in its way."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import structlog
from switchyard.router.v1 import decision_pb2
from switchyard_common.errors import DomainError
from switchyard_scoring.decision import Decision

from switchyard_router.domain.decision_search import DecisionRow
from switchyard_router.domain.names import Tenant

_MOST_PENDING = 5000
_BATCH = 200
_RETRY_SECONDS = 0.5


class SinkMeter(Protocol):
    """Counts decisions that could not be kept."""

    def decision_dropped(self) -> None:
        """The buffer was full."""
        ...


class DecisionStore(Protocol):
    """Keeps encoded decisions."""

    async def put(self, rows: Sequence[DecisionRow]) -> None:
        """Keep encoded decisions and what they are found by."""
        ...


class DecisionWriter:
    """Takes decisions from the dispatcher and writes them to the store."""

    def __init__(self, store: DecisionStore, tenant: Tenant, meter: SinkMeter) -> None:
        self._store = store
        self._tenant = tenant
        self._meter = meter
        self._pending: asyncio.Queue[Decision] = asyncio.Queue(_MOST_PENDING)
        self._log = structlog.stdlib.get_logger()

    def note(self, decision: Decision) -> None:
        """Take a decision; when the buffer is full it is dropped and counted."""
        try:
            self._pending.put_nowait(decision)
        except asyncio.QueueFull:
            self._meter.decision_dropped()

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            first = await self._pending.get()
            await self._write([self._row(first), *self._left(_BATCH - 1)])

    async def flush(self) -> None:
        """Write what is left, once, when the process stops."""
        rows = self._left(_MOST_PENDING)
        if not rows:
            return
        try:
            await self._store.put(rows)
        except DomainError as error:
            self._log.warning("decisions_lost", reason=error.reason, count=len(rows))

    def _left(self, at_most: int) -> list[DecisionRow]:
        number = min(at_most, self._pending.qsize())
        return [self._row(self._pending.get_nowait()) for _ in range(number)]

    def _row(self, decision: Decision) -> DecisionRow:
        return DecisionRow(
            id=decision.id,
            time_ms=decision.time_ms,
            data=encode(decision, self._tenant),
            contact=decision.contact,
            agent=decision.agent,
            queue=decision.queue,
            arm=decision.arm,
            degraded=decision.degraded,
        )

    async def _write(self, rows: Sequence[DecisionRow]) -> None:
        while True:
            try:
                return await self._store.put(rows)
            except DomainError as error:
                self._log.warning("decisions_wait_for_store", reason=error.reason, count=len(rows))
                await asyncio.sleep(_RETRY_SECONDS)


def encode(decision: Decision, tenant: Tenant) -> bytes:
    """The decision as the contract's message: inputs and scores; readers compute the terms."""
    message = decision_pb2.Decision(
        name=tenant.of("decisions", decision.id),
        contact=tenant.of("contacts", decision.contact),
        chosen_agent=tenant.of("agents", decision.agent),
        policy=decision.policy,
        plan_version=decision.plan_version,
        model_version=decision.model_version,
        traffic_arm=decision.arm,
        degraded=decision.degraded,
        seed=decision.seed,
        overtaken_count=decision.overtaken,
        propensity=decision.propensity,
        step=decision.step,
        queue=tenant.of("queues", decision.queue),
        eligible_count=decision.eligible_count,
        rejected_counts=decision.rejected_counts,
        offer=tenant.of("offers", decision.offer),
        advice=decision.advice,
        inputs=_inputs(decision),
    )
    message.time.FromMilliseconds(decision.time_ms)
    message.waited.FromMilliseconds(decision.waited_ms)
    return message.SerializeToString()


def _inputs(decision: Decision) -> decision_pb2.DecisionInputs:
    inputs = decision.inputs
    return decision_pb2.DecisionInputs(
        formula=inputs.formula,
        agents=inputs.agents,
        columns=inputs.columns,
        values=inputs.values,
        weights=inputs.weights,
        contact=inputs.contact,
        given_to_others=inputs.given_to_others,
        scores=inputs.scores,
    )
