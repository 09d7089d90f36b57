"""Every key of the phone in Redis, besides the gateway's stream of events. There are no others.

| key | type | holds | TTL |
|---|---|---|---|
| `sw:phone:{T}:node:N:passed_on` | set | contacts of node N whose callers talk to agents, though their calls do not end here | 24 h after the last |
| `sw:phone:{T}:call:K` | string | contact that became of the call which the PBX knows as K | 2 h |
| `sw:phone:{T}:survey:C` | hash | contact C was `asked` how it was, and `answered` | 48 h: longer than the router knows it |
| `sw:phone:{T}:conversation:V:events` | string | number of the last event about conversation V | 48 h after it |
| `sw:gateway:events` | stream | what is reported, in the form of the router's events; the gateway writes there too | none: oldest dropped beyond PHONE_MAX_EVENTS |

T is the tenant; the braces are the hash tag. The step that reports writes the stream with its own
keys, which needs a single Redis (with replicas if you like) and no cluster.
"""  # noqa: E501

EVENTS = "sw:gateway:events"
CALL_SECONDS = 2 * 3600
PASSED_ON_SECONDS = 24 * 3600
SURVEY_SECONDS = 48 * 3600


class Keys:
    """The keys of one tenant."""

    def __init__(self, tenant: str) -> None:
        self._prefix = f"sw:phone:{{{tenant}}}"

    def passed_on(self, node: str) -> str:
        """Contacts that a node has passed on."""
        return f"{self._prefix}:node:{node}:passed_on"

    def call(self, known_as: str) -> str:
        """The contact of a call, by the PBX's name for it."""
        return f"{self._prefix}:call:{known_as}"

    def survey(self, contact: str) -> str:
        """How far the survey about a contact is."""
        return f"{self._prefix}:survey:{contact}"

    def sequence(self, conversation: str) -> str:
        """Numbers the events about a conversation."""
        return f"{self._prefix}:conversation:{conversation}:events"
