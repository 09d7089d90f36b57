"""Names, and calls whose requests are bytes already."""

import grpc
from switchyard.router.v1 import agent_service_pb2 as desk
from switchyard.router.v1 import contact_pb2
from switchyard.router.v1 import contact_service_pb2 as pbx

TENANT = "chaos"
PARENT = f"tenants/{TENANT}"
CAPABILITIES = ("batch",)
HEARTBEAT_SECONDS = 5.0


def name_of(kind: str, resource: str) -> str:
    """Full name of a resource, for instance of ("agents", "a00001")."""
    return f"{PARENT}/{kind}/{resource}"


def agent_id(number: int) -> str:
    """Id of an agent by number."""
    return f"a{number:05}"


def open_session(channel: grpc.aio.Channel) -> grpc.aio.StreamStreamCall[bytes, desk.ServerMessage]:
    """A desktop's stream."""
    return channel.stream_stream(
        "/switchyard.router.v1.AgentService/Session",
        request_serializer=None,
        response_deserializer=desk.ServerMessage.FromString,
    )()


def open_attach(
    channel: grpc.aio.Channel,
) -> grpc.aio.StreamStreamCall[bytes, pbx.PbxServerMessage]:
    """A node's stream."""
    return channel.stream_stream(
        "/switchyard.router.v1.ContactService/Attach",
        request_serializer=None,
        response_deserializer=pbx.PbxServerMessage.FromString,
    )()


def new_contact(
    external_id: str, queue: str, node: str, channel: contact_pb2.Channel.ValueType
) -> pbx.CreateContactRequest:
    """A caller or chatter for a queue."""
    contact = contact_pb2.Contact(
        external_id=external_id, channel=channel, queue=name_of("queues", queue), node=node
    )
    return pbx.CreateContactRequest(parent=PARENT, contact=contact, request_id=external_id)
