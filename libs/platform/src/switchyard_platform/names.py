"""Resource names of one tenant."""


class Names:
    """Makes the resource names of a tenant from bare ids."""

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.parent = f"tenants/{tenant}"

    def of(self, collection: str, resource_id: str) -> str:
        """The full name, for instance of ("queues", "billing")."""
        return f"{self.parent}/{collection}/{resource_id}"


def id_of(name: str) -> str:
    """The bare id at the end of a resource name."""
    return name.rpartition("/")[2]
