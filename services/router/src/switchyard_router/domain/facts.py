"""What expressions may read of agents, contacts and queues: names, types, meanings.

`docs/plans.md` shows the same table to operators; a test holds them together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from switchyard_router.domain.expressions import AGENT, CONTACT, QUEUE


class Kind(StrEnum):
    """Type of a fact or of an expression's part; ANY is known only when it is evaluated."""

    BOOL = "bool"
    INT = "int"
    DOUBLE = "double"
    STRING = "string"
    LIST = "list"
    MAP = "map"
    NULL = "null"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Fact:
    """A field that expressions may read. `live`: changes with the agent's state, not its profile.

    `timed`: changes as time passes, without anything happening.
    """

    kind: Kind
    meaning: str
    live: bool = False
    timed: bool = False


FACTS: Mapping[str, Mapping[str, Fact]] = MappingProxyType(
    {
        AGENT: MappingProxyType(
            {
                "id": Fact(Kind.STRING, "the agent's id"),
                "team": Fact(Kind.STRING, "the agent's team; empty without one"),
                "skills": Fact(Kind.MAP, "level by skill; 0 for a skill the agent lacks"),
                "queues": Fact(Kind.LIST, "ids of the queues the agent serves"),
                "presence": Fact(Kind.STRING, "AVAILABLE, ON_CONTACT, ...", live=True),
                "contacts": Fact(Kind.INT, "contacts in hand", live=True),
                "occupancy": Fact(
                    Kind.DOUBLE,
                    "share of the last hour with contacts, in steps of 0.01",
                    live=True,
                    timed=True,
                ),
                "idle_seconds": Fact(
                    Kind.INT, "seconds since the agent last became free", live=True, timed=True
                ),
            }
        ),
        CONTACT: MappingProxyType(
            {
                "queue": Fact(Kind.STRING, "id of the queue it waits in"),
                "channel": Fact(Kind.STRING, "VOICE, CHAT, EMAIL, CALLBACK, TASK or VIDEO"),
                "language": Fact(Kind.STRING, "language the customer wants, as given"),
                "priority": Fact(Kind.INT, "priority of the contact, without what the step adds"),
                "step": Fact(Kind.INT, "step of the plan, counted from 0"),
                "node": Fact(Kind.STRING, "platform node"),
                "preferred_agent": Fact(Kind.STRING, "id of the agent it would rather have"),
                "overtaken": Fact(Kind.INT, "later contacts that were served first"),
                "waited_seconds": Fact(Kind.INT, "seconds since it entered the queue", timed=True),
                "attributes": Fact(Kind.MAP, "what the platform sent along; numbers are doubles"),
            }
        ),
        QUEUE: MappingProxyType(
            {
                "id": Fact(Kind.STRING, "id of the contact's queue"),
                "waiting": Fact(Kind.INT, "contacts waiting", timed=True),
                "available": Fact(Kind.INT, "agents who could take a contact now", timed=True),
                "staffed": Fact(Kind.INT, "agents signed in, ready or busy", timed=True),
                "longest_wait_seconds": Fact(Kind.INT, "longest present wait", timed=True),
                "open": Fact(Kind.BOOL, "whether its opening hours say open", timed=True),
            }
        ),
    }
)
