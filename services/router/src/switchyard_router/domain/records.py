"""What the store holds, as values.

Times are ms by the store's clock; `detail` and `context` are encoded messages."""

from collections.abc import Mapping, Sequence
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
    plan: str = ""
    """A routing plan of its own; empty: the queue's."""
    preferred_agent: str = ""
    preferred_wait_ms: int = 0
    """How long only the preferred agent may have it."""
    excluded_agents: tuple[str, ...] = ()
    sent_to: str = ""
    """Not empty: an address outside; the contact ends at once and the platform is told."""
    callback_number: str = ""
    """Not empty: nobody is on the line, the customer waits to be called. Personal."""
    not_before_ms: int = 0
    """A callback is not offered before this time, and expires as much later; 0: at once."""
    refusal: str = ""
    """Not empty: why it is refused, unless it was taken in before."""


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
    plan: str = ""
    step: int = 0
    step_ms: int = 0
    preferred_agent: str = ""
    preferred_until_ms: int = 0
    excluded_agents: tuple[str, ...] = ()
    overtaken: int = 0
    arm: str = ""
    attempts: int = 0
    """Calls back that did not reach the customer."""
    callback_number: str = ""
    """Not empty: the customer waits to be called back. Personal."""
    sent_to: str = ""
    parent: str = ""
    """The contact it was split from, by transfer or consultation."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """A contact and an agent to be reserved for each other.

    `decided`: the route.decided event as JSON, without waited_ms, which the store adds.
    `overtaken`: contacts that came earlier, need the same and see this one served first.
    """

    contact: str
    agent: str
    offer_id: str
    decision_id: str
    decided: bytes
    overtaken: tuple[str, ...] = ()
    queue: str = ""
    """Where it waited when that was decided; refused with CONTACT_MOVED where it waits elsewhere
    by now. Empty: anywhere."""


@dataclass(frozen=True, slots=True)
class Move:
    """Where a waiting contact goes because its step is over.

    `step`: the step it enters, of its plan, or of the plan in force in `queue` (empty: it stays).
    `plan`: its own plan from then on where `queue` is given; empty: the queue's.
    `agent`: only that one may have it from then on. `external`: it leaves for an address outside.
    """

    step: int
    priority_delta: int = 0
    queue: str = ""
    plan: str = ""
    agent: str = ""
    external: str = ""
    reason: str = ""


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
    actor: str = ""
    """Who asked for the change; empty: the router itself."""


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
class KeptConfig:
    """A queue, agent or plan with all that is stored of it. `fields`: what scripts need;
    `uses`: what it names, as "kind:id"."""

    kind: str
    record: ConfigRecord
    fields: Mapping[str, str | int]
    uses: Sequence[str]


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
    callback_attempts: int = 3
    callback_retry_ms: int = 600_000


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
    left: int = 0
    """Went to another queue unanswered."""


@dataclass(frozen=True, slots=True)
class LostLease:
    """A lease that cannot be renewed: `why` is UNKNOWN, SUPERSEDED or LAPSED."""

    kind: str
    id: str
    epoch: int
    why: str
