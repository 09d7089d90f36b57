"""What is owed to the person behind the data: everything of it as a file, and its erasure."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

import structlog
from switchyard_common.clock import Clock
from switchyard_common.errors import DomainError

from switchyard_crm.domain.customer import LOCAL_SOURCE
from switchyard_crm.domain.errors import CustomerNotFound
from switchyard_crm.domain.names import CustomerName, TenantId
from switchyard_crm.domain.survivors import MANUAL_SOURCE, REPORTER_SOURCE
from switchyard_crm.service.connectors import Capability, Connector, ConnectorError, NotFound

_REMOTE_SECONDS = 5.0
_RETRY_SECONDS = 60.0
_LONGEST_WRITE_SECONDS = 60.0
_ASKED_AT_ONCE = 100
# What is kept nowhere but here: with the rows it is gone.
_OWN_SOURCES = (LOCAL_SOURCE, MANUAL_SOURCE, REPORTER_SOURCE)
HISTORY_SOURCE = "history"
"""The history of contacts: no source of data, but a place where customers have to be erased. It
knows them by name; there is one erasure for each name that a customer may have had."""
_PAGE = 100
_MOST_PAGES = 100

type Plain = Mapping[str, object]
type Place = tuple[TenantId, str]
"""A source of a tenant. Two tenants may each have one of the same name."""


class ErasureState(StrEnum):
    """How far the erasure in a source has got."""

    ERASED = "erased"
    REQUESTED = "requested"
    UNSUPPORTED = "unsupported"
    """Nothing here can erase it there: an operator has to."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """The erasure of one record. `source_id` is empty once its source has erased it."""

    tenant: TenantId
    record: str
    source: str
    source_id: str
    state: ErasureState


@dataclass(frozen=True, slots=True)
class RecordRef:
    """One record of a customer."""

    record: str
    source: str
    source_id: str


@dataclass(frozen=True, slots=True)
class ExportedRecord:
    """One record of an export, as plain values for JSON."""

    source: str
    kind: str
    record: Plain


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure came to. `readable_rows` 0 is the proof."""

    results: Mapping[str, ErasureState]
    readable_rows: int


@dataclass(frozen=True, slots=True)
class Removal:
    """What was erased here, and how many writes to CRMs were taken back with it."""

    erasures: Sequence[Erasure] = ()
    writes: int = 0


class SubjectStore(Protocol):
    """All that the store holds of somebody. All methods raise StoreUnavailable."""

    async def records_of(self, customer: CustomerName) -> Sequence[RecordRef]:
        """The customer's records; none for one who is not known."""
        ...

    def export(self, customer: CustomerName) -> AsyncIterator[ExportedRecord]:
        """Everything that is stored of the customer, readable."""
        ...

    async def erase(
        self, customer: CustomerName, states: Mapping[str, ErasureState], actor: str, now: datetime
    ) -> Removal:
        """Delete keys and rows of all records of the customer in one transaction, and remember
        that they were erased, so that no source brings them back, and that the history has to
        forget them.

        `states`: what to note per source; UNSUPPORTED for others. None for an unknown customer.
        """
        ...

    async def erasures_of(self, customer: CustomerName) -> Sequence[Erasure]:
        """What was erased of somebody before."""
        ...

    async def requested(
        self, places: Collection[Place], before: datetime, skip: int, limit: int
    ) -> Sequence[Erasure]:
        """Erasures from before a time that these sources have not done yet, oldest first, without
        the first `skip`."""
        ...

    async def count_requested(self) -> int:
        """How many erasures no source has done yet."""
        ...

    async def settle(self, erasure: Erasure) -> None:
        """The source has erased it too."""
        ...

    async def readable(self, erasures: Sequence[Erasure]) -> int:
        """How many rows of these records there still are."""
        ...

    async def scrub(self) -> bool:
        """Have the database let go of deleted keys in its own files; False if it could not now."""
        ...


class Eraser(Protocol):
    """Where somebody is erased as well: a CRM, or the history."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can do."""
        ...

    async def erase(self, source_id: str) -> None:
        """As Connector."""
        ...


class ErasureMeter(Protocol):
    """Counts erasures."""

    def erased(self, source: str, state: str) -> None:
        """A record was erased here; the state is that of its source."""
        ...

    def pending(self, erasures: int) -> None:
        """So many erasures wait for their sources."""
        ...


