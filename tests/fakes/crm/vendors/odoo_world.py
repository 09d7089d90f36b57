"""Odoo's fake as a world of the conformance suite."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.contracts.crm.connector_world import Person
from tests.fakes.crm.faults import FaultyCrm, Seen
from tests.fakes.crm.vendors.odoo import API_KEY, DATABASE, OdooFake
from tests.fakes.crm.vendors.odoo_records import Record
from tests.fakes.crm.vendors.worlds import VendorClock, VendorWorld, proxied

_STAMP = "%Y-%m-%d %H:%M:%S"


class OdooWorld(VendorWorld):
    """One database; what people do in Odoo's own pages."""

    kind = "odoo"
    secrets = {"api_key": API_KEY}  # noqa: RUF012  # read only
    wrong_secrets = {"api_key": "revoked"}  # noqa: RUF012
    options = {"database": DATABASE}  # noqa: RUF012
    mapping = """
profile:
  handles:
    - {namespace: wechat, path: x_wechat_openid}
"""

    def __init__(self, fake: OdooFake, clock: VendorClock, proxy: FaultyCrm, folder: Path) -> None:
        super().__init__(clock, proxy, folder)
        self.fake = fake

    @property
    def vendor(self) -> OdooFake:
        return self.fake

    def writes(self, seen: Seen) -> bool:
        return seen.target.rsplit("/", 1)[-1] in ("load", "create", "write")

    async def add_person(self, person: Person) -> str:
        phones = dict(zip(("phone", "mobile"), person.phones, strict=False))
        emails = ", ".join(person.emails)
        return str(self.fake.make("res.partner", name=person.name, email=emails, **phones))

    async def rename(self, source_id: str, name: str) -> None:
        # Odoo answers whole seconds: what changes again within the second of a page comes with
        # the next sweep, which test_sweeping.py shows.
        self.clock.tick()
        self._write("res.partner", source_id, name=name)

    async def add_phone(self, source_id: str, phone: str) -> None:
        self._write("res.partner", source_id, mobile=phone)

    async def remove(self, source_id: str) -> None:
        self._write("res.partner", source_id, active=False)

    async def changed_at_once(self, source_ids: Sequence[str]) -> None:
        now = self.clock.now()
        for source_id in source_ids:
            self._table("res.partner")[int(source_id)]["write_date"] = now

    async def add_interactions(self, source_id: str, summaries: Sequence[str]) -> None:
        for summary in summaries:
            self.fake.make(
                "mail.message",
                model="res.partner",
                res_id=int(source_id),
                body=f"<p>{summary}</p>",
                date=self.clock.tick().strftime(_STAMP),
            )
            self.fake.make(
                "mail.message",
                model="res.partner",
                res_id=int(source_id),
                body="<p>Phone changed</p>",
                message_type="notification",
            )

    async def add_case(self, source_id: str, subject: str, closed: bool) -> str:
        self.clock.tick()
        stage = next(
            one["id"] for one in self._table("helpdesk.stage").values() if one["fold"] is closed
        )
        case = self.fake.make(
            "helpdesk.ticket", name=subject, partner_id=int(source_id), stage_id=stage
        )
        return str(self._table("helpdesk.ticket")[case]["ticket_ref"])

    async def add_orders(self, source_id: str, count: int) -> Sequence[str]:
        numbers = [f"S{source_id}-{number}" for number in range(count)]
        for name in numbers:
            order = self.fake.make(
                "sale.order",
                name=name,
                partner_id=int(source_id),
                date_order=self.clock.tick().strftime(_STAMP),
                currency_id=1,
                amount_total=199.0,
                state="sale",
            )
            self.fake.make("sale.order.line", name="手机壳", order_id=order, product_uom_qty=2.0)
        return numbers

    async def count_interactions(self, source_id: str) -> int:
        return self._count("mail.message", model="res.partner", res_id=int(source_id))

    async def count_cases(self, source_id: str) -> int:
        return self._count("helpdesk.ticket", partner_id=int(source_id))

    async def case_comments(self, number: str) -> int:
        tickets = self._table("helpdesk.ticket").values()
        case = next(one["id"] for one in tickets if one["ticket_ref"] == number)
        return self._count("mail.message", model="helpdesk.ticket", res_id=case)

    def _table(self, model: str) -> dict[int, Record]:
        return self.fake.database.models[model].records

    def _write(self, model: str, source_id: str, **values: Any) -> None:
        self.fake.database.write(self.fake.database.models[model], int(source_id), values)

    def _count(self, model: str, /, **values: Any) -> int:
        wanted = json.dumps(values)
        return sum(
            json.dumps({name: one[name] for name in values}) == wanted
            for one in self._table(model).values()
        )


@asynccontextmanager
async def odoo_world(folder: Path) -> AsyncIterator[OdooWorld]:
    """A world of its own."""
    clock = VendorClock()
    fake = OdooFake(clock)
    async with proxied(fake) as proxy:
        world = OdooWorld(fake, clock, proxy, folder)
        try:
            yield world
        finally:
            await world.close()
