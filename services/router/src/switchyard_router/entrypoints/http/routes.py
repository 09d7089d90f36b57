"""Which HTTP request is which RPC: the one table, and the RPCs that have no HTTP form."""

from collections.abc import Mapping
from dataclasses import dataclass, field

PACKAGE = "switchyard.router.v1"


@dataclass(frozen=True, slots=True)
class Route:
    """One RPC over HTTP.

    `path` holds parameters in braces; `bind` maps a field of the request to the name it gets, below
    the tenant (`contacts/{contact}`). `parent` is bound to the tenant everywhere.
    """

    rpc: str
    verb: str
    path: str
    bind: Mapping[str, str] = field(default_factory=dict)

    @property
    def service(self) -> str:
        """For instance ContactService."""
        return self.rpc.partition("/")[0]

    @property
    def method(self) -> str:
        """For instance CreateContact."""
        return self.rpc.partition("/")[2]

    @property
    def full_method(self) -> str:
        """As on the wire."""
        return f"/{PACKAGE}.{self.rpc}"

    @property
    def has_body(self) -> bool:
        """Whether the request's fields come as JSON; else they are query parameters."""
        return self.verb in ("POST", "PUT", "PATCH")


def _of(collection: str, parameter: str, name: str = "name") -> dict[str, str]:
    return {name: f"{collection}/{{{parameter}}}"}


_CONTACT = "/v1/contacts/{contact}"
_NAME = _of("contacts", "contact")

# Paths with a verb behind a colon stand before those that would take it for part of an id.
ROUTES: tuple[Route, ...] = (
    Route("ContactService/CreateContact", "POST", "/v1/contacts"),
    Route("ContactService/WatchContact", "GET", f"{_CONTACT}:watch", _NAME),
    Route("ContactService/GetContact", "GET", _CONTACT, _NAME),
    Route("ContactService/UpdateContact", "PATCH", _CONTACT,
          _of("contacts", "contact", "contact.name")),
    Route("ContactService/CancelContact", "POST", f"{_CONTACT}:cancel", _NAME),
    Route("ContactService/RequeueContact", "POST", f"{_CONTACT}:requeue", _NAME),
    Route("ContactService/TransferContact", "POST", f"{_CONTACT}:transfer", _NAME),
    Route("ContactService/CompleteContact", "POST", f"{_CONTACT}:complete", _NAME),
    Route("ContactService/RequestCallback", "POST", f"{_CONTACT}:requestCallback", _NAME),
    Route("ContactService/ReportCallEvent", "POST", f"{_CONTACT}/events",
          _of("contacts", "contact", "contact")),
    Route("ContactService/EstimateWait", "POST", "/v1/wait"),
    Route("RoutingService/RankAgents", "POST", "/v1/rank"),
    Route("RoutingService/GetDecision", "GET", "/v1/decisions/{decision}",
          _of("decisions", "decision")),
    Route("RoutingService/ListDecisions", "GET", "/v1/decisions"),
    Route("RoutingService/SimulateRouting", "POST", "/v1/simulations"),
    Route("AgentService/SetPresence", "POST", "/v1/agents/{agent}:setPresence",
          _of("agents", "agent", "agent")),
    Route("AgentService/EndWrapUp", "POST", "/v1/agents/{agent}:endWrapUp",
          _of("agents", "agent", "agent")),
    Route("AgentService/AcceptOffer", "POST", "/v1/offers/{offer}:accept", _of("offers", "offer")),
    Route("AgentService/DeclineOffer", "POST", "/v1/offers/{offer}:decline",
          _of("offers", "offer")),
    Route("AgentService/GetAgent", "GET", "/v1/agents/{agent}", _of("agents", "agent")),
    Route("AgentService/ListAgents", "GET", "/v1/agents"),
    Route("ConfigService/UpsertQueue", "PUT", "/v1/queues/{queue}",
          _of("queues", "queue", "queue.name")),
    Route("ConfigService/ListQueues", "GET", "/v1/queues"),
    Route("ConfigService/UpsertAgent", "PUT", "/v1/agents/{agent}",
          _of("agents", "agent", "agent.name")),
    Route("ConfigService/UpsertRoutingPlan", "PUT", "/v1/routingPlans/{plan}",
          _of("routingPlans", "plan", "plan.name")),
    Route("ConfigService/ListRoutingPlans", "GET", "/v1/routingPlans"),
    Route("ConfigService/Delete", "DELETE", "/v1/{collection}/{id}",
          {"name": "{collection}/{id}"}),
    Route("SupervisionService/WatchQueueStats", "GET", "/v1/queueStats"),
    Route("SupervisionService/StreamEvents", "GET", "/v1/events"),
)  # fmt: skip

STREAM_ONLY: Mapping[str, str] = {
    "ContactService/Attach": (
        "one stream both ways holds the node's lease; over HTTP a platform reports with "
        "/v1/contacts/{contact}/events and watches with /v1/contacts/{contact}:watch"
    ),
    "AgentService/Session": (
        "one stream both ways holds the desktop's lease; a browser's desktop speaks gRPC through "
        "a server of its own, and /v1/agents/{agent}:setPresence, /v1/offers/{offer}:accept and "
        ":decline serve thin clients"
    ),
}
