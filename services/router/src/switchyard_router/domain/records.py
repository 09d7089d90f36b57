"""What the store holds, as values.

Times are ms by the store's clock; `detail` and `context` are encoded messages."""

from collections.abc import Mapping
from dataclasses import dataclass

from switchyard_router.domain.skills import SkillNeed


@dataclass(frozen=True, slots=True)
class NewContact:
    """A contact to be queued. `hold_ms`: not offered before that long from now."""

    id: str
    external_id: str
    queue: str
    channel: str
    node: str
    priority: int
    language: str
    customer: str
    age_credit_ms: int
    hold_ms: int
    needs: tuple[SkillNeed, ...]
    initial: str
    previous: str
    related: str
    detail: bytes


@dataclass(frozen=True, slots=True)
class ContactRecord:
    """A stored contact."""

    id: str
    external_id: str
    state: str
    queue: str
    channel: str
    node: str
    priority: int
    language: str
    customer: str
    agent: str
    offer: str
    fence: int
    version: int
    reason: str
    disposition: str
    create_ms: int
    enqueue_ms: int
    state_ms: int
    expire_ms: int
    order_ms: int
    hold_ms: int
    talk_ms: int
    initial: str
    previous: str
    related: str
    spared_until_ms: Mapping[str, int]
    needs: tuple[SkillNeed, ...]
    detail: bytes
    context: bytes


@dataclass(frozen=True, slots=True)
class OfferRecord:
    """A stored offer."""

    id: str
    contact: str
    agent: str
    state: str
    fence: int
    create_ms: int
    expire_ms: int
    channel: str
    queue: str
    decision: str


@dataclass(frozen=True, slots=True)
class CallEvent:
    """What a platform reports. `fence` 0: the caller's leg; `sequence` 0: not numbered."""

    contact: str
    kind: str
    fence: int
    source: str
    sequence: int
    cause: str


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One entry of the event log. `seq` is the subject's version after the change."""

    id: str
    type: str
    subject: str
    source: str
    time_ms: int
    seq: int
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Request:
    """Idempotency of a mutation: the caller's key and a hash of what it asked. Empty key: none."""

    id: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class ConfigRecord:
    """A stored queue, agent or plan: the encoded message and its version."""

    id: str
    version: int
    data: bytes


@dataclass(frozen=True, slots=True)
class QueueTimes:
    """What the scripts need of a queue. Times in ms; counts and sizes plain."""

    max_size: int
    max_wait_ms: int
    credit_ms: int
    ring_ms: int
    wrap_up_ms: int
    connect_ms: int
    handle_ms: int
    target_ms: int
    rona_limit: int


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """Counters of a queue since `since_ms` (0: nothing was offered yet)."""

    since_ms: int = 0
    offered: int = 0
    answered: int = 0
    answered_in_target: int = 0
    answer_wait_ms: int = 0
    abandoned: int = 0
    withdrawn: int = 0
    finished: int = 0
    talk_ms: int = 0


@dataclass(frozen=True, slots=True)
class LostLease:
    """A lease that cannot be renewed: `why` is UNKNOWN, SUPERSEDED or LAPSED."""

    kind: str
    id: str
    epoch: int
    why: str
