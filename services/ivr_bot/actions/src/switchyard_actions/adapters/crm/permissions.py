"""Whether a number may be called, at crm_adapter."""

from switchyard.crm.v1 import crm_service_pb2 as crm

from switchyard_actions.adapters.crm.calls import CrmCalls
from switchyard_actions.adapters.crm.holders import identifier_of
from switchyard_actions.domain.holders import Reach
from switchyard_actions.service.callbacks import Permission
from switchyard_actions.service.ports import Unavailable

_REFUSALS = {"DO_NOT_CALL": Permission.DO_NOT_CALL, "OPTED_OUT": Permission.OPTED_OUT}
_UNREADABLE = "STORE_UNAVAILABLE"


class CrmCallPermissions:
    """The port CallPermissions over gRPC.

    A number that nobody, or more than one customer, is known by may be called: somebody asked for
    that call just now. Only a refusal of the number's owner stands against it.
    """

    def __init__(self, calls: CrmCalls) -> None:
        self._calls = calls

    async def for_call(self, phone: Reach) -> Permission:
        """See CallPermissions."""
        answer = await self._calls.make(
            "check_contactable",
            self._calls.stub.CheckContactable,
            crm.CheckContactableRequest(
                parent=self._calls.parent,
                identifier=identifier_of(phone),
                channel="VOICE",
                purpose="service",
            ),
        )
        if answer.allowed:
            return Permission.ALLOWED
        if answer.reason == _UNREADABLE:
            raise Unavailable("crm")
        return _REFUSALS.get(answer.reason, Permission.ALLOWED)
