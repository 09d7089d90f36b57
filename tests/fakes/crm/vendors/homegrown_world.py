"""Pinedesk's fake as a world of the conformance suite, by the example that the manual explains."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import EntryPoint
from pathlib import Path

from switchyard_common.clock import SystemClock
from switchyard_crm.adapters.connectors.registry import GROUP, Registry
from switchyard_crm.adapters.connectors.settings import (
    ConnectorsFile,
    SecretPlace,
    read_connectors,
)
from switchyard_crm.domain.identifiers import Normaliser
from switchyard_crm.service.connectors import Connector

from tests.contracts.crm.connector_world import Person
from tests.fakes.crm.faults import FaultyCrm, Seen
from tests.fakes.crm.vendors.homegrown import CLOSED, KEY, PinedeskFake, stamp
from tests.fakes.crm.vendors.worlds import VendorClock, proxied

EXAMPLE = Path(__file__).parents[4] / "services/crm_adapter/examples/pinedesk/connectors.yaml"
INSTALLED = EntryPoint("rest", "switchyard_crm.adapters.connectors.rest:KIND", GROUP)


class PinedeskWorld:
    """One Pinedesk; what people do in its pages."""

    def __init__(
        self,
        fake: PinedeskFake,
        clock: VendorClock,
        proxy: FaultyCrm,
        folder: Path,
        stack: AsyncExitStack,
    ) -> None:
        self.fake = fake
        self.clock = clock
        self.proxy = proxy
        self._folder = folder
        self._stack = stack

    async def connect(self, timeout_seconds: float = 20.0, wrong: bool = False) -> Connector:
        secret = self._folder / f"key-{wrong}"
        secret.write_text("wrong" if wrong else KEY)
        read = read_connectors(EXAMPLE)
        settings = read.connectors[0].model_copy(
            update={
                "url": f"{self.proxy.url}api/v2/",
                "credentials": {"key": SecretPlace(file=secret)},
                "timeout_seconds": timeout_seconds,
            }
        )
        registry = Registry(Normaliser("CN"), SystemClock(), [INSTALLED])
        connector = registry.build(ConnectorsFile(read.file, (settings,)), settings)
        self._stack.push_async_callback(connector.close)
        return connector

    def writes(self, seen: Seen) -> bool:
        return seen.method == "POST"

    async def add_person(self, person: Person) -> str:
        return self.fake.add_customer(
            name=person.name,
            phones=[{"number": phone} for phone in person.phones],
            mails=list(person.emails),
        )

    async def rename(self, source_id: str, name: str) -> None:
        # What changes again within the second of a page comes with the next sweep.
        self.clock.tick()
        self.fake.customers[source_id] |= {"name": name, "updated_ms": self.fake.now_ms()}

    async def add_phone(self, source_id: str, phone: str) -> None:
        row = self.fake.customers[source_id]
        row["phones"].append({"number": phone})
        row["updated_ms"] = self.fake.now_ms()

    async def remove(self, source_id: str) -> None:
        self.fake.remove_customer(source_id)

    async def changed_at_once(self, source_ids: Sequence[str]) -> None:
        now = self.fake.now_ms()
        for source_id in source_ids:
            self.fake.customers[source_id]["updated_ms"] = now

    async def add_interactions(self, source_id: str, summaries: Sequence[str]) -> None:
        for summary in summaries:
            at = stamp(self.clock.tick())
            self.fake.add_contact(source_id, at=at, via="电话", text=summary)

    async def add_case(self, source_id: str, subject: str, closed: bool) -> str:
        self.clock.tick()
        status = {"status": CLOSED} if closed else {}
        return str(self.fake.add_ticket(source_id, title=subject, **status)["nr"])

    async def add_orders(self, source_id: str, count: int) -> Sequence[str]:
        numbers = [f"P{source_id}-{place}" for place in range(count)]
        for number in numbers:
            self.clock.tick()
            self.fake.orders.append(
                {
                    "nr": number,
                    "customer": source_id,
                    "status": "已发货",
                    "placed_ms": self.fake.now_ms(),
                    "fen": 19900,
                    "lines": [{"title": "手机壳", "count": 2}],
                }
            )
        return numbers

    async def count_interactions(self, source_id: str) -> int:
        return sum(row["customer"] == source_id for row in self.fake.contacts)

    async def count_cases(self, source_id: str) -> int:
        return sum(row["customer"] == source_id for row in self.fake.tickets.values())

    async def case_comments(self, number: str) -> int:
        return sum(row["nr"] == number for row in self.fake.ticket_changes)


@asynccontextmanager
async def pinedesk_world(folder: Path) -> AsyncIterator[PinedeskWorld]:
    """A world of its own."""
    clock = VendorClock()
    fake = PinedeskFake(clock)
    async with proxied(fake) as proxy, AsyncExitStack() as stack:
        yield PinedeskWorld(fake, clock, proxy, folder, stack)
