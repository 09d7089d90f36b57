"""Errors that domain and use cases raise. Knows no transport, so every layer may import it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import override

_NOTHING: Mapping[str, str] = MappingProxyType({})


class ErrorKind(Enum):
    """What the caller can do about an error; each kind has one gRPC status code."""

    INVALID = "invalid"
    NOT_FOUND = "not_found"
    ALREADY_EXISTS = "already_exists"
    PRECONDITION = "precondition"
    ABORTED = "aborted"
    EXHAUSTED = "exhausted"
    UNAVAILABLE = "unavailable"
    OUT_OF_RANGE = "out_of_range"
    UNAUTHENTICATED = "unauthenticated"
    PERMISSION = "permission"
    UNIMPLEMENTED = "unimplemented"
    INTERNAL = "internal"  # made by the server for exceptions that nobody expected; do not raise


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """A field of a request that is wrong: its path (`contact.channel`) and how to mend it.

    `reason`: UPPER_SNAKE and part of the contract, where it says more than the error's own.
    """

    field: str
    description: str
    reason: str = ""


class DomainError(Exception):
    """An expected failure with a stable identity.

    `reason` is UPPER_SNAKE and part of the contract; `message` says what is wrong and the fix, for
    a person, and holds no personal data; `metadata` is for programs; `retry_after_seconds` tells
    when a retry makes sense (None: not said).
    """

    def __init__(
        self,
        *,
        kind: ErrorKind,
        reason: str,
        message: str,
        violations: tuple[FieldViolation, ...] = (),
        metadata: Mapping[str, str] = _NOTHING,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.reason = reason
        self.message = message
        self.violations = violations
        self.metadata = metadata
        self.retry_after_seconds = retry_after_seconds

    @override
    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.kind.name}, {self.reason}, {self.message!r})"


class StartError(Exception):
    """The process cannot start, and whoever starts it can mend that; the text says how."""
