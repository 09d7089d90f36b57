"""What use cases need of channels and of the store of their customers."""

from typing import Protocol

from switchyard_gateway.domain.channels import Delivery, Peer, PeerKey
from switchyard_gateway.domain.conversation import EntryId, Message


class Channel(Protocol):
    """A way to customers. One port for all of them."""

    @property
    def name(self) -> str:
        """As conversations and metrics have it."""
        ...

    async def deliver(self, peer: Peer, messages: tuple[Message, ...]) -> Delivery:
        """Send messages in order, at least once each; never raises for what the network does."""
        ...


class Peers(Protocol):
    """Customers of channels, and who delivers to them. All raise StoreDown."""

    async def find(self, key: PeerKey) -> Peer | None:
        """The customer, unless unheard of for a day."""
        ...

    async def save(self, peer: Peer) -> None:
        """Remember them with this conversation, as somebody to deliver to."""
        ...

    async def wrote(self, peer: Peer) -> None:
        """They have written again in the same conversation, so that they can be written to."""
        ...

    async def delivered(
        self, peer: Peer, upto: EntryId, offered: tuple[str, ...], *, held: bool
    ) -> None:
        """So much of this conversation has reached the customer, and they may pick of this."""
        ...

    async def forget(self, key: PeerKey) -> None:
        """Nothing is to be delivered any more."""
        ...

    async def is_new(self, key: PeerKey, message_id: str) -> bool:
        """Whether this message has not been heard of in the last minutes; it now has."""
        ...

    async def unheard(self, key: PeerKey, message_id: str) -> None:
        """It could not be taken after all, and may come again."""
        ...

    async def lease(self, key: PeerKey, owner: str, seconds: float) -> bool:
        """Whether the owner alone delivers to this customer, for so long."""
        ...

    async def release(self, key: PeerKey, owner: str) -> None:
        """Let somebody else deliver."""
        ...

    async def active(self) -> tuple[PeerKey, ...]:
        """Whom something may have to be delivered to."""
        ...


class ChannelObserver(Protocol):
    """Who counts; knows no addresses and no texts."""

    def channel_message(self, channel: str, direction: str, outcome: str) -> None:
        """A message came in (taken, repeated, refused) or went out (by its outcome)."""
        ...

    def channel_rejected(self, channel: str, reason: str) -> None:
        """A request was refused before it was a message."""
        ...

    def followers(self, count: int) -> None:
        """So many customers of channels are delivered to by this process."""
        ...
