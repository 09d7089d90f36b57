"""Taking customers over from a file: batch by batch, each as a whole or not at all."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Protocol

from switchyard_crm.domain.customer import LOCAL_SOURCE
from switchyard_crm.domain.identifiers import order_key
from switchyard_crm.domain.names import CustomerId, TenantId
from switchyard_crm.domain.records import CustomerRecord


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a document: the path of the field, and how to put it right."""

    field: str
    fix: str


@dataclass(frozen=True, slots=True)
class ReadLine:
    """One line of a file: its number from 1, the bytes read so far, a record or problems."""

    line: int
    bytes_read: int
    record: CustomerRecord | None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class LineProblem:
    """A problem and the line it is on."""

    line: int
    problem: Problem


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of a batch: customers stored, lines refused and why, bytes of the file read.

    `kept_out`: customers whose data was erased and who do not come back.
    """

    stored: int
    problems: tuple[LineProblem, ...]
    bytes_read: int
    kept_out: int = 0


class CustomerWriter(Protocol):
    """Stores customers."""

    async def order_owners(
        self, tenant: TenantId, source: str, order_keys: Sequence[str]
    ) -> dict[str, CustomerId]:
        """The records that hold orders of these comparable numbers in a source.

        Unknown numbers are left out. Raises StoreUnavailable.
        """
        ...

    async def replace(self, records: Sequence[CustomerRecord]) -> tuple[CustomerId, ...]:
        """Store all records of one tenant in one transaction; the ids they are stored under.

        Each takes the place of what its source said before, and one that says nothing new is not
        written. What was logged through the service stays. Records that were erased stay out, and
        out of the ids. Raises WriteConflict, StoreUnavailable.
        """
        ...


class ImportCustomers:
    """Stores the customers of a file, all of one source. Doing it again changes nothing."""

    def __init__(self, writer: CustomerWriter, batch_size: int, source: str = LOCAL_SOURCE) -> None:
        self._writer = writer
        self._batch_size = batch_size
        self._source = source

    async def run(self, tenant: TenantId, lines: Iterable[ReadLine]) -> AsyncIterator[BatchResult]:
        """Yields after each batch. A bad line costs only itself.

        Raises WriteConflict, StoreUnavailable: batches yielded before are stored.
        """
        seen = _Seen()
        for batch in batched(lines, self._batch_size):
            yield await self._store(tenant, batch, seen)

    async def _store(
        self, tenant: TenantId, batch: Sequence[ReadLine], seen: "_Seen"
    ) -> BatchResult:
        keys = [key for line in batch if line.record for key, _ in _order_keys(line.record)]
        owners = await self._writer.order_owners(tenant, self._source, keys)
        good: list[CustomerRecord] = []
        problems: list[LineProblem] = []
        for line in batch:
            found = line.problems
            if line.record is not None:
                found = tuple(seen.clashes(line.line, line.record, owners))
            problems.extend(LineProblem(line.line, problem) for problem in found)
            if line.record is not None and not found:
                seen.add(line.line, line.record)
                good.append(line.record)
        stored = len(await self._writer.replace(good)) if good else 0
        kept_out = len(good) - stored
        return BatchResult(stored, tuple(problems), batch[-1].bytes_read, kept_out)


class _Seen:
    """What earlier lines hold, to tell when a later one contradicts them."""

    def __init__(self) -> None:
        self._customers: dict[CustomerId, int] = {}
        self._orders: dict[str, int] = {}

    def add(self, line: int, record: CustomerRecord) -> None:
        self._customers[record.name.customer] = line
        self._orders.update((key, line) for key, _ in _order_keys(record))

    def clashes(
        self, line: int, record: CustomerRecord, owners: dict[str, CustomerId]
    ) -> Iterator[Problem]:
        customer = record.name.customer
        if (earlier := self._customers.get(customer)) is not None:
            yield Problem("id", f"is on line {earlier} already; make one document of both")
        for key, field in _order_keys(record):
            if (earlier := self._orders.get(key)) is not None:
                yield Problem(field, f"is on line {earlier} already; an order has one customer")
            elif owners.get(key, customer) != customer:
                yield Problem(
                    field,
                    "belongs to another customer in the store; "
                    "first import that customer's document without this order",
                )


def _order_keys(record: CustomerRecord) -> Iterator[tuple[str, str]]:
    for index, order in enumerate(record.orders):
        field = f"orders[{index}].number"
        yield order_key(order.number, field), field
