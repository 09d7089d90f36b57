"""Every key of the gateway in Redis. There are no others.

| key | type | holds | TTL |
|---|---|---|---|
| `sw:gateway:{C}:conversation` | hash | state and what is known (codec.py); `turn`, `turn_until`: who asks the bot; `due_ms`: rate limit; `wait`: newest estimate | 24 h after the last change |
| `sw:gateway:{C}:log` | stream | messages and changes, oldest dropped beyond GATEWAY_MAX_ENTRIES | the same |
| `sw:gateway:{C}:known` | hash | ROLE:message_id → position, for each message in the log | the same |
| `sw:gateway:{C}:turns` | list | what the bot has yet to answer: positions of messages, occasions as JSON | the same |
| `sw:gateway:{C}:hushed` | hash | position → whole text of a message that the log has masked: a customer's until the bot has answered it, the bot's (a link that sets a PIN) for the customer alone | 15 min after the last |
| `sw:gateway:{C}:seen` | string | exists since the customer was last connected | 24 h after that |
| `sw:gateway:{C}:files` | set | ids of the customer's files | GATEWAY_UPLOAD_KEEP_SECONDS after the last |
| `sw:gateway:{C}:file:F` | hash | name, type and content of file F | GATEWAY_UPLOAD_KEEP_SECONDS |
| `sw:gateway:{files}:ends` | sorted set | C/F → when it ends, in ms | the same after the last |
| `sw:gateway:{files}:sizes` | hash | C/F → bytes; `total`: of all | the same |
| `sw:gateway:events` | stream | what is reported, in the form of the router's events | none: oldest dropped beyond GATEWAY_MAX_EVENTS |
| `sw:gateway:timers` | sorted set | open conversation → when somebody looks whether the customer is still there, in ms | none: a conversation leaves it when it closes or is found to be gone |
| `sw:gateway:{P}:peer` | hash | a channel's customer: address, conversation, how far it was delivered | 24 h after they last wrote |
| `sw:gateway:{P}:heard:M` | string | message M of theirs was taken | 15 min |
| `sw:gateway:{P}:lease` | string | which process delivers to them | 30 to 90 s |
| `sw:gateway:{peers}:active` | sorted set | P → when they last wrote, in s; at most 100,000 | 24 h after the last |
| `sw:gateway:{N}:held` | set | conversations for which node N may hold a contact | none: small, and emptied by reconciliation |

C is a conversation id, P a digest of a channel's customer, N `node:` and a node id; the braces are the hash tag, so that the keys of
one conversation live in one slot of a cluster; but a step writes its events and its timer with it,
which needs a single Redis (with replicas if you like) and no cluster. The channel `sw:gateway:bell` (publish/subscribe)
rings with every change: conversation id, a blank, and what is shown but not stored, if anything.
"""  # noqa: E501

from switchyard_gateway.domain.conversation import ConversationId

PREFIX = "sw:gateway:"
BELL = f"{PREFIX}bell"
EVENTS = f"{PREFIX}events"
TIMERS = f"{PREFIX}timers"
DAY_MS = 24 * 3600 * 1000
# A link that sets a PIN works no longer either.
HUSHED_MS = 15 * 60 * 1000


def conversation_keys(conversation_id: ConversationId) -> list[str]:
    """The keys that scripts get: conversation, log, known, turns, events, timers, hushed."""
    own = [
        f"{PREFIX}{{{conversation_id}}}:{name}"
        for name in ("conversation", "log", "known", "turns")
    ]
    return [*own, EVENTS, TIMERS, hushed_key(conversation_id)]


def conversation_key(conversation_id: ConversationId) -> str:
    """The hash of a conversation."""
    return f"{PREFIX}{{{conversation_id}}}:conversation"


def log_key(conversation_id: ConversationId) -> str:
    """The stream of a conversation."""
    return f"{PREFIX}{{{conversation_id}}}:log"


def hushed_key(conversation_id: ConversationId) -> str:
    """Whole texts of what the log has masked."""
    return f"{PREFIX}{{{conversation_id}}}:hushed"


def seen_key(conversation_id: ConversationId) -> str:
    """When the customer was last connected."""
    return f"{PREFIX}{{{conversation_id}}}:seen"


def held_key(node: str) -> str:
    """Conversations that a node looks after."""
    return f"{PREFIX}{{node:{node}}}:held"


def files_key(conversation_id: ConversationId) -> str:
    """The ids of a conversation's files."""
    return f"{PREFIX}{{{conversation_id}}}:files"


def file_key(conversation_id: ConversationId, file_id: str) -> str:
    """One file."""
    return f"{PREFIX}{{{conversation_id}}}:file:{file_id}"


def file_ends_key() -> str:
    """When each file ends."""
    return f"{PREFIX}{{files}}:ends"


def file_sizes_key() -> str:
    """How large each file is, and all together."""
    return f"{PREFIX}{{files}}:sizes"


def peer_key(peer: str) -> str:
    """A channel's customer."""
    return f"{PREFIX}{{{peer}}}:peer"


def heard_key(peer: str, message_id: str) -> str:
    """That a message of theirs was taken."""
    return f"{PREFIX}{{{peer}}}:heard:{message_id}"


def lease_key(peer: str) -> str:
    """Who delivers to them."""
    return f"{PREFIX}{{{peer}}}:lease"


def peers_key() -> str:
    """All whom something may have to be delivered to."""
    return f"{PREFIX}{{peers}}:active"
