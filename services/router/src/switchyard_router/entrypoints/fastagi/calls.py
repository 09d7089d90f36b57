"""The router's RPCs as FastAGI scripts call them: in this process, as a platform."""

from typing import Any

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from switchyard_common.identity import Identity, Role
from switchyard_common.local_call import LocalContext, LocalServer, Write

_PACKAGE = "switchyard.router.v1"
_DETAILS_KEY = "grpc-status-details-bin"
SUBJECT = "fastagi"


class Refused(Exception):
    """The router refused; `reason` is the stable one, else the code's name."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class PlatformCalls:
    """Calls as the identity `platform/fastagi`: where FastAGI is let in from is this process's own
    matter, since the protocol proves nothing."""

    def __init__(self, server: LocalServer, tenant: str) -> None:
        self._server = server
        self._identity = Identity(tenant, frozenset({Role.PLATFORM}), SUBJECT)

    async def call(self, method: str, request: Message, peer: str) -> Any:
        """The response of a unary RPC (`ContactService/CreateContact`); Refused if refused."""
        return await self.stream(method, request, peer, _nothing)

    async def stream(self, method: str, request: Message, peer: str, write: Write) -> Any:
        """Until the stream ends; its responses are written. Refused if refused."""
        context = LocalContext(write, peer=peer, identity=self._identity)
        try:
            return await self._server.call(f"/{_PACKAGE}.{method}", request, context)
        except grpc.aio.AbortError as error:
            raise Refused(_reason(context), context.details()) from error


async def _nothing(message: Message) -> None:
    raise TypeError(f"a unary call wrote {message.DESCRIPTOR.name}")


def _reason(context: LocalContext) -> str:
    info = error_details_pb2.ErrorInfo()
    for key, value in context.trailing_metadata():
        if key == _DETAILS_KEY and isinstance(value, bytes):
            for detail in status_pb2.Status.FromString(value).details:
                if detail.Unpack(info):
                    return str(info.reason)
    return str(context.code().name)
