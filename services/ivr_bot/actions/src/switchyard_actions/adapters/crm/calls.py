"""How crm_adapter is called: one deadline, one metric, errors in the bot's own terms."""

import time

import grpc
import structlog
from switchyard.crm.v1.crm_service_pb2_grpc import CrmServiceStub
from switchyard_common.grpc_errors import reason_of

from switchyard_actions.metrics import ActionsMetrics
from switchyard_actions.service.accounts import Declined, Refusal
from switchyard_actions.service.ports import Unavailable

_REFUSALS = {
    grpc.StatusCode.NOT_FOUND: Refusal.NOT_THEIRS,
    grpc.StatusCode.FAILED_PRECONDITION: Refusal.TOO_LATE,
    grpc.StatusCode.INVALID_ARGUMENT: Refusal.INVALID,
    grpc.StatusCode.OUT_OF_RANGE: Refusal.INVALID,
}
"""Answers that stay the same however often one asks. Everything else may pass.

That the bot itself lacks a permission is a fault of its set-up, and says nothing of the customer.
"""

_LIMITS = frozenset({"TOO_MANY_LINKS"})
"""Reasons under which the customer, and not the system, is at a limit."""


class CrmCalls:
    """crm_adapter for one tenant. No call is made twice: the customer can ask again.

    `timeout_seconds` bounds each call.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        tenant: str,
        timeout_seconds: float,
        metrics: ActionsMetrics,
    ) -> None:
        self.stub = CrmServiceStub(channel)
        self.parent = f"tenants/{tenant}"
        self._timeout_seconds = timeout_seconds
        self._metrics = metrics
        self._log = structlog.stdlib.get_logger()

    async def make[Q, A](
        self,
        name: str,
        method: grpc.aio.UnaryUnaryMultiCallable[Q, A],
        request: Q,
        patience: float = 1.0,
    ) -> A:
        """Makes a call; `name` is its label in the metric. Raises Declined and Unavailable.

        `patience` is how many times the usual deadline it may take.
        """
        started = time.perf_counter()
        try:
            answer = await method(request, timeout=self._timeout_seconds * patience)
        except grpc.aio.AioRpcError as error:
            reason = reason_of(error) or ""
            refusal = Refusal.LIMIT if reason in _LIMITS else _REFUSALS.get(error.code())
            self._observe(name, "unavailable" if refusal is None else "declined", started)
            self._log.warning("crm_call_failed", call=name, code=error.code().name, reason=reason)
            if refusal is None:
                raise Unavailable("crm") from error
            raise Declined(refusal, reason) from error
        self._observe(name, "ok", started)
        return answer

    def incomplete(self, name: str) -> None:
        """Counts an answer that lacks parts because a source failed."""
        self._metrics.crm_incomplete.labels(name).inc()

    def _observe(self, name: str, outcome: str, started: float) -> None:
        elapsed = time.perf_counter() - started
        self._metrics.crm_call_seconds.labels(name, outcome).observe(elapsed)
