"""What can go wrong in a conversation; reasons are part of the contract."""

from switchyard_common.errors import DomainError, ErrorKind, FieldViolation


class ConversationUnknown(DomainError):
    """There is no such conversation, or its secret was wrong: the answer does not tell which."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.NOT_FOUND,
            reason="CONVERSATION",
            message="no such conversation; conversations are kept for a day after the last change",
        )


class WrongState(DomainError):
    """The conversation is not in a state that allows this."""

    def __init__(self, state: str, wanted: str) -> None:
        super().__init__(
            kind=ErrorKind.PRECONDITION,
            reason="WRONG_STATE",
            message=f"the conversation is {state}, this needs {wanted}; watch it, try again then",
            metadata={"state": state},
        )


class NotTheAgent(DomainError):
    """Somebody other than the assigned agent acts as an agent."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.PERMISSION,
            reason="NOT_ASSIGNED_AGENT",
            message="only the agent whom the router assigned to this conversation may do this",
        )


class RateLimited(DomainError):
    """Too many messages in too short a time."""

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__(
            kind=ErrorKind.EXHAUSTED,
            reason="RATE_LIMITED",
            message="too many messages; send the same one again after the delay",
            retry_after_seconds=retry_after_seconds,
        )


class StoreDown(DomainError):
    """Redis does not answer."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.UNAVAILABLE,
            reason="STATE_STORE_DOWN",
            message="the store of conversations does not answer; send the same request again",
            retry_after_seconds=1.0,
        )


class Conflict(DomainError):
    """The conversation changed between reading and writing, again and again."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.ABORTED,
            reason="CONVERSATION_CHANGED",
            message="the conversation was changed by others at the same time; try again",
        )


class BotFailed(DomainError):
    """The bot gave no answer.

    `cause`: timeout, unreachable, refused, bad_answer, or no_answer when it was silent.
    """

    def __init__(self, cause: str) -> None:
        super().__init__(
            kind=ErrorKind.UNAVAILABLE, reason="BOT_UNAVAILABLE", message=f"the bot failed: {cause}"
        )
        self.cause = cause


class BadNumber(DomainError):
    """The customer cannot be called back at this."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.INVALID,
            reason="BAD_NUMBER",
            message="number: give a telephone number that can be called, with its area code",
            violations=(FieldViolation("number", "a telephone number that can be called"),),
        )


class CallbackFailed(DomainError):
    """The router did not take the call back; the customer keeps waiting."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.UNAVAILABLE,
            reason="CALLBACK_FAILED",
            message="the call back could not be booked; the place in the queue is kept",
            retry_after_seconds=60.0,
        )


class RouterFailed(DomainError):
    """The router refused or did not answer; `reason` is its own, or ROUTER_UNAVAILABLE."""

    def __init__(self, kind: ErrorKind, reason: str, retry_after_seconds: float | None) -> None:
        super().__init__(
            kind=kind,
            reason=reason,
            message="the router did not do it; its reason is given",
            retry_after_seconds=retry_after_seconds,
        )

    @property
    def is_transient(self) -> bool:
        """Whether the same request may succeed in a moment."""
        return self.kind is ErrorKind.UNAVAILABLE


def bad_field(field: str, fix: str, reason: str = "BAD_FIELD") -> DomainError:
    """An INVALID error about one field of a request."""
    return DomainError(
        kind=ErrorKind.INVALID,
        reason=reason,
        message=f"{field}: {fix}",
        violations=(FieldViolation(field, fix),),
    )
