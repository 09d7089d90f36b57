"""I forgot my PIN. Led through the engine."""

import pytest
import structlog
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.verification import Proof

from tests.fakes.actions.accounts import FakeAccounts
from tests.fakes.actions.company import LIN, accounts, talk

pytestmark = pytest.mark.unit

URL = "https://demo.example/pin#1"


@pytest.fixture
def kept() -> FakeAccounts:
    return accounts()


async def test_link_is_handed_to_who_proved_by_a_code(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN, Proof.CODE)
    answer = await chat.say("I forgot my PIN", "pin_reset")
    assert f"{URL} . It works once, for 15 minutes." in answer
    assert "never ask you for the new PIN" in answer
    (place,) = chat.turns[-1].account.confidential
    assert "url" in chat.turns[-1].says[place].values


async def test_link_is_handed_in_chinese(kept: FakeAccounts) -> None:
    chat = talk(kept, Language.CHINESE).verified(LIN, Proof.CODE)
    answer = await chat.say("密码忘了", "pin_reset")
    assert f"设置新的 PIN：{URL} 。链接只能用一次，15 分钟内有效。" in answer


@pytest.mark.parametrize("proof", [Proof.ORDER_PHONE, Proof.PIN])
async def test_no_other_proof_gets_a_link(kept: FakeAccounts, proof: Proof) -> None:
    chat = talk(kept).verified(LIN, proof)
    assert URL not in await chat.say("I forgot my PIN", "pin_reset")
    assert kept.changes == {}


async def test_link_is_kept_nowhere(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN, Proof.CODE)
    with structlog.testing.capture_logs() as logs:
        await chat.say("I forgot my PIN", "pin_reset")
    assert URL not in chat.remembered
    assert URL not in str(logs)
    assert URL not in str(chat.turns[-1].account)
    assert URL not in await chat.say("say that again", "repeat")
    await chat.say("a person please", "ask_person")
    assert URL not in str(chat.handed_over)


async def test_link_is_not_spelt_out_on_the_phone(kept: FakeAccounts) -> None:
    chat = talk(kept, channel="phone").verified(LIN, Proof.CODE)
    assert "cannot give you a link over the phone" in await chat.say("new PIN", "pin_reset")
    assert kept.changes == {}


async def test_crm_down_is_said_with_the_offer_of_a_person(kept: FakeAccounts) -> None:
    kept.available = False
    chat = talk(kept).verified(LIN, Proof.CODE)
    assert "not answering" in await chat.say("new PIN", "pin_reset")
    await chat.say("yes", "affirm")
    assert chat.handed_over is not None


async def test_customer_who_is_gone_gets_no_link(kept: FakeAccounts) -> None:
    chat = talk(kept).verified("tenants/demo/customers/gone", Proof.CODE)
    assert URL not in await chat.say("new PIN", "pin_reset")
    assert chat.dialogue.customer == ""
