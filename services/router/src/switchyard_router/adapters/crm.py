"""The CRM adapter over gRPC, as the router's source of customer context."""

import grpc
from google.protobuf import json_format
from switchyard.crm.v1 import crm_service_pb2, crm_service_pb2_grpc, customer_pb2
from switchyard.router.v1 import contact_pb2
from switchyard_common.errors import DomainError, ErrorKind
from switchyard_common.logs import pseudonym
from switchyard_common.request_id import outgoing_metadata

from switchyard_router.service.context import ContextQuery, FoundContext

SOURCE = "crm"


class CrmContext:
    """Asks for profile, open cases and routing hints. `key` hides customers in events."""

    def __init__(self, channel: grpc.aio.Channel, tenant: str, key: bytes) -> None:
        self._stub = crm_service_pb2_grpc.CrmServiceStub(channel)
        self._parent = f"tenants/{tenant}"
        self._key = key

    async def fetch(self, query: ContextQuery, budget_seconds: float) -> FoundContext:
        """What is known of the customer; UNAVAILABLE when the CRM does not answer in time."""
        request = crm_service_pb2.GetContextRequest(parent=self._parent, language=query.language)
        if query.customer:
            request.customer = query.customer
        else:
            request.identifier.kind = customer_pb2.PHONE
            request.identifier.value = query.caller
        try:
            response = await self._stub.GetContext(
                request, timeout=budget_seconds, metadata=outgoing_metadata()
            )
        except grpc.aio.AioRpcError as error:
            if error.code() == grpc.StatusCode.INVALID_ARGUMENT:
                return self.missing()  # an address the CRM cannot read belongs to nobody it knows
            raise DomainError(
                kind=ErrorKind.UNAVAILABLE,
                reason=f"CRM_{error.code().name}",
                message="the CRM adapter did not answer in time",
            ) from error
        return self._found(response)

    def missing(self) -> FoundContext:
        """A context that says the CRM is missing from it."""
        return FoundContext(contact_pb2.ContactContext(partial=[SOURCE]).SerializeToString())

    def _found(self, response: crm_service_pb2.GetContextResponse) -> FoundContext:
        context = contact_pb2.ContactContext(partial=response.partial)
        known = response.context
        name = known.customer.name
        if response.outcome == crm_service_pb2.UNIQUE:
            context.customer_display = known.customer.display_name.value
            plain = json_format.MessageToDict(known, preserving_proto_field_name=True)
            json_format.ParseDict(plain, context.customer)
        return FoundContext(
            encoded=context.SerializeToString(),
            customer=name,
            customer_key=pseudonym(self._key, name) if name else "",
            language=known.routing.language or known.customer.language.value,
        )
