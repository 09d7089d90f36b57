"""Every key of the gateway in Redis. There are no others.

| key | type | holds | TTL |
|---|---|---|---|
| `sw:gateway:{C}:conversation` | hash | state and what is known (codec.py); `turn`, `turn_until`: who asks the bot; `due_ms`: rate limit; `wait`: newest estimate | 24 h after the last change |
| `sw:gateway:{C}:log` | stream | messages and changes, oldest dropped beyond GATEWAY_MAX_ENTRIES | the same |
| `sw:gateway:{C}:known` | hash | ROLE:message_id → position, for each message in the log | the same |
| `sw:gateway:{C}:turns` | list | positions the bot has yet to answer | the same |
| `sw:gateway:{C}:seen` | string | exists since the customer was last connected | 24 h after that |
| `sw:gateway:{N}:held` | set | conversations for which node N may hold a contact | none: small, and emptied by reconciliation |
| `sw:gateway:{N}:sequence` | string | number of the node's last line event | none: must rise for ever |

C is a conversation id, N `node:` and a node id; the braces are the hash tag, so that the keys of
one conversation live in one slot of a cluster. The channel `sw:gateway:bell` (publish/subscribe)
rings with every change: conversation id, a blank, and what is shown but not stored, if anything.
"""  # noqa: E501

from switchyard_gateway.domain.conversation import ConversationId

PREFIX = "sw:gateway:"
BELL = f"{PREFIX}bell"
DAY_MS = 24 * 3600 * 1000


def conversation_keys(conversation_id: ConversationId) -> list[str]:
    """The keys that scripts get: conversation, log, known, turns."""
    return [
        f"{PREFIX}{{{conversation_id}}}:{name}"
        for name in ("conversation", "log", "known", "turns")
    ]


def conversation_key(conversation_id: ConversationId) -> str:
    """The hash of a conversation."""
    return f"{PREFIX}{{{conversation_id}}}:conversation"


def log_key(conversation_id: ConversationId) -> str:
    """The stream of a conversation."""
    return f"{PREFIX}{{{conversation_id}}}:log"


def seen_key(conversation_id: ConversationId) -> str:
    """When the customer was last connected."""
    return f"{PREFIX}{{{conversation_id}}}:seen"


def held_key(node: str) -> str:
    """Conversations that a node looks after."""
    return f"{PREFIX}{{node:{node}}}:held"


def sequence_key(node: str) -> str:
    """Counter of a node's line events."""
    return f"{PREFIX}{{node:{node}}}:sequence"
