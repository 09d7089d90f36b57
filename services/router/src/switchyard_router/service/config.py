"""Configuration as administrators write it: port."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from switchyard_router.service.config_loader import ConfigStore


class ConfigWriter(ConfigStore, Protocol):
    """Reads and writes stored configuration; kinds are "queue", "agent" and "plan"."""

    async def upsert(
        self,
        kind: str,
        resource_id: str,
        data: bytes,
        fields: Mapping[str, str | int],
        *,
        version: str,
        check_only: bool,
        uses: Sequence[str] = (),
    ) -> int:
        """Store a message and what scripts need; returns its version; may raise ETAG_MISMATCH.

        `uses`: what it names, as "kind:id"; all must exist.
        """
        ...

    async def delete(self, kind: str, resource_id: str, version: str) -> None:
        """Delete what nothing uses; raises NOT_FOUND, ETAG_MISMATCH, or IN_USE naming the users."""
        ...
