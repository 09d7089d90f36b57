"""Platform nodes: port."""

from collections.abc import Sequence
from typing import Protocol


class NodeStore(Protocol):
    """Platform nodes in the store."""

    async def attach_node(
        self, node_id: str, kind: str, lease_ms: int, grace_ms: int, live: Sequence[str]
    ) -> tuple[int, list[str], list[str]]:
        """Attach: (epoch, contacts unknown here, contacts the node forgot and that were ended)."""
        ...

    async def contacts_of_node(self, node_id: str) -> list[str]:
        """Live contacts of a node."""
        ...
