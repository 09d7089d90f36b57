"""BottleCRM as the conformance suite of connectors fills it and looks into it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from switchyard_common.clock import SystemClock
from switchyard_crm.adapters.connectors.registry import GROUP, Registry
from switchyard_crm.adapters.connectors.settings import read_connectors
from switchyard_crm.domain.identifiers import Normaliser
from switchyard_crm.service.connectors import Connector

from tests.contracts.crm.connector_world import Person
from tests.crms.bottlecrm import SECOND_EMAIL, SECOND_PHONE, BottleCrm
from tests.fakes.crm.faults import FaultyCrm, Seen, faulty

INSTALLED = EntryPoint("bottlecrm", "switchyard_crm.adapters.connectors.bottlecrm:KIND", GROUP)
_FILE = """
connectors:
  - name: bottle
    kind: bottlecrm
    tenant: demo
    url: {url}
    credentials: {{{credential}: {{file: {secret}}}}}
    mapping: mapping.yaml
    timeout_seconds: {timeout}
    options: {options}
"""
_MAPPING = f"""
profile:
  phones: [phone, custom_fields.{SECOND_PHONE}]
  emails: [email, custom_fields.{SECOND_EMAIL}]
"""
_REFUSED = set("转ext")


class BottleWorld:
    """One running BottleCRM behind a proxy."""

    def __init__(
        self, bottle: BottleCrm, proxy: FaultyCrm, folder: Path, stack: AsyncExitStack
    ) -> None:
        self._bottle = bottle
        self._proxy = proxy
        self._folder = folder
        self._stack = stack

    @property
    def proxy(self) -> FaultyCrm:
        return self._proxy

    async def connect(self, timeout_seconds: float = 20.0, wrong: bool = False) -> Connector:
        token = "bcrm_pat_wrong" if wrong else self._bottle.token
        # Every look sweeps: some tests change contacts behind the back of the activity log.
        return self.connect_with("token", token, "{sweep_seconds: 0}", timeout_seconds)

    def connect_with(
        self, credential: str, secret: str, options: str, timeout_seconds: float = 20.0
    ) -> Connector:
        """A connector with other credentials or options."""
        (self._folder / "secret").write_text(secret)
        (self._folder / "mapping.yaml").write_text(_MAPPING)
        file = self._folder / "connectors.yaml"
        file.write_text(
            _FILE.format(
                url=self._proxy.url,
                credential=credential,
                secret=self._folder / "secret",
                timeout=timeout_seconds,
                options=options,
            )
        )
        read = read_connectors(file)
        registry = Registry(Normaliser("CN"), SystemClock(), [INSTALLED])
        connector = registry.build(read, read.connectors[0])
        self._stack.push_async_callback(connector.close)
        return connector

    def writes(self, seen: Seen) -> bool:
        made = seen.target in ("/api/interactions/", "/api/cases/")
        return seen.method == "PATCH" or (seen.method == "POST" and made)

    async def add_person(self, person: Person) -> str:
        first, _, last = person.name.rpartition(" ")
        if not first:
            # People type a sign where a name is missing: both are compulsory.
            chinese = len(person.name) <= 3 and not person.name.isascii()
            first, last = (person.name[1:], person.name[0]) if chinese else (person.name, "-")
        phones, emails = [*person.phones, "", ""], [*person.emails, "", ""]
        if emails[0] and await self._is_taken(emails[0]):
            emails.insert(0, "")  # an address is the first one of a single contact
        typed = not _REFUSED & set(phones[0])
        given = {
            "first_name": first,
            "last_name": last,
            "phone": (phones[0] if typed else "") or None,
            "email": emails[0] or None,
            "custom_fields": {SECOND_PHONE: phones[1], SECOND_EMAIL: emails[1]},
        }
        source_id = str((await self.api("POST", "contacts/", given))["id"])
        if not typed:
            # As an import past the form's check leaves it.
            await self._sql(f"UPDATE contacts SET phone = '{phones[0]}' WHERE id = '{source_id}'")
        return source_id

    async def rename(self, source_id: str, name: str) -> None:
        first, _, last = name.rpartition(" ")
        await self.api("PATCH", f"contacts/{source_id}/", {"first_name": first, "last_name": last})

    async def add_phone(self, source_id: str, phone: str) -> None:
        await self.api("PATCH", f"contacts/{source_id}/", {"custom_fields": {SECOND_PHONE: phone}})

    async def remove(self, source_id: str) -> None:
        await self.api("DELETE", f"contacts/{source_id}/")

    async def changed_at_once(self, source_ids: Sequence[str]) -> None:
        listed = ", ".join(f"'{source_id}'" for source_id in source_ids)
        await self._sql(f"UPDATE contacts SET updated_at = now() WHERE id IN ({listed})")

    async def add_interactions(self, source_id: str, summaries: Sequence[str]) -> None:
        first = datetime.now(UTC) - timedelta(days=1)
        for place, summary in enumerate(summaries):
            noted = {
                "kind": "call",
                "direction": "inbound",
                "contact": source_id,
                "body": summary,
                "occurred_at": (first + timedelta(minutes=place)).isoformat(),
            }
            await self.api("POST", "interactions/", noted)

    async def add_case(self, source_id: str, subject: str, closed: bool) -> str:
        await self._free(subject)
        case = {"name": subject, "status": "New", "priority": "Normal", "contacts": [source_id]}
        number = str((await self.api("POST", "cases/", case))["id"])
        if closed:
            await self.api("PATCH", f"cases/{number}/", {"status": "Closed"})
        return number

    async def add_orders(self, source_id: str, count: int) -> Sequence[str]:
        raise AssertionError("BottleCRM has no API for orders")

    async def count_interactions(self, source_id: str) -> int:
        return int((await self.api("GET", "interactions/", contact=source_id))["count"])

    async def count_cases(self, source_id: str) -> int:
        return len((await self.api("GET", f"contacts/{source_id}/"))["cases"])

    async def case_comments(self, number: str) -> int:
        shown = await self.api("GET", f"cases/{number}/")
        return len(shown["comments"]) + len(shown["internal_notes"])

    async def api(self, method: str, path: str, body: Any = None, **parameters: Any) -> Any:
        return await asyncio.to_thread(self._bottle.api, method, path, body, **parameters)

    async def _free(self, subject: str) -> None:
        """Two tickets cannot have one subject: what another test opened gets another one."""
        for row in (await self.api("GET", "cases/", name=subject, slim="true"))["cases"]:
            await self.api("PATCH", f"cases/{row['id']}/", {"name": str(row["id"])})

    async def _is_taken(self, address: str) -> bool:
        return bool((await self.api("GET", "contacts/", email=address))["count"])

    async def _sql(self, statement: str) -> None:
        await asyncio.to_thread(self._bottle.sql, statement)


@asynccontextmanager
async def bottle_world(bottle: BottleCrm, folder: Path) -> AsyncIterator[BottleWorld]:
    """A world for the length of a block; its connectors are closed at the end."""
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(faulty("127.0.0.1", bottle.port))
        yield BottleWorld(bottle, proxy, folder, stack)
