"""What a router has: all its queues, agents and plans, as files would describe them."""

from typing import Any

from switchyard.router.v1 import (
    agent_service_pb2,
    agent_service_pb2_grpc,
    config_service_pb2,
    config_service_pb2_grpc,
)

from switchyard_router.entrypoints.cli.gitops.files import LIVE, Key
from switchyard_router.entrypoints.cli.reach import Calls

_PAGE = 500


async def stored(calls: Calls) -> tuple[dict[Key, Any], dict[Key, str]]:
    """Messages without what belongs to the router, and their etags. Raises AioRpcError."""
    config = config_service_pb2_grpc.ConfigServiceStub(calls.channel)
    agents = agent_service_pb2_grpc.AgentServiceStub(calls.channel)
    listings: tuple[tuple[str, Any, Any, str], ...] = (
        ("queue", config.ListQueues, config_service_pb2.ListQueuesRequest, "queues"),
        ("agent", agents.ListAgents, agent_service_pb2.ListAgentsRequest, "agents"),
        ("plan", config.ListRoutingPlans, config_service_pb2.ListRoutingPlansRequest, "plans"),
    )
    messages: dict[Key, Any] = {}
    etags: dict[Key, str] = {}
    for kind, method, request_type, field in listings:
        token = ""
        while True:
            request = request_type(parent=calls.tenant.name, page_size=_PAGE, page_token=token)
            response = await calls(method, request)
            for message in getattr(response, field):
                key = (kind, message.name.rpartition("/")[2])
                etags[key] = message.etag
                messages[key] = bare(message)
            token = response.next_page_token
            if not token:
                break
    return messages, etags


def bare(message: Any) -> Any:
    """A copy without the fields that belong to the router; the name stays."""
    copy = type(message).FromString(message.SerializeToString())
    for name in LIVE[message.DESCRIPTOR.name] - {"name"}:
        copy.ClearField(name)
    return copy
