"""What has arrived on a leg and waits for its one reader; bounded, the oldest is dropped."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator


class Inbox[T]:
    """A queue from the event loop's callbacks to one reader."""

    def __init__(self, largest: int) -> None:
        self._items: deque[T] = deque()
        self._largest = largest
        self._news = asyncio.Event()
        self._closed = False
        self.dropped = 0

    def put(self, item: T) -> None:
        """Add one; nothing is added after `close`."""
        if self._closed:
            return
        if len(self._items) >= self._largest:
            self._items.popleft()
            self.dropped += 1
        self._items.append(item)
        self._news.set()

    def close(self) -> None:
        """Nothing more comes; what is there can still be read."""
        self._closed = True
        self._news.set()

    async def read(self) -> AsyncIterator[T]:
        """Everything from the oldest on; ends after `close`."""
        while True:
            while self._items:
                yield self._items.popleft()
            if self._closed:
                return
            self._news.clear()
            await self._news.wait()
