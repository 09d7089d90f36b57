"""Resource names: tenants/{tenant}/{collection}/{id}."""

import re
from dataclasses import dataclass

from switchyard_common.errors import DomainError, ErrorKind

from switchyard_gateway.domain.errors import bad_field

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,127}")


def short(name: str) -> str:
    """The id at the end of a name, as the logs of all processes have it."""
    return name.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Tenant:
    """Builds and reads the names of the one tenant that this gateway serves."""

    id: str

    @property
    def name(self) -> str:
        """tenants/{tenant}"""
        return f"tenants/{self.id}"

    def of(self, collection: str, resource_id: str) -> str:
        """The name of a resource."""
        return f"{self.name}/{collection}/{resource_id}"

    def parse(self, collection: str, name: str, field: str) -> str:
        """The id in a name; raises INVALID (BAD_NAME) or PERMISSION (TENANT_MISMATCH)."""
        match name.split("/"):
            case ["tenants", tenant, kind, resource_id] if kind == collection and tenant:
                self._check(tenant)
                if _ID.fullmatch(resource_id):
                    return resource_id
        raise bad_field(field, f"must look like tenants/{{tenant}}/{collection}/{{id}}", "BAD_NAME")

    def check_parent(self, parent: str) -> None:
        """Raise unless `parent` names this tenant."""
        match parent.split("/"):
            case ["tenants", tenant] if tenant:
                self._check(tenant)
            case _:
                raise bad_field("parent", "must look like tenants/{tenant}", "BAD_NAME")

    def _check(self, tenant: str) -> None:
        if tenant != self.id:
            raise DomainError(
                kind=ErrorKind.PERMISSION,
                reason="TENANT_MISMATCH",
                message=f"this gateway serves {self.name}; use names that begin with it",
            )
