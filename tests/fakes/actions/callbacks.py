"""Callbacks, and who may be called, in memory."""

from dataclasses import dataclass, field

from switchyard_actions.domain.holders import Reach
from switchyard_actions.service.callbacks import (
    CallbackBooked,
    CallbackWish,
    NoCallback,
    Permission,
)
from switchyard_actions.service.ports import Unavailable


@dataclass
class FakeCallbacks:
    """Keeps wishes by id; can be down, full or closed. `minutes` is the estimate."""

    available: bool = True
    refusal: NoCallback | None = None
    minutes: int | None = 4
    booked: dict[str, CallbackWish] = field(default_factory=dict)

    async def book(self, wish: CallbackWish) -> CallbackBooked | NoCallback:
        """See Callbacks."""
        if not self.available:
            raise Unavailable("router")
        if self.refusal is not None:
            return self.refusal
        self.booked[wish.id] = wish
        return CallbackBooked(None if wish.not_before else self.minutes)

    @property
    def wishes(self) -> list[CallbackWish]:
        """All that was booked, in order."""
        return list(self.booked.values())


@dataclass
class FakeCallPermissions:
    """Whose owners refuse; can be down."""

    refused: dict[str, Permission] = field(default_factory=dict)
    available: bool = True

    async def for_call(self, phone: Reach) -> Permission:
        """See CallPermissions."""
        if not self.available:
            raise Unavailable("crm")
        return self.refused.get(phone.value, Permission.ALLOWED)
