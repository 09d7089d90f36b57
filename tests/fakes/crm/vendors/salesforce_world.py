"""Salesforce's fake as a world of the conformance suite."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.contracts.crm.connector_world import Person
from tests.fakes.crm.faults import FaultyCrm, Seen
from tests.fakes.crm.vendors.salesforce import CLIENT_ID, CLIENT_SECRET, SalesforceFake
from tests.fakes.crm.vendors.salesforce_records import Record
from tests.fakes.crm.vendors.worlds import VendorClock, VendorWorld, proxied


class SalesforceWorld(VendorWorld):
    """One org; what people do in Salesforce's own pages. Times there have whole seconds."""

    kind = "salesforce"
    secrets = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}  # noqa: RUF012  # read only
    wrong_secrets = {"client_secret": "wrong"}  # noqa: RUF012
    options = {}  # noqa: RUF012
    mapping = """
profile:
  emails: [Email, Email2__c]
  handles:
    - {namespace: wechat, path: WeChat_Id__c}
"""

    def __init__(
        self, fake: SalesforceFake, clock: VendorClock, proxy: FaultyCrm, folder: Path
    ) -> None:
        super().__init__(clock, proxy, folder)
        self.fake = fake

    @property
    def vendor(self) -> SalesforceFake:
        return self.fake

    def writes(self, seen: Seen) -> bool:
        return seen.method in ("POST", "PATCH") and "/oauth2/" not in seen.target

    async def add_person(self, person: Person) -> str:
        account = self.fake.org.create("Account", {"Name": person.name})
        phones = dict(zip(("MobilePhone", "Phone"), person.phones, strict=False))
        emails = dict(zip(("Email", "Email2__c"), person.emails, strict=False))
        values = {"LastName": person.name, "AccountId": account, **phones, **emails}
        return self.fake.org.create("Contact", values)

    async def rename(self, source_id: str, name: str) -> None:
        # A change within the second of a page comes with the next sweep: test_sweeping.py.
        self.clock.tick()
        self.fake.org.update("Contact", source_id, {"LastName": name})

    async def add_phone(self, source_id: str, phone: str) -> None:
        self.fake.org.update("Contact", source_id, {"OtherPhone": phone})

    async def remove(self, source_id: str) -> None:
        self.fake.org.delete("Contact", source_id)

    async def changed_at_once(self, source_ids: Sequence[str]) -> None:
        now = self.clock.now().replace(microsecond=0)
        for source_id in source_ids:
            self.fake.org.alive("Contact", source_id)["SystemModstamp"] = now

    async def add_interactions(self, source_id: str, summaries: Sequence[str]) -> None:
        for summary in summaries:
            self.clock.tick()
            values = {"WhoId": source_id, "Subject": "Call", "Description": summary}
            self.fake.org.create("Task", {**values, "Status": "Completed", "TaskSubtype": "Call"})
            self.fake.org.create("Task", {"WhoId": source_id, "Status": "Not Started"})

    async def add_case(self, source_id: str, subject: str, closed: bool) -> str:
        self.clock.tick()
        status = "Closed" if closed else "New"
        values = {"ContactId": source_id, "Subject": subject, "Status": status, "Priority": "Low"}
        case = self.fake.org.create("Case", values)
        return str(self.fake.org.alive("Case", case)["CaseNumber"])

    async def add_orders(self, source_id: str, count: int) -> Sequence[str]:
        account = self.fake.org.alive("Contact", source_id)["AccountId"]
        product = self.fake.org.create("Product2", {"Name": "手机壳"})
        numbers = [f"O{source_id[-9:-3]}-{number}" for number in range(count)]
        for number in numbers:
            self.clock.tick()
            values = {"OrderNumber": number, "AccountId": account, "Status": "Activated"}
            money = {"TotalAmount": 199.0, "CurrencyIsoCode": "CNY"}
            order = self.fake.org.create("Order", {**values, **money})
            item = {"OrderId": order, "Product2Id": product, "Quantity": 2.0}
            self.fake.org.create("OrderItem", item)
        return numbers

    async def count_interactions(self, source_id: str) -> int:
        return sum(task["WhoId"] == source_id for task in self._table("Task").values())

    async def count_cases(self, source_id: str) -> int:
        return sum(case["ContactId"] == source_id for case in self._table("Case").values())

    async def case_comments(self, number: str) -> int:
        cases = self._table("Case").values()
        (case,) = (one["Id"] for one in cases if one["CaseNumber"] == number)
        return sum(task["WhatId"] == case for task in self._table("Task").values())

    def _table(self, name: str) -> dict[str, Record]:
        return self.fake.org.objects[name].records


@asynccontextmanager
async def salesforce_world(folder: Path) -> AsyncIterator[SalesforceWorld]:
    """A world of its own."""
    clock = VendorClock()
    fake = SalesforceFake(clock)
    async with proxied(fake) as proxy:
        world = SalesforceWorld(fake, clock, proxy, folder)
        try:
            yield world
        finally:
            await world.close()
