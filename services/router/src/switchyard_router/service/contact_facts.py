"""What expressions read of contacts and their queues.

The attributes that a platform sends along are neither in events nor on the board: they are read
from the store, in batches, for contacts whose plan asks for them. A contact waits for its own a
moment; when they do not come they count as missing, until they do.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import structlog
from switchyard_common.errors import DomainError

from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.expressions import CONTACT, MISSING, QUEUE, Path
from switchyard_router.domain.records import ContactRecord, StoredEvent
from switchyard_router.domain.states import TERMINAL
from switchyard_router.service.queue_facts import QueueFacts
from switchyard_router.service.store_clock import StoreClock

PATIENCE_MS = 500
"""How long a contact waits for its attributes."""
_BATCH = 200
_MOST_BYTES = 64 * 1024 * 1024
_RETRY_SECONDS = 0.5
_NOTHING: Mapping[str, object] = {}

type Attributes = Mapping[str, object]


class DetailStore(Protocol):
    """Reads contacts with all their detail."""

    async def get_many(self, contact_ids: Sequence[str]) -> list[ContactRecord | None]:
        """Several contacts in one round trip, in the order asked for."""
        ...


class ContactFacts:
    """Values of the facts in `contact.*` and `queue.*`; O(1) for each that is at hand.

    Memory: at most 64 MiB of contacts' details as they are encoded; the longest unused go first.
    """

    def __init__(
        self,
        store: DetailStore,
        decode: Callable[[bytes], Attributes],
        queues: QueueFacts,
        clock: StoreClock,
    ) -> None:
        self._store = store
        self._decode = decode
        self._queues = queues
        self._clock = clock
        self._known: OrderedDict[str, tuple[Attributes, int]] = OrderedDict()
        self._bytes = 0
        self._asked: dict[str, int] = {}
        self._wanted = asyncio.Event()
        self._listeners: list[Callable[[Sequence[str]], None]] = []
        self._log = structlog.stdlib.get_logger()

    def on_loaded(self, listener: Callable[[Sequence[str]], None]) -> None:
        """Tell somebody whenever attributes arrived, and of which contacts."""
        self._listeners.append(listener)

    def values(self, contact: Waiting, paths: Sequence[Path]) -> list[object] | None:
        """Values of the paths of contact and queue, MISSING for others and for what is not there.

        None: its attributes are on their way; ask again when they are loaded, or after `due_ms`.
        """
        found: list[object] = []
        for path in paths:
            if path[0] == QUEUE:
                found.append(self._queues.of(contact.queue)[path[1]])
            elif path[0] != CONTACT:
                found.append(MISSING)
            elif path[1] != "attributes":
                found.append(self._plain(contact, path[1]))
            else:
                attributes = self._attributes(contact.id)
                if attributes is None:
                    return None
                found.append(_inside(attributes, path[2:]))
        return found

    def due_ms(self, contact_id: str) -> int | None:
        """Until when (ms) a contact waits for its attributes; None: it does not."""
        asked = self._asked.get(contact_id)
        return None if asked is None else asked + PATIENCE_MS

    def on_event(self, event: StoredEvent) -> None:
        """Forget attributes that changed, and those of contacts that are over."""
        state = event.data.get("state")
        if event.type == "contact.updated" or state in TERMINAL:
            self._drop(event.subject)

    def lend(self, contact_id: str, detail: bytes) -> None:
        """Know the detail of a contact that is nowhere stored, until it is taken back."""
        self._keep(contact_id, self._decode(detail), len(detail))

    def take_back(self, contact_id: str) -> None:
        """Forget what was lent."""
        self._drop(contact_id)

    def forget(self) -> None:
        """Events were missed: what is known may be old."""
        self._known.clear()
        self._asked.clear()
        self._bytes = 0

    async def run(self) -> None:
        """Load what is asked for until cancelled; a store that is down is asked again."""
        while True:
            await self._wanted.wait()
            try:
                await self.load()
            except DomainError as error:
                self._log.warning("attributes_delayed", reason=error.reason)
                await asyncio.sleep(_RETRY_SECONDS)

    async def load(self) -> None:
        """Load one batch of what is asked for."""
        batch = list(self._asked)[:_BATCH]
        for contact_id, record in zip(batch, await self._store.get_many(batch), strict=True):
            if self._asked.pop(contact_id, None) is None:
                continue  # it is over, or changed while it was read: it is asked for again
            detail = record.detail if record is not None else b""
            self._keep(contact_id, self._decode(detail), len(detail))
        if not self._asked:
            self._wanted.clear()
        for listener in self._listeners:
            listener(batch)

    def _attributes(self, contact_id: str) -> Attributes | None:
        known = self._known.get(contact_id)
        if known is not None:
            self._known.move_to_end(contact_id)
            return known[0]
        now = self._clock.now_ms()
        asked = self._asked.setdefault(contact_id, now)
        self._wanted.set()
        return None if now < asked + PATIENCE_MS else _NOTHING

    def _plain(self, contact: Waiting, name: str) -> object:
        if name == "waited_seconds":
            return max(0, self._clock.now_ms() - contact.enqueue_ms) // 1000
        return getattr(contact, name)

    def _keep(self, contact_id: str, attributes: Attributes, size: int) -> None:
        self._known[contact_id] = (attributes, size)
        self._bytes += size
        while self._bytes > _MOST_BYTES:
            _, (_, freed) = self._known.popitem(last=False)
            self._bytes -= freed

    def _drop(self, contact_id: str) -> None:
        self._asked.pop(contact_id, None)
        _, freed = self._known.pop(contact_id, (_NOTHING, 0))
        self._bytes -= freed


def _inside(attributes: object, path: Path) -> object:
    for name in path:
        if not isinstance(attributes, Mapping) or name not in attributes:
            return MISSING
        attributes = attributes[name]
    return attributes
