"""Events exactly as the contract has them: no unknown field, no wrong type."""

from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message
from switchyard.events.v1 import routing_pb2

BODIES: dict[str, type[Message]] = {
    "contact": routing_pb2.ContactChanged,
    "offer": routing_pb2.OfferChanged,
    "agent": routing_pb2.AgentChanged,
    "route": routing_pb2.RouteDecided,
    "config": routing_pb2.ConfigChanged,
}


def parse_strictly(event: dict[str, Any]) -> Message:
    """The message of an entry of the stream; fails on anything the contract does not have."""
    message = BODIES[event["type"].split(".")[0]]()
    json_format.ParseDict(event["data"], message)
    assert set(event) - {"actor"} == {"source", "type", "subject", "time", "seq", "data"}
    assert int(event["seq"]) > 0
    assert int(event["time"]) > 0
    assert event["subject"]
    return message
