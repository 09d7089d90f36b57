"""What the store's scripts refuse, as errors for callers: one table."""

from switchyard_common.errors import DomainError, ErrorKind

_K = ErrorKind

UNKNOWN_QUEUE = "QUEUE"

_TABLE: dict[str, tuple[ErrorKind, str, str]] = {
    # code of the script: (kind, reason, what is wrong and what to do)
    "REQUEST_ID_REUSED": (
        _K.INVALID,
        "REQUEST_ID_REUSED",
        "request_id was used for a different request; use a new one for each request",
    ),
    "QUEUE_UNKNOWN": (
        _K.NOT_FOUND,
        UNKNOWN_QUEUE,
        "there is no such queue; create it with UpsertQueue",
    ),
    "QUEUE_FULL": (
        _K.EXHAUSTED,
        "QUEUE_FULL",
        "the queue holds max_size contacts; overflow or try again later",
    ),
    "QUEUE_CLOSED": (
        _K.PRECONDITION,
        "QUEUE_CLOSED",
        "the queue is closed and says no other place; try in its opening hours",
    ),
    "PLAN_UNKNOWN": (
        _K.NOT_FOUND,
        "PLAN",
        "there is no such routing plan; create it with UpsertRoutingPlan",
    ),
    "UNKNOWN_SKILL": (
        _K.INVALID,
        "UNKNOWN_SKILL",
        "the contact needs a skill that no agent has; see its skills",
    ),
    "CONTACT_UNKNOWN": (
        _K.NOT_FOUND,
        "CONTACT",
        "there is no such contact (contacts are kept for a day)",
    ),
    "CONTACT_NOT_LIVE": (
        _K.NOT_FOUND,
        "CONTACT",
        "no such contact waits or talks: it is over, or there never was one",
    ),
    "AGENT_UNKNOWN": (_K.NOT_FOUND, "AGENT", "there is no such agent; create it with UpsertAgent"),
    "AGENT_SERVES_NOTHING": (
        _K.PRECONDITION,
        "AGENT_NOT_AVAILABLE",
        "the agent serves no queue; give the agent one with UpsertAgent",
    ),
    "OFFER_UNKNOWN": (_K.NOT_FOUND, "OFFER", "there is no such offer (offers are kept for a day)"),
    "CONTACT_GONE": (_K.PRECONDITION, "CONTACT_GONE", "the contact is over; refresh"),
    "WRONG_STATE": (
        _K.PRECONDITION,
        "WRONG_STATE",
        "the contact's state does not allow this; refresh",
    ),
    "NOT_A_CALL": (
        _K.PRECONDITION,
        "WRONG_STATE",
        "only callers can be called back; this contact is text",
    ),
    "CONSULT_OPEN": (
        _K.PRECONDITION,
        "WRONG_STATE",
        "another colleague is being consulted about this contact; end that first",
    ),
    "WRONG_AGENT": (_K.PRECONDITION, "WRONG_STATE", "the contact is not this agent's; refresh"),
    "STALE_FENCE": (
        _K.PRECONDITION,
        "STALE_FENCE",
        "the fence is not the offer's; refresh and use the newest",
    ),
    "OFFER_EXPIRED": (_K.PRECONDITION, "OFFER_EXPIRED", "the offer was not answered in time"),
    "OFFER_RESCINDED": (_K.PRECONDITION, "OFFER_RESCINDED", "the offer was withdrawn"),
    "OFFER_TAKEN": (_K.PRECONDITION, "OFFER_TAKEN", "the offer is no longer open"),
    "SESSION_SUPERSEDED": (
        _K.ABORTED,
        "SESSION_SUPERSEDED",
        "a newer session of this agent took over; open a new session",
    ),
    "LEASE_LAPSED": (
        _K.ABORTED,
        "LEASE_LAPSED",
        "the session's lease lapsed; open a new session",
    ),
    "ETAG_MISMATCH": (
        _K.ABORTED,
        "ETAG_MISMATCH",
        "it changed since it was read; read it again and retry once",
    ),
}
_RETRY_AFTER_SECONDS = {"QUEUE_FULL": 5.0}


class StepFailed(Exception):
    """A step of the state machine broke: a defect, not an outage. Repeating it breaks it again."""


def is_refusal(code: str) -> bool:
    """Whether a script's code means that it refused."""
    return code in _TABLE


def refusal(code: str) -> DomainError:
    """The error for a refusing code."""
    kind, reason, message = _TABLE[code]
    return DomainError(
        kind=kind,
        reason=reason,
        message=message,
        retry_after_seconds=_RETRY_AFTER_SECONDS.get(code),
    )


def store_down() -> DomainError:
    """The state store does not answer: nothing was decided, or it is not known whether it was."""
    return DomainError(
        kind=_K.UNAVAILABLE,
        reason="STATE_STORE_DOWN",
        message="the state store does not answer; retry with the same request_id",
        retry_after_seconds=1.0,
    )


def not_there(kind: str) -> DomainError:
    """Nothing of that kind (queue, agent, plan) has the id."""
    return DomainError(
        kind=_K.NOT_FOUND, reason=kind.upper(), message=f"there is no such {kind}; refresh"
    )


def in_use(kind: str, users: str, number: int) -> DomainError:
    """Something of that kind cannot be deleted: `users` names the first of `number` users."""
    return DomainError(
        kind=_K.PRECONDITION,
        reason="IN_USE",
        message=f"the {kind} is in use by {number}: {users}; change those first",
        metadata={"users": users},
    )


def unknown_use(kind: str, used: str) -> DomainError:
    """Something of that kind names what does not exist: `used` is "kind:id"."""
    return DomainError(
        kind=_K.INVALID,
        reason="BAD_FIELD",
        message=f"the {kind} names {used}, which does not exist; create it first",
    )
