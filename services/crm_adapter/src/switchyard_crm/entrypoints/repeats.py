"""What makes a write of the contract repeatable: its request id and the digest of the rest."""

from google.protobuf.message import Message

from switchyard_crm.domain.errors import InvalidField
from switchyard_crm.domain.names import TenantId
from switchyard_crm.entrypoints.fields import bounded
from switchyard_crm.service.requests import BlindIndex, WriteRequest, write_request

_FIELD = "request_id"
_MAX_CHARS = 128


def write_of[M: Message](message: M, tenant: TenantId, index: BlindIndex) -> WriteRequest:
    """The write that a message asks for. InvalidField without a usable `request_id`.

    Two messages are one request if all other fields are equal, byte by byte: a real repeat is.
    """
    request_id: str = getattr(message, _FIELD)
    if not request_id.strip():
        raise InvalidField(_FIELD, "is missing; choose one per write and keep it when you repeat")
    bounded(request_id, _MAX_CHARS, _FIELD)
    rest = type(message)()
    rest.CopyFrom(message)
    rest.ClearField(_FIELD)
    rpc = message.DESCRIPTOR.name.removesuffix("Request")
    content = rest.SerializeToString(deterministic=True)
    return write_request(index, tenant, request_id, rpc, content)
