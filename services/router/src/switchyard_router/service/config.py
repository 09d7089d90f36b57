"""Configuration as administrators write it: port."""

from collections.abc import Mapping
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
    ) -> int:
        """Store a message and what scripts need; returns its version; may raise ETAG_MISMATCH."""
        ...
