"""A small CRM over HTTP, and the connector to it: for what can go wrong between the two."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

from switchyard_common.clock import SystemClock
from switchyard_crm.adapters.buckets import TokenBucket
from switchyard_crm.adapters.connectors.http import HttpLimits, JsonHttp, segment
from switchyard_crm.domain.customer import Case, Provenance
from switchyard_crm.domain.identifiers import Identifier
from switchyard_crm.domain.names import TenantId
from switchyard_crm.domain.records import Profile
from switchyard_crm.service.connectors import Capability, Changes
from switchyard_crm.wiring.context import ConnectedCrm

from tests.fakes.crm.connector import FakeConnector
from tests.fakes.crm.faults import FaultyCrm, faulty
from tests.fakes.crm.people import NOW, phone

CRM_TENANT = TenantId("demo")
_ANSWER_SECONDS = 20.0
_FIRST_NUMBER = 31_415_926


def number_of(person: int) -> str:
    """The telephone number of a person: none that looks like a placeholder."""
    return f"+86199{_FIRST_NUMBER + person:08}"


class HttpConnector(FakeConnector):
    """Finds people, and knows one open case of each; everybody is in its list of changes."""

    def __init__(self, name: str, url: str, people: int, connections: int = 8) -> None:
        offered = (Capability.FIND, Capability.GET, Capability.OPEN_CASES, Capability.CHANGES)
        super().__init__(name, without=frozenset(Capability) - frozenset(offered))
        limits = HttpLimits(timeout_seconds=_ANSWER_SECONDS, connections=connections)
        self._http = JsonHttp(url, limits, SystemClock())
        self._people = people

    async def find(self, identifier: Identifier) -> Sequence[Profile]:
        found = await self._http.call("GET", "people", params={"phone": identifier.value})
        return [self._profile(person) for person in found.body]

    async def get(self, source_id: str) -> Profile:
        return self._profile((await self._http.call("GET", f"people/{segment(source_id)}")).body)

    async def open_cases(self, source_id: str, limit: int) -> Sequence[Case]:
        numbers = await self._http.call("GET", f"people/{segment(source_id)}/cases")
        return [
            Case(number, "open", "Parcel", "normal", NOW, NOW, source=self.name)
            for number in numbers.body[:limit]
        ]

    async def changes(self, cursor: str, limit: int) -> Changes:
        begin = int(cursor or 0)
        end = min(begin + limit, self._people)
        people = tuple(self.person(number) for number in range(begin, end))
        return Changes(people, (), str(end), end < self._people)

    async def close(self) -> None:
        await self._http.close()

    def person(self, number: int) -> Profile:
        """A person without asking."""
        return self._profile({"id": f"p-{number}", "phone": number_of(number)})

    def _profile(self, person: dict[str, str]) -> Profile:
        origin = Provenance(self.name, person["id"], NOW)
        name = f"Person {person['id']}"
        return Profile(origin, display_name=name, identifiers=(phone(person["phone"]),))


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One request per connection is enough: the proxy before it asks for no more."""
    head = await reader.readuntil(b"\r\n\r\n")
    target = urlsplit(head.split(b" ", 2)[1].decode())
    parts = target.path.strip("/").split("/")
    body = json.dumps(_answer(parts, parse_qs(target.query))).encode()
    start = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
    writer.write(start + str(len(body)).encode() + b"\r\nconnection: close\r\n\r\n" + body)
    await writer.drain()
    writer.close()


def _answer(parts: list[str], query: dict[str, list[str]]) -> object:
    if len(parts) == 1:
        number = int(query["phone"][0].removeprefix("+86199")) - _FIRST_NUMBER
        return [{"id": f"p-{number}", "phone": number_of(number)}]
    number = int(parts[1].removeprefix("p-"))
    if len(parts) == 3:
        return [f"C-{number}"]
    return {"id": f"p-{number}", "phone": number_of(number)}


@asynccontextmanager
async def http_crm(
    name: str, people: int, *, sync_seconds: float = 0.05, concurrency: int = 8
) -> AsyncIterator[tuple[FaultyCrm, ConnectedCrm]]:
    """The CRM behind something that can break, and how the service is connected to it."""
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, faulty("127.0.0.1", port) as proxy:
        connector = HttpConnector(name, proxy.url, people, concurrency)
        bucket = TokenBucket(10_000.0, 10_000, SystemClock())
        yield proxy, ConnectedCrm(CRM_TENANT, connector, bucket, concurrency, sync_seconds)
        await connector.close()
