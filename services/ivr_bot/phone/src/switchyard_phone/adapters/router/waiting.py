"""One caller's place with the router."""

import asyncio
from typing import Protocol

from switchyard_phone.service.routing import News, Offer, Wanted


class Line(Protocol):
    """What a place needs of the node."""

    def joined(self, place: "CallersPlace", offer: Offer) -> None:
        """The agent has the caller."""
        ...

    def not_joined(self, contact: str, offer: Offer, cause: str) -> None:
        """The agent could not be joined."""
        ...

    def left(self, contact: str) -> None:
        """The caller is gone."""
        ...

    def release(self, place: "CallersPlace") -> None:
        """The caller's leg is not held any more."""
        ...

    def find_again(self, place: "CallersPlace") -> None:
        """The router has lost the contact of a caller who still waits."""
        ...

    async def call_back(self, place: "CallersPlace", number: str) -> bool:
        """Queue a call to the caller instead."""
        ...


class CallersPlace:
    """The port Waiting. Made before the contact is, since its news may be faster than its name."""

    def __init__(self, line: Line, wanted: Wanted, external_id: str, since: float) -> None:
        self._line = line
        self._news: asyncio.Queue[News] = asyncio.Queue()
        self.wanted = wanted
        self.external_id = external_id
        self.since = since
        self.contact = ""
        self.lost = False
        self._joining = False

    def tell(self, news: News) -> None:
        """Something happened."""
        self._joining = self._joining or isinstance(news, Offer)
        self._news.put_nowait(news)

    async def next(self) -> News:
        """What happens next."""
        return await self._news.get()

    def joined(self, offer: Offer) -> None:
        """Caller and agent are together."""
        self._line.joined(self, offer)

    def not_joined(self, offer: Offer, cause: str) -> None:
        """They could not be joined."""
        self._line.not_joined(self.contact, offer, cause)
        self._joining = False
        if self.lost:
            self._line.find_again(self)

    def unknown(self) -> None:
        """The router does not know the contact.

        While an agent is being joined nothing is done: with the agent the caller waits no more.
        """
        if self.lost:
            return
        self.lost = True
        if not self._joining:
            self._line.find_again(self)

    def left(self) -> None:
        """The caller is gone, or wants nobody any more."""
        self._line.left(self.contact)

    async def call_back(self, number: str) -> bool:
        """Have the caller called back in their turn."""
        return await self._line.call_back(self, number)

    def release(self) -> None:
        """The caller's leg is not held any more."""
        self._line.release(self)
