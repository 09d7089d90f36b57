"""The customer adapter, as far as the gateway needs it: links that set a new PIN."""

import grpc
import structlog
from switchyard.crm.v1 import crm_service_pb2, crm_service_pb2_grpc
from switchyard_common.grpc_errors import reason_of
from switchyard_common.request_id import outgoing_metadata

from switchyard_gateway.domain.names import Tenant
from switchyard_gateway.service.reset_pin import ResetOutcome

# Reasons of crm_adapter; whatever else it says is its trouble, and not the customer's.
_MEANINGS = {
    "LINK_NOT_VALID": ResetOutcome.LINK_OVER,
    "PIN_TOO_SIMPLE": ResetOutcome.TOO_SIMPLE,
    "PIN_TOO_PERSONAL": ResetOutcome.TOO_SIMPLE,
}


class CrmResetLinks:
    """The port ResetLinks on a channel to crm_adapter; a call takes `timeout_seconds` at most."""

    def __init__(
        self, channel: grpc.aio.Channel, tenant: Tenant, timeout_seconds: float = 4.0
    ) -> None:
        self._timeout_seconds = timeout_seconds
        self._crm = crm_service_pb2_grpc.CrmServiceStub(channel)
        self._tenant = tenant
        self._log = structlog.stdlib.get_logger()

    async def redeem(self, token: str, pin: str) -> ResetOutcome:
        """Set the PIN; a status that says nothing of the link is UNAVAILABLE."""
        request = crm_service_pb2.RedeemResetLinkRequest(
            parent=self._tenant.name, token=token, new_pin=pin
        )
        try:
            await self._crm.RedeemResetLink(
                request, timeout=self._timeout_seconds, metadata=outgoing_metadata()
            )
        except grpc.aio.AioRpcError as error:
            reason = reason_of(error) or ""
            self._log.info("reset_link_refused", code=error.code().name, reason=reason)
            return _MEANINGS.get(reason, ResetOutcome.UNAVAILABLE)
        return ResetOutcome.DONE
