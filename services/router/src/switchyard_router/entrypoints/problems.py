"""Everything that is wrong with a message, told at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from switchyard_common.errors import DomainError, ErrorKind, FieldViolation

_MOST = 100


class Problems:
    """Collects what is wrong, field by field, in the order of the message."""

    def __init__(self) -> None:
        self._found: list[FieldViolation] = []

    def add(self, field: str, fix: str, reason: str = "BAD_FIELD") -> None:
        """Something is wrong with a field."""
        self._found.append(FieldViolation(field, fix, reason))

    def noted(self, field: str) -> bool:
        """Whether something is wrong with a field already."""
        return any(known.field == field for known in self._found)

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Keep what a check of one field refuses, and go on."""
        try:
            yield
        except DomainError as error:
            if error.kind is not ErrorKind.INVALID:
                raise
            self._found += error.violations

    def check(self) -> None:
        """Raise INVALID with all problems (the first hundred); its reason is the first one's."""
        if not self._found:
            return
        first, *others = self._found
        more = f" (and {len(others)} more)" if others else ""
        raise DomainError(
            kind=ErrorKind.INVALID,
            reason=first.reason or "BAD_FIELD",
            message=f"{first.field}: {first.description}{more}",
            violations=tuple(self._found[:_MOST]),
        )