class EraseSubject:
    """Makes everything of a customer unreadable here, and erases it wherever else that is possible.

    `erasers` are the CRMs, and the history if it is reached from here.
    """

    def __init__(
        self,
        store: SubjectStore,
        erasers: Mapping[Place, Eraser],
        clock: Clock,
        meter: ErasureMeter,
    ) -> None:
        self._store = store
        self._erasers = erasers
        self._clock = clock
        self._meter = meter
        self._log = structlog.stdlib.get_logger("switchyard.crm")

    async def run(self, customer: CustomerName, actor: str) -> Erased:
        """Erase; asking again tells how far it has got.

        Raises CustomerNotFound, StoreUnavailable.
        """
        states = self._states(customer.tenant)
        removed = await self._store.erase(customer, states, actor, self._clock.now())
        for erasure in removed.erasures:
            self._meter.erased(erasure.source, erasure.state)
        known = removed.erasures or await self._store.erasures_of(customer)
        if not known:
            raise CustomerNotFound
        if not await self._store.scrub():
            self._log.warning("erased_keys_still_in_files", why="the database was busy")
        if not removed.writes:  # one of them may just be on its way into a CRM: ask after it
            await self._ask_sources(known)
        told = await self._store.erasures_of(customer)
        return Erased(_worst(told), await self._store.readable(told))

    async def keep_asking(self) -> None:
        """Ask sources again that did not erase, until cancelled."""
        while True:
            try:
                await self.ask_again()
                self._meter.pending(await self._store.count_requested())
            except DomainError as error:
                self._log.warning("erasures_wait", reason=error.reason)
            await asyncio.sleep(_RETRY_SECONDS)

    async def ask_again(self) -> None:
        """Ask each source once for all that it has not erased. Raises StoreUnavailable."""
        settled = self._clock.now() - timedelta(seconds=_LONGEST_WRITE_SECONDS)
        places, waiting = self._erasers.keys(), 0
        while some := await self._store.requested(places, settled, waiting, _ASKED_AT_ONCE):
            waiting += await self._ask_sources(some)

    def _states(self, tenant: TenantId) -> Mapping[str, ErasureState]:
        able = {
            name: ErasureState.REQUESTED
            for (whose, name), eraser in self._erasers.items()
            if whose == tenant and Capability.ERASE in eraser.capabilities
        }
        return {**dict.fromkeys(_OWN_SOURCES, ErasureState.ERASED), **able}

    async def _ask_sources(self, erasures: Sequence[Erasure]) -> int:
        """How many of them wait on."""
        waiting = [each for each in erasures if each.state is ErasureState.REQUESTED]
        done = await asyncio.gather(*(self._ask(each) for each in waiting))
        return len(waiting) - sum(done)

    async def _ask(self, erasure: Erasure) -> bool:
        eraser = self._erasers.get((erasure.tenant, erasure.source))
        if eraser is None:  # no longer configured: it waits, and the metric shows it
            return False
        try:
            async with asyncio.timeout(_REMOTE_SECONDS):
                await eraser.erase(erasure.source_id)
        except NotFound:
            pass  # erased there already
        except (ConnectorError, TimeoutError) as error:
            self._log.warning("erasure_waits", source=erasure.source, error=type(error).__name__)
            return False
        except Exception:  # noqa: BLE001  # logged with its traceback, and tried again
            self._log.exception("erasing_crashed", source=erasure.source)
            return False
        await self._store.settle(erasure)
        return True


class ExportSubject:
    """Gives everything that is stored of a customer, here and in the CRMs."""

    def __init__(self, store: SubjectStore, connectors: Mapping[Place, Connector]) -> None:
        self._store = store
        self._connectors = connectors

    async def run(self, customer: CustomerName) -> AsyncIterator[ExportedRecord]:
        """Record by record; a source that does not answer is one of kind `unavailable`.

        Raises CustomerNotFound, StoreUnavailable.
        """
        records = await self._store.records_of(customer)
        if not records:
            raise CustomerNotFound
        async for exported in self._store.export(customer):
            yield exported
        for record in records:
            connector = self._connectors.get((customer.tenant, record.source))
            if connector is not None:
                async for exported in _remote(connector, record.source_id):
                    yield exported


async def _remote(connector: Connector, source_id: str) -> AsyncIterator[ExportedRecord]:
    try:
        for capability, kind, read in _READS:
            if capability in connector.capabilities:
                async for value in read(connector, source_id):
                    yield _exported(connector, kind, value)
    except ConnectorError as error:
        yield ExportedRecord(connector.name, "unavailable", {"error": type(error).__name__})


async def _profile(connector: Connector, source_id: str) -> AsyncIterator[object]:
    yield await connector.get(source_id)


async def _orders(connector: Connector, source_id: str) -> AsyncIterator[object]:
    for order in await connector.orders(source_id, _PAGE):
        yield order


async def _cases(connector: Connector, source_id: str) -> AsyncIterator[object]:
    for case in await connector.open_cases(source_id, _PAGE):
        yield case


async def _timeline(connector: Connector, source_id: str) -> AsyncIterator[object]:
    cursor = ""
    for _ in range(_MOST_PAGES):
        page = await connector.timeline(source_id, _PAGE, cursor)
        for interaction in page.interactions:
            yield interaction
        if not (cursor := page.cursor):
            return


_READS = (
    (Capability.GET, "profile", _profile),
    (Capability.ORDERS, "order", _orders),
    (Capability.OPEN_CASES, "case", _cases),
    (Capability.TIMELINE, "interaction", _timeline),
)


def _exported(connector: Connector, kind: str, value: object) -> ExportedRecord:
    return ExportedRecord(connector.name, kind, plain_parts(value))


def plain_parts(value: object) -> Plain:
    """The fields of a value as JSON has them, by name."""
    return {name: plain(part) for name, part in _parts(value)}


def plain(value: object) -> object:
    """A value as JSON has it: times and dates in ISO 8601, lists and objects."""
    if value is None or isinstance(value, str | int | float | bool):
        return str(value) if isinstance(value, StrEnum) else value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return plain_parts(value)


def _parts(value: object) -> Iterator[tuple[str, object]]:
    if not is_dataclass(value):
        raise TypeError(f"{type(value).__name__} cannot be exported")
    for field in fields(value):
        yield field.name, getattr(value, field.name)


def _worst(erasures: Sequence[Erasure]) -> Mapping[str, ErasureState]:
    """Per source the state that is furthest from erased."""
    order = (ErasureState.ERASED, ErasureState.REQUESTED, ErasureState.UNSUPPORTED)
    worst: dict[str, ErasureState] = {}
    for erasure in erasures:
        known = worst.get(erasure.source, ErasureState.ERASED)
        worst[erasure.source] = max(known, erasure.state, key=order.index)
    return worst
