"""The import format: one JSON document per customer and line.

    {
      "id": "c-000001",                        # 1 to 64 of letters, digits, . _ ~ -
      "name": "王芳",                           # how to address the customer
      "language": "zh-CN",                     # BCP 47; may be left out, like all that follows
      "tier": "gold",
      "birth_date": "1988-03-01",
      "address": "上海市徐汇区…",
      "since": "2021-04-01T00:00:00Z",
      "phones": ["+86 139 1234 5678"],         # any usual notation, stored as E.164
      "emails": ["wang@example.com"],
      "handles": [{"namespace": "wechat", "value": "oX3…"}],
      "records": [{"namespace": "erp", "value": "10017"}],   # ids in other systems
      "orders": [{
        "number": "SY-2026-004711", "state": "shipped", "placed": "2026-10-30T09:12:00Z",
        "delivery_date": "2026-11-03", "tracking_number": "SF1…",
        "delivery_address": "上海市徐汇区…",
        "carrier": {"zh": "顺丰速运", "en": "SF Express"},
        "items": [{"name": {"zh": "手机壳", "en": "Phone case"}, "quantity": 2}],
        "total": {"currency": "CNY", "minor_units": 19900}
      }],
      "bills": [{"number": "B-1", "state": "open", "amount": {"currency": "CNY",
        "minor_units": 8800}, "due_date": "2026-11-15", "period": "2026-10"}],
      "tickets": [{"number": "T-1", "state": "open", "subject": "包裹未到", "priority": "high",
        "created": "2026-11-01T08:00:00Z", "updated": "2026-11-02T08:00:00Z",
        "order_number": "SY-2026-004711"}],
      "interactions": [{"id": "i-1", "channel": "VOICE", "time": "2026-11-01T08:00:00Z",
        "summary": "Asked for the parcel", "agent": "a-07", "disposition": "resolved",
        "contact": ""}],
      "pin_hash": "scrypt$16384$8$1$…$…"       # of 4 to 8 digits, as adapters/pin_hashes.py has it
    }

Times are ISO 8601 with an offset; money is in the smallest unit. Unknown fields are refused, since
they are most often misspelt ones.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from switchyard_crm.adapters.pin_hashes import checked_hash

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Number = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Raw = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Language = Annotated[str, StringConstraints(pattern=r"^(?:[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)?$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Month = Annotated[str, StringConstraints(pattern=r"^(?:[0-9]{4}-(?:0[1-9]|1[0-2]))?$")]
Channel = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z_]{0,31}$")]
PinHash = Annotated[str, AfterValidator(checked_hash)]
MinorUnits = Annotated[int, Field(ge=-(2**53), le=2**53)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MoneyPart(_Part):
    """An amount in the smallest unit of its currency."""

    currency: Currency
    minor_units: MinorUnits


class WordsPart(_Part):
    """A name in Chinese, in English, or in both."""

    zh: Text = ""
    en: Text = ""

    @model_validator(mode="after")
    def _one_is_there(self) -> "WordsPart":
        if not (self.zh or self.en):
            raise ValueError("give zh, en or both")
        return self


class ItemPart(_Part):
    """One line of an order."""

    name: WordsPart
    quantity: Annotated[int, Field(ge=1, le=1_000_000)]


class OrderPart(_Part):
    """An order."""

    number: Number
    state: Literal["placed", "packed", "shipped", "delivered", "cancelled", "returned"]
    placed: AwareDatetime
    total: MoneyPart
    items: tuple[ItemPart, ...] = ()
    delivery_date: date | None = None
    carrier: WordsPart | None = None
    tracking_number: Text = ""
    delivery_address: Text = ""


class BillPart(_Part):
    """A bill."""

    number: Number
    state: Literal["open", "paid", "overdue"]
    amount: MoneyPart
    due_date: date | None = None
    period: Month = ""


class TicketPart(_Part):
    """A ticket or complaint."""

    number: Number
    state: Literal["open", "pending", "resolved", "closed"]
    subject: Text
    priority: Literal["low", "normal", "high", "urgent"] = "normal"
    created: AwareDatetime
    updated: AwareDatetime
    order_number: Text = ""


class InteractionPart(_Part):
    """A contact that took place."""

    id: Number
    channel: Channel
    time: AwareDatetime
    summary: Words = ""
    agent: Text = ""
    disposition: Text = ""
    contact: Text = ""


class ForeignIdPart(_Part):
    """A handle in an app, or a record id in another system."""

    namespace: Raw
    value: Raw


class CustomerDocument(_Part):
    """One customer with everything that belongs to it."""

    id: Raw
    name: Name
    language: Language = ""
    tier: Text = ""
    birth_date: date | None = None
    address: Words = ""
    since: AwareDatetime | None = None
    phones: tuple[Raw, ...] = ()
    emails: tuple[Raw, ...] = ()
    handles: tuple[ForeignIdPart, ...] = ()
    records: tuple[ForeignIdPart, ...] = ()
    orders: tuple[OrderPart, ...] = ()
    bills: tuple[BillPart, ...] = ()
    tickets: tuple[TicketPart, ...] = ()
    interactions: tuple[InteractionPart, ...] = ()
    pin_hash: PinHash = ""
