"""Resource names: tenants/{tenant}/{collection}/{id}."""

import re
from dataclasses import dataclass

from switchyard_common.errors import DomainError, ErrorKind, FieldViolation

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,127}")


@dataclass(frozen=True, slots=True)
class Tenant:
    """Builds the names of one tenant."""

    id: str

    @property
    def name(self) -> str:
        """tenants/{tenant}"""
        return f"tenants/{self.id}"

    def of(self, collection: str, resource_id: str) -> str:
        """The name of a resource; empty for an empty id."""
        return f"tenants/{self.id}/{collection}/{resource_id}" if resource_id else ""

    def parse(self, collection: str, name: str, field: str, *, required: bool = True) -> str:
        """The id in a name of this tenant's collection.

        Raises DomainError INVALID (BAD_NAME) naming the field, or PERMISSION (TENANT_MISMATCH).
        """
        if not name and not required:
            return ""
        parts = name.split("/")
        if len(parts) != 4 or parts[0] != "tenants" or parts[2] != collection:
            raise bad_field(
                field, f"must look like tenants/{{tenant}}/{collection}/{{id}}", "BAD_NAME"
            )
        self._check(parts[1])
        if not _ID.fullmatch(parts[3]):
            raise bad_field(
                field, "the id may hold letters, digits, '.', '_', '~', '-'; 1 to 128", "BAD_NAME"
            )
        return parts[3]

    def check_parent(self, parent: str, field: str = "parent") -> None:
        """Raises unless `parent` names this tenant."""
        parts = parent.split("/")
        if len(parts) != 2 or parts[0] != "tenants":
            raise bad_field(field, "must look like tenants/{tenant}", "BAD_NAME")
        self._check(parts[1])

    def _check(self, tenant: str) -> None:
        if tenant != self.id:
            raise DomainError(
                kind=ErrorKind.PERMISSION,
                reason="TENANT_MISMATCH",
                message=f"this router serves {self.name}; use names that begin with it",
            )


def bad_field(field: str, fix: str, reason: str = "BAD_FIELD") -> DomainError:
    """An INVALID error about one field of a request."""
    return DomainError(
        kind=ErrorKind.INVALID,
        reason=reason,
        message=f"{field}: {fix}",
        violations=(FieldViolation(field, fix, reason),),
    )
