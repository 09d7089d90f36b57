"""HubSpot's fake as a world of the conformance suite, whose search index has caught up."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.contracts.crm.connector_world import Person
from tests.fakes.crm.faults import FaultyCrm, Seen
from tests.fakes.crm.vendors.hubspot import TOKEN, HubspotFake
from tests.fakes.crm.vendors.hubspot_records import written
from tests.fakes.crm.vendors.worlds import VendorClock, VendorWorld, proxied

_READS = ("/search", "/batch/read")


class HubspotWorld(VendorWorld):
    """One account; what people do in HubSpot's own pages."""

    kind = "hubspot"
    secrets = {"access_token": TOKEN}  # noqa: RUF012  # read only
    wrong_secrets = {"access_token": "pat-revoked"}  # noqa: RUF012
    options = {}  # noqa: RUF012
    mapping = """
profile:
  handles:
    - {namespace: wechat, path: properties.wechat_openid}
"""

    def __init__(
        self, fake: HubspotFake, clock: VendorClock, proxy: FaultyCrm, folder: Path
    ) -> None:
        super().__init__(clock, proxy, folder)
        self.fake = fake

    @property
    def vendor(self) -> HubspotFake:
        return self.fake

    def writes(self, seen: Seen) -> bool:
        return seen.method in ("POST", "PATCH") and not seen.target.endswith(_READS)

    async def add_person(self, person: Person) -> str:
        values: dict[str, str] = {"firstname": person.name}
        values |= dict(zip(("mobilephone", "phone"), person.phones, strict=False))
        values |= dict(zip(("email",), person.emails, strict=False))
        if person.emails[1:]:
            values["hs_additional_emails"] = ";".join(person.emails[1:]).lower()
        return self.fake.account.create("contacts", values).id

    async def rename(self, source_id: str, name: str) -> None:
        # A change within the millisecond of a page comes with the next sweep: test_sweeping.py.
        self.clock.tick(0.01)
        self.fake.account.update("contacts", source_id, {"firstname": name})

    async def add_phone(self, source_id: str, phone: str) -> None:
        self.fake.account.update("contacts", source_id, {"phone": phone})

    async def remove(self, source_id: str) -> None:
        self.fake.account.archive("contacts", source_id)

    async def changed_at_once(self, source_ids: Sequence[str]) -> None:
        now = self.clock.now()
        for source_id in source_ids:
            stored = self.fake.account.alive("contacts", source_id)
            stored.properties["lastmodifieddate"] = written(now)
            stored.versions = [(now, dict(stored.properties))]

    async def add_interactions(self, source_id: str, summaries: Sequence[str]) -> None:
        for number, summary in enumerate(summaries):
            name, body = (("calls", "hs_call_body"), ("notes", "hs_note_body"))[number % 2]
            values = {"hs_timestamp": written(self.clock.tick()), body: f"<p>{summary}</p>"}
            made = self.fake.account.create(name, values)
            self.fake.account.link(name, made.id, "contacts", source_id)

    async def add_case(self, source_id: str, subject: str, closed: bool) -> str:
        self.clock.tick()
        stage = "4" if closed else "1"
        values = {"subject": subject, "hs_pipeline": "0", "hs_pipeline_stage": stage}
        made = self.fake.account.create("tickets", values)
        self.fake.account.link("tickets", made.id, "contacts", source_id)
        return made.id

    async def add_orders(self, source_id: str, count: int) -> Sequence[str]:
        numbers = [f"SY-{source_id}-{number}" for number in range(count)]
        for number in numbers:
            values = {
                "hs_external_order_id": number,
                "hs_external_order_status": "shipped",
                "hs_currency_code": "CNY",
                "hs_total_price": "199.00",
                "hs_external_created_date": written(self.clock.tick()),
            }
            made = self.fake.account.create("orders", values)
            self.fake.account.link("orders", made.id, "contacts", source_id)
        return numbers

    async def count_interactions(self, source_id: str) -> int:
        linked = self.fake.account.linked
        return sum(len(linked("contacts", source_id, kind)) for kind in ("calls", "notes"))

    async def count_cases(self, source_id: str) -> int:
        return len(self.fake.account.linked("contacts", source_id, "tickets"))

    async def case_comments(self, number: str) -> int:
        return len(self.fake.account.linked("tickets", number, "notes"))


@asynccontextmanager
async def hubspot_world(folder: Path) -> AsyncIterator[HubspotWorld]:
    """A world of its own."""
    clock = VendorClock()
    fake = HubspotFake(clock)
    async with proxied(fake) as proxy:
        world = HubspotWorld(fake, clock, proxy, folder)
        try:
            yield world
        finally:
            await world.close()
