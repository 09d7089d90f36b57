"""A store with an outbox, filled with people who also have a record in a CRM."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from sqlalchemy import func, select, update
from switchyard_common.clock import Clock, FakeClock
from switchyard_common.ids import IdFactory
from switchyard_crm.adapters.sealing import MasterKeyVault
from switchyard_crm.adapters.sql.consents import SqlConsents
from switchyard_crm.adapters.sql.database import Database, open_database
from switchyard_crm.adapters.sql.deliveries import SqlDeliveries
from switchyard_crm.adapters.sql.outbox import SqlOutbox
from switchyard_crm.adapters.sql.schema import records
from switchyard_crm.adapters.sql.writer import StoreWriter
from switchyard_crm.adapters.sql.writes import SqlWrites, Takers
from switchyard_crm.domain.deliveries import BackOff, Delivery, WriteKind
from switchyard_crm.domain.names import CustomerId, CustomerName
from switchyard_crm.domain.records import CustomerRecord
from switchyard_crm.service.cases import CaseReference, CreateCase, UpdateCase, WrittenCase
from switchyard_crm.service.connectors import CaseChange, Connector, NewCase
from switchyard_crm.service.deliveries import GetDelivery, RedriveDelivery
from switchyard_crm.service.delivering import Chance, Delivering, DeliveryRules, Destination
from switchyard_crm.service.interactions import LogInteraction, NewInteraction
from switchyard_crm.service.outbox import Depth, Outbox, Outcome, Room
from switchyard_crm.service.requests import WriteRequest

from tests.fakes.crm.people import DEMO, NOW, customer, wang

WANG = CustomerName(DEMO, CustomerId("c-1"))
WANG_IN_CRM = "r-1"
STRANGER = CustomerName(DEMO, CustomerId("c-2"))
# Whoever tests what becomes of a slow CRM, or of a worker that died, sets his own.
RULES = DeliveryRules(
    call_seconds=120, lease_seconds=600, poll_seconds=0.02, back_off=BackOff(1, 300)
)


def vault() -> MasterKeyVault:
    """The same in every process."""
    return MasterKeyVault([bytes(range(32))])


def anybody(source: str = "crm") -> Takers:
    """Every kind of write goes to this source."""
    return {(DEMO, kind): frozenset((source,)) for kind in WriteKind}


def people() -> list[CustomerRecord]:
    """Wang here and in the CRM, and somebody whom the CRM does not know."""
    return [wang(), customer(WANG_IN_CRM, source="crm"), customer("c-2")]


@dataclass
class Counted:
    """What the worker counted."""

    outcomes: dict[Outcome, int] = field(default_factory=dict)
    depths: dict[str, tuple[int, int, float]] = field(default_factory=dict)

    def dispatched(self, source: str, outcome: Outcome, count: int = 1) -> None:
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + count

    def depth(self, depth: Depth, oldest_seconds: float) -> None:
        self.depths[depth.source] = depth.pending, depth.dead, oldest_seconds


@dataclass
class OpenBucket:
    """Lets calls through at once, or not at all."""

    empty: bool = False
    paused_seconds: float = 0.0

    def reserve(self, most_seconds: float) -> float | None:
        return None if self.empty else 0.0

    def pause(self, seconds: float) -> None:
        self.paused_seconds = seconds


class OutboxWorld:
    """Use cases on a database; every write gets a request id of its own unless one is given."""

    def __init__(
        self, database: Database, clock: Clock, limit: int = 1000, source: str = "crm"
    ) -> None:
        self.database = database
        self.clock = clock
        self.room = Room(limit)
        self.counted = Counted()
        self.bucket = OpenBucket()
        self.outbox = SqlOutbox(database, vault())
        self.consents = SqlConsents(database, vault())
        self._deliveries = SqlDeliveries(database)
        self._numbers = count()
        ids = IdFactory(clock)
        writes = SqlWrites(database, vault(), self.room, anybody(source))
        self._log = LogInteraction(writes, ids, clock)
        self._create = CreateCase(writes, ids, clock)
        self._update = UpdateCase(writes, ids, clock)

    async def fill(self, records_: Sequence[CustomerRecord]) -> None:
        await StoreWriter(self.database, vault(), self.clock).replace(records_)

    async def unite(self, *ids: str) -> None:
        """Make records one customer, the first being its name."""
        async with self.database.writing() as connection:
            theirs = update(records).where(records.c.tenant == DEMO, records.c.id.in_(ids))
            await connection.execute(theirs.values(customer_id=ids[0]))

    def request(self, request_id: str = "", rpc: str = "Write", digest: str = "d") -> WriteRequest:
        return WriteRequest(DEMO, request_id or f"request-{next(self._numbers)}", rpc, digest)

    async def log(
        self, summary: str, who: CustomerName = WANG, request: WriteRequest | None = None
    ) -> str:
        """The id of the delivery."""
        entry = NewInteraction("VOICE", summary=summary)
        return (await self._log.run(who, entry, request or self.request())).answer

    async def open_case(
        self, subject: str, who: CustomerName = WANG, request: WriteRequest | None = None
    ) -> WrittenCase:
        new = NewCase(subject, "the parcel is wet", "high", "SY-1")
        return await self._create.run(who, new, request or self.request())

    async def change_case(
        self, number: str, comment: str = "", state: str = "", source: str = ""
    ) -> WrittenCase:
        change = CaseChange(state, comment)
        return await self._update.run(WANG, CaseReference(number, source), change, self.request())

    async def standing(self, delivery: str) -> Delivery:
        return await GetDelivery(self._deliveries).run(DEMO, delivery)

    async def redrive(self, delivery: str) -> Delivery:
        return await RedriveDelivery(self._deliveries, self.clock).run(DEMO, delivery)

    def worker(
        self,
        connector: Connector,
        rules: DeliveryRules = RULES,
        outbox: Outbox | None = None,
    ) -> Delivering:
        holders = (f"{id(self)}-{number}"[-32:] for number in count())
        return Delivering(
            Destination(DEMO, connector, self.bucket),
            outbox or self.outbox,
            self.counted,
            self.clock,
            rules,
            Chance(lambda: 0.5, lambda: next(holders)),
        )


@asynccontextmanager
async def outbox_world(
    url: str, clock: Clock | None = None, limit: int = 1000, source: str = "crm"
) -> AsyncIterator[OutboxWorld]:
    """Open the database of a URL, and close it."""
    async with open_database(
        url, setting="CRM_DATABASE_URL", readers=4, writers=4, busy_seconds=20
    ) as database:
        yield OutboxWorld(database, clock or FakeClock(NOW), limit, source)


async def drain(worker: Delivering) -> None:
    """Let a worker do all it can do now."""
    while await worker.step():
        pass


async def rows(world: OutboxWorld, table: object) -> int:
    """How many there are in a table."""
    async with world.database.reading() as connection:
        found = await connection.execute(select(func.count()).select_from(table))  # type: ignore[arg-type]
        return int(found.scalar_one())
