"""The customer adapter, as far as calls need it: in which language a number is served."""

import grpc
import structlog
from switchyard.crm.v1 import crm_service_pb2, crm_service_pb2_grpc, customer_pb2
from switchyard_common.request_id import outgoing_metadata

from switchyard_phone.domain.language import spoken
from switchyard_phone.service.customers import Known

_SEVERAL = frozenset({crm_service_pb2.AMBIGUOUS, crm_service_pb2.SHARED_NUMBER})


class CrmCustomers:
    """The port Customers. Whoever is not found in time is nobody: the caller must not wait."""

    def __init__(self, channel: grpc.aio.Channel, tenant: str, seconds: float) -> None:
        self._stub = crm_service_pb2_grpc.CrmServiceStub(channel)
        self._parent = f"tenants/{tenant}"
        self._seconds = seconds
        self._log = structlog.stdlib.get_logger()

    async def by_number(self, number: str) -> Known:
        """Who has this number, if it is one customer's."""
        request = crm_service_pb2.GetContextRequest(parent=self._parent)
        request.identifier.kind = customer_pb2.PHONE
        request.identifier.value = number
        try:
            found = await self._stub.GetContext(
                request, timeout=self._seconds, metadata=outgoing_metadata()
            )
        except grpc.aio.AioRpcError as error:
            self._log.info("caller_not_looked_up", code=error.code().name)
            return Known(outcome="away")
        if found.outcome != crm_service_pb2.UNIQUE:
            return Known(outcome="shared" if found.outcome in _SEVERAL else "unknown")
        known = found.context
        language = known.routing.language or known.customer.language.value
        return Known(spoken(language), known.customer.name, "known")
