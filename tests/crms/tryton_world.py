"""Tryton as the conformance suite of connectors fills it and looks into it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from switchyard_common.clock import SystemClock
from switchyard_crm.adapters.connectors.registry import Registry
from switchyard_crm.adapters.connectors.settings import read_connectors
from switchyard_crm.domain.identifiers import Normaliser
from switchyard_crm.service.connectors import Connector

from tests.contracts.crm.connector_world import Person
from tests.crms.tryton import DATABASE, KEY, Tryton
from tests.fakes.crm.faults import FaultyCrm, Seen, faulty

FILE = """
connectors:
  - name: erp
    kind: tryton
    tenant: demo
    url: {url}
    credentials: {{key: {{file: {key}}}}}
    timeout_seconds: {timeout}
    sync_seconds: {sync}
    rate_per_second: 1000
    burst: 1000
    options: {{database: {database}, overlap_seconds: 1, deletions: {deletions}}}
"""
_NOW = "%Y-%m-%d %H:%M:%S.%f"


class TrytonWorld:
    """One running Tryton behind a proxy."""

    def __init__(
        self, tryton: Tryton, proxy: FaultyCrm, folder: Path, stack: AsyncExitStack
    ) -> None:
        self._tryton = tryton
        self._proxy = proxy
        self._folder = folder
        self._stack = stack

    @property
    def proxy(self) -> FaultyCrm:
        return self._proxy

    async def connect(
        self,
        timeout_seconds: float = 20.0,
        wrong: bool = False,
        database: str = DATABASE,
        deletions: bool = True,
    ) -> Connector:
        file = self.connectors_file(timeout_seconds, wrong, database, deletions)
        read = read_connectors(file)
        connector = Registry(Normaliser("CN"), SystemClock()).build(read, read.connectors[0])
        self._stack.push_async_callback(connector.close)
        return connector

    def connectors_file(
        self,
        timeout_seconds: float = 20.0,
        wrong: bool = False,
        database: str = DATABASE,
        deletions: bool = True,
        sync_seconds: float = 0.0,
    ) -> Path:
        """A connectors file with this Tryton in it."""
        key, file = self._folder / "key", self._folder / "connectors.yaml"
        key.write_text("wrong\n" if wrong else f"{KEY}\n")
        file.write_text(
            FILE.format(
                url=self._proxy.url,
                key=key,
                timeout=timeout_seconds,
                sync=sync_seconds,
                database=database,
                deletions=str(deletions).lower(),
            )
        )
        return file

    def writes(self, seen: Seen) -> bool:
        return seen.method == "POST" and seen.target.endswith("/ir.note")

    async def add_person(self, person: Person) -> str:
        party = (await self._api("POST", "party.party", {"name": person.name}))["id"]
        for phone in person.phones:
            await self.add_phone(str(party), phone)
        for address in person.emails:
            contact = {"party": party, "type": "email", "value": address}
            await self._api("POST", "party.contact_mechanism", contact)
        return str(party)

    async def rename(self, source_id: str, name: str) -> None:
        await self._api("PUT", f"party.party/{source_id}", {"name": name})

    async def add_phone(self, source_id: str, phone: str) -> None:
        # As a release or an import without the library phonenumbers left it: Tryton itself takes
        # no number as a phone that this library does not like.
        contact = {"party": int(source_id), "type": "other", "value": phone}
        made = await self._api("POST", "party.contact_mechanism", contact)
        await self._sql(
            "UPDATE party_contact_mechanism SET type = 'mobile' WHERE id = ?", made["id"]
        )

    async def remove(self, source_id: str) -> None:
        await self._api("DELETE", f"party.party/{source_id}")

    async def deactivate(self, source_id: str) -> None:
        await self._api("PUT", f"party.party/{source_id}", {"active": False})

    async def changed_at_once(self, source_ids: Sequence[str]) -> None:
        now = datetime.now(UTC).strftime(_NOW)
        marks = ", ".join("?" * len(source_ids))
        statement = f"UPDATE party_party SET write_date = ? WHERE id IN ({marks})"
        await self._sql(statement, now, *map(int, source_ids))

    async def add_interactions(self, source_id: str, summaries: Sequence[str]) -> None:
        for summary in summaries:
            note = {"resource": f"party.party,{source_id}", "message": summary}
            await self._api("POST", "ir.note", note)

    async def add_case(self, source_id: str, subject: str, closed: bool) -> str:
        raise AssertionError("Tryton has no cases")

    async def add_orders(self, source_id: str, count: int) -> Sequence[str]:
        numbers = []
        asked = {"domain": [], "fields_names": ["currency"]}
        (company,) = await self._api("POST", "company.company/search_read", asked)
        first = datetime.now(UTC).date() - timedelta(days=count)
        for place in range(count):
            line = {
                "type": "line",
                "description": "手机壳",
                "quantity": 2,
                "unit_price": {"__class__": "Decimal", "decimal": "99.50"},
            }
            lines = [["create", [line]]]
            address = await self._address(int(source_id))
            sale = {
                "party": int(source_id),
                "company": company["id"],
                "currency": company["currency"],
                "lines": lines,
                "invoice_address": address,
                "shipment_address": address,
                "invoice_method": "manual",
                "shipment_method": "manual",
                "sale_date": _day(first + timedelta(days=place)),
            }
            made = (await self._api("POST", "sale.sale", sale))["id"]
            for step in ("quote", "confirm"):
                await self._api("POST", f"sale.sale/{made}/{step}", {})
            shown = await self._api("GET", f"sale.sale/{made}?f=number")
            numbers.append(shown["number"])
        return numbers

    async def count_interactions(self, source_id: str) -> int:
        (counted,) = await self._sql(
            "SELECT count(*) FROM ir_note WHERE resource = ?", f"party.party,{source_id}"
        )
        return int(counted[0])

    async def count_cases(self, source_id: str) -> int:
        raise AssertionError("Tryton has no cases")

    async def case_comments(self, number: str) -> int:
        raise AssertionError("Tryton has no cases")

    async def api(self, method: str, path: str, body: Any = None) -> Any:
        return await self._api(method, path, body)

    async def _address(self, party: int) -> int:
        made = await self._api("POST", "party.address", {"party": party, "city": "上海"})
        return int(made["id"])

    async def _api(self, method: str, path: str, body: Any = None) -> Any:
        return await asyncio.to_thread(self._tryton.api, method, path, body)

    async def _sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        return await asyncio.to_thread(self._tryton.sql, statement, *values)


def _day(day: Any) -> dict[str, Any]:
    return {"__class__": "date", "year": day.year, "month": day.month, "day": day.day}


@asynccontextmanager
async def tryton_world(tryton: Tryton, folder: Path) -> AsyncIterator[TrytonWorld]:
    """A world for the length of a block; its connectors are closed at the end."""
    async with faulty("127.0.0.1", tryton.port) as proxy, AsyncExitStack() as stack:
        yield TrytonWorld(tryton, proxy, folder, stack)
