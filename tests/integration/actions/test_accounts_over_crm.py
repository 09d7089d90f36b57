"""Talks about accounts, from the engine through the real clients to a real crm_adapter."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from prometheus_client import CollectorRegistry
from switchyard_actions.adapters.crm.accounts import CrmAccounts
from switchyard_actions.adapters.crm.calls import CrmCalls
from switchyard_actions.adapters.crm.verifier import CrmVerifier
from switchyard_actions.domain.verification import VerificationLevel
from switchyard_actions.metrics import ActionsMetrics
from switchyard_crm.domain import customer as theirs
from switchyard_crm.domain.records import CustomerRecord

from tests.fakes.actions.company import talk
from tests.fakes.actions.talk import Talk
from tests.fakes.crm.people import customer, phone
from tests.fakes.crm.running import RunningCrm, fill, running_crm

pytestmark = pytest.mark.integration

ZONE = ZoneInfo("Asia/Shanghai")
LIN_PHONE, WU_PHONE = "+8619900001234", "+8619900005678"
OPEN_ORDER, SENT_ORDER, WUS_ORDER = "SY20261111", "SY20262222", "SY20269999"
BILL = "B202610000001"
ADDRESS = "12 Harbour Road, Bristol"


def today() -> date:
    return datetime.now(ZONE).date()


def people() -> list[CustomerRecord]:
    """Lin with an order that is here, one that is gone, and a bill; Wu with an order."""
    yuan = theirs.Money("CNY", 18900)
    placed = datetime.combine(today() - timedelta(days=1), time(4, tzinfo=UTC))
    lamp = (theirs.OrderItem(theirs.Words("台灯", "Desk lamp"), 1),)
    kettle = (theirs.OrderItem(theirs.Words("水壶", "Kettle"), 1),)
    umbrella = (theirs.OrderItem(theirs.Words("伞", "Umbrella"), 1),)
    carrier = theirs.Words("蓝雁物流", "Blue Goose")
    lin, wu = customer("lin", phone(LIN_PHONE)), customer("wu", phone(WU_PHONE))
    earlier = placed - timedelta(days=5)
    bill = theirs.Bill(BILL, "open", theirs.Money("CNY", 10000), today(), "2026-10")
    return [
        CustomerRecord(
            lin.name,
            lin.profile,
            orders=(
                theirs.Order(OPEN_ORDER, "placed", placed, yuan, lamp),
                theirs.Order(SENT_ORDER, "shipped", earlier, yuan, kettle, None, carrier, "BG77"),
            ),
            bills=(bill,),
        ),
        CustomerRecord(
            wu.name,
            wu.profile,
            orders=(theirs.Order(WUS_ORDER, "placed", placed, yuan, umbrella),),
        ),
    ]


@pytest.fixture
async def crm(tmp_path: Path) -> AsyncIterator[RunningCrm]:
    database = tmp_path / "crm.sqlite"
    await fill(database, people())
    page = "https://demo.example/pin?lang={language}#{token}"
    codes = tmp_path / "codes.jsonl"
    async with running_crm(database, reset_url=page, code_file=codes) as running:
        yield running


@pytest.fixture
def chat(crm: RunningCrm) -> Talk:
    calls = CrmCalls(crm.channel, "demo", 120.0, ActionsMetrics(CollectorRegistry()))
    return talk(CrmAccounts(calls, ZONE), verifier=CrmVerifier(calls), today=today)


async def verify(chat: Talk, order: str, last4: str) -> str:
    await chat.say(order, order_number=order)
    return await chat.say(last4, phone_digits=last4, digits=last4)


async def test_order_is_told_to_who_knows_number_and_digits(chat: Talk) -> None:
    await chat.say("where is my order", "order_status")
    answer = await verify(chat, SENT_ORDER, "1234")
    assert f"Order {SENT_ORDER} (Kettle) has been shipped with Blue Goose" in answer
    assert OPEN_ORDER in await chat.say("and the one from yesterday?", "correct")


async def test_wrong_digits_tell_nothing_and_are_limited(chat: Talk) -> None:
    await chat.say("where is my order", "order_status")
    answers = [await verify(chat, SENT_ORDER, "9999") for _ in range(3)]
    assert not any("Kettle" in answer for answer in answers)
    assert "Shall I bring in a person" in answers[-1]
    assert chat.dialogue.level is not VerificationLevel.VERIFIED


async def test_address_is_changed_where_the_company_keeps_it(chat: Talk) -> None:
    await chat.say("deliver it elsewhere", "change_address")
    assert "Where should order" in await verify(chat, OPEN_ORDER, "1234")
    await chat.say(ADDRESS, "nlu_fallback")
    answer = await chat.say("yes", "affirm")
    assert f"will be delivered to: {ADDRESS}. The reference is " in answer
    assert chat.dialogue.known["ticket_number"] in answer


async def test_parcel_that_left_keeps_its_address(chat: Talk) -> None:
    await chat.say("deliver it elsewhere", "change_address")
    assert "already been shipped" in await verify(chat, SENT_ORDER, "1234")


async def test_bill_is_told_and_arranged_once(chat: Talk) -> None:
    await chat.say("how much do I owe", "bill_balance")
    assert "You owe 100 yuan" in await verify(chat, OPEN_ORDER, "1234")
    await chat.say("I'd like to pay in 3 parts", "payment_arrangement", instalments="3")
    assert "Shall I ask for that?" in await chat.say("tomorrow", date="tomorrow")
    assert "in 3 parts of 33.33 yuan, the first due tomorrow" in await chat.say("yes", "affirm")
    await chat.say("let me pay in 2 parts", "payment_arrangement", instalments="2")
    await chat.say("tomorrow", date="tomorrow")
    answer = await chat.say("yes", "affirm")
    assert "already a request for this bill" in answer


async def test_another_customers_order_has_to_be_proven(chat: Talk) -> None:
    await chat.say("where is my order", "order_status")
    await verify(chat, SENT_ORDER, "1234")
    answer = await chat.say(f"and {WUS_ORDER}?", "order_status", order_number=WUS_ORDER)
    assert "Umbrella" not in answer
    assert "Umbrella" not in await chat.say("1234", phone_digits="1234", digits="1234")
    assert chat.dialogue.customer == ""


async def test_pin_link_is_handed_to_who_holds_the_phone(chat: Talk, tmp_path: Path) -> None:
    answer = await chat.say("I forgot my PIN", "pin_reset")
    assert "https" not in answer
    await chat.say(LIN_PHONE, phone=LIN_PHONE, phone_digits=LIN_PHONE, digits=LIN_PHONE)
    code = json.loads((tmp_path / "codes.jsonl").read_text().splitlines()[-1])["code"]
    answer = await chat.say(code, digits=code)
    assert "https://demo.example/pin?lang=en#" in answer
    token = answer.split("#")[1].split(" ")[0]
    assert token not in chat.remembered
    assert code not in chat.remembered


async def test_order_and_digits_are_not_enough_for_a_pin(chat: Talk) -> None:
    await chat.say("where is my order", "order_status")
    await verify(chat, SENT_ORDER, "1234")
    assert "https" not in await chat.say("and I need a new PIN", "pin_reset")
