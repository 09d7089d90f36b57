"""What goes over the wire: names, calls with as little work per message as possible."""

from google.protobuf.duration_pb2 import Duration
from switchyard.router.v1 import agent_pb2, contact_pb2, plan_pb2
from switchyard.router.v1 import agent_service_pb2 as desk
from switchyard.router.v1 import contact_service_pb2 as pbx

TENANT = "bench"
PARENT = f"tenants/{TENANT}"
CAPABILITIES = ("batch",)
HEARTBEAT_SECONDS = 5.0

SESSION = "/switchyard.router.v1.AgentService/Session"
ATTACH = "/switchyard.router.v1.ContactService/Attach"
CREATE = "/switchyard.router.v1.ContactService/CreateContact"
CREATE_TIMEOUT = "10S"

_BEAT = desk.ClientMessage(heartbeat=pbx.Heartbeat(endpoint_registered=True))
DESKTOP_BEAT = _BEAT.SerializeToString()
NODE_BEAT = pbx.PbxMessage(heartbeat=pbx.Heartbeat()).SerializeToString()


def name_of(kind: str, resource: str) -> str:
    """Full name of a resource, for instance of ("agents", "a00001")."""
    return f"{PARENT}/{kind}/{resource}"


def agent_id(number: int) -> str:
    """Id of an agent by number."""
    return f"a{number:05}"


def new_contact(external_id: str, queue: str, node: str, skill: str = "") -> bytes:
    """A call for a queue; with a skill, only for agents who have it."""
    contact = contact_pb2.Contact(
        external_id=external_id,
        channel=contact_pb2.VOICE,
        queue=name_of("queues", queue),
        node=node,
    )
    if skill:
        contact.skills.append(plan_pb2.SkillRequirement(skill=skill, min_level=1))
    request = pbx.CreateContactRequest(parent=PARENT, contact=contact, request_id=external_id)
    return request.SerializeToString()


def desktop_hello(number: int) -> bytes:
    """The first message of an agent who is ready at once."""
    hello = desk.AgentHello(
        agent=name_of("agents", agent_id(number)),
        device="load",
        initial_presence=agent_pb2.AVAILABLE,
        capabilities=CAPABILITIES,
    )
    return desk.ClientMessage(seq=1, hello=hello).SerializeToString()


def acceptance(offer: agent_pb2.Offer, seq: int) -> bytes:
    """Takes an offer."""
    accept = desk.AcceptOfferRequest(name=offer.name, fence=offer.fence)
    return desk.ClientMessage(seq=seq, accept=accept).SerializeToString()


def node_hello(node: str) -> bytes:
    """The first message of a node that holds no contact yet."""
    hello = pbx.PbxHello(node=node, kind="load", parent=PARENT, capabilities=CAPABILITIES)
    return pbx.PbxMessage(seq=1, hello=hello).SerializeToString()


def bridged(contact: str, leg: pbx.Bridge, seq: int) -> bytes:
    """Caller and agent are joined."""
    event = pbx.ReportCallEventRequest(
        contact=contact,
        type=pbx.BRIDGED,
        offer=leg.offer,
        agent=leg.agent,
        fence=leg.fence,
        source_seq=seq,
    )
    return pbx.PbxMessage(seq=seq, event=event).SerializeToString()


def hung_up(contact: str, seq: int) -> bytes:
    """The caller has hung up."""
    event = pbx.ReportCallEventRequest(contact=contact, type=pbx.CALLER_HANGUP, source_seq=seq)
    return pbx.PbxMessage(seq=seq, event=event).SerializeToString()


def seconds(value: float) -> Duration:
    """A duration of the contract."""
    duration = Duration()
    duration.FromMilliseconds(round(value * 1000))
    return duration
