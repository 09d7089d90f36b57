"""Attributes of contacts for tests, behind the port that reads contacts."""

from collections.abc import Mapping, Sequence
from typing import Any

from switchyard_router.domain.records import ContactRecord


class Details:
    """Contacts' attributes, as a store that says what it was asked."""

    def __init__(self) -> None:
        self.attributes: dict[str, Mapping[str, object]] = {}
        self.asked: list[Sequence[str]] = []

    async def get_many(self, contact_ids: Sequence[str]) -> list[ContactRecord | None]:
        """As the store does; only the detail is there."""
        self.asked.append(list(contact_ids))
        found: Any = [_Detail(one.encode()) for one in contact_ids]
        return found  # type: ignore[no-any-return]

    def decode(self, detail: bytes) -> Mapping[str, object]:
        """The attributes in a detail."""
        return self.attributes.get(detail.decode(), {})


class _Detail:
    def __init__(self, detail: bytes) -> None:
        self.detail = detail
