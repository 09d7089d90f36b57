"""Who are you? Ways to prove it, and what happens when that fails."""

import pytest
from switchyard_actions.domain.heard import Heard, Identifier
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.verification import Claim, Proof, Verdict, VerificationLevel
from switchyard_actions.service.ports import Unavailable

from tests.fakes.actions.company import EARBUDS, LAMP, LIN, FakeVerifier, accounts, talk
from tests.fakes.actions.talk import Talk

pytestmark = pytest.mark.unit

EN = Language.ENGLISH
ASK_ORDER, ASK_LAST4 = "give me the order number", "last four digits"
PHONE = Identifier("phone", "+8613800000000")
PROVEN = Identifier("handle", "o-123", "wechat", proven=True)


@pytest.fixture
def chat() -> Talk:
    return talk(accounts())


async def asked(chat: Talk) -> None:
    assert ASK_ORDER in await chat.say("where is my order", "order_status")


async def test_order_and_digits_in_either_order(chat: Talk) -> None:
    await asked(chat)
    assert ASK_LAST4 in await chat.say(LAMP, order_number=LAMP)
    assert chat.dialogue.level is VerificationLevel.IDENTIFIED
    assert LAMP in await chat.say("5678", phone_digits="5678")
    assert (chat.dialogue.level, chat.dialogue.customer) == (VerificationLevel.VERIFIED, LIN)


async def test_a_whole_phone_number_serves_as_its_last_four_digits(chat: Talk) -> None:
    await asked(chat)
    await chat.say(LAMP, order_number=LAMP)
    assert "shipped" in await chat.say("13812345678", phone="13812345678")


@pytest.mark.parametrize("words", ["12", "123456", "56789"])
async def test_digits_that_will_not_do_are_explained(chat: Talk, words: str) -> None:
    await asked(chat)
    await chat.say(LAMP, order_number=LAMP)
    assert "exactly four digits" in await chat.say(words, digits=words)
    assert "shipped" in await chat.say("5678", phone_digits="5678")


async def test_order_number_is_corrected_while_the_digits_are_asked_for(chat: Talk) -> None:
    await asked(chat)
    await chat.say("SY20260000", order_number="SY20260000")
    assert ASK_LAST4 in await chat.say(f"no, {LAMP}", "correct", order_number=LAMP)
    assert LAMP in await chat.say("5678", phone_digits="5678")


async def test_without_an_order_number_there_are_other_ways(chat: Talk) -> None:
    await asked(chat)
    assert "Which do you prefer" in await chat.say("I lost it", "no_details")
    assert chat.choices == ["Use my PIN", "Send a code", "Talk to a person"]
    assert "phone number or e-mail" in await chat.say("Send a code", "faq")
    assert "a code is on its way" in await chat.say("13800000000", phone="13800000000")
    assert "Which order" in await chat.say("551920", digits="551920")
    assert chat.dialogue.proof == "code"


async def test_pin_of_whoever_names_their_number(chat: Talk) -> None:
    await asked(chat)
    await chat.say("I lost it", "no_details")
    assert "phone number or e-mail" in await chat.say("use my pin", "nlu_fallback")
    assert "service PIN" in await chat.say("a@b.example", email="a@b.example")
    assert "Which order" in await chat.say("2468", digits="2468", phone_digits="2468")
    assert chat.dialogue.proof == "pin"
    assert "2468" not in chat.remembered


async def test_another_way_may_be_asked_for_in_words(chat: Talk) -> None:
    await asked(chat)
    assert "phone number or e-mail" in await chat.say("能用验证码吗", "faq")


async def test_channel_that_names_the_customer_saves_the_question(chat: Talk) -> None:
    wish = Heard("order_status", EN, "my order", identifiers=(PHONE,), conversation="c")
    assert ASK_ORDER in await chat.hear(wish)
    assert chat.dialogue.level is VerificationLevel.ANONYMOUS
    lost = Heard("no_details", EN, "lost it", identifiers=(PHONE,), conversation="c")
    await chat.hear(lost)
    code = Heard("faq", EN, "Send a code", identifiers=(PHONE,), conversation="c")
    assert "a code is on its way" in await chat.hear(code)


async def test_login_of_the_channel_identifies_and_proves_nothing(chat: Talk) -> None:
    await chat.hear(Heard("greet", EN, identifiers=(PROVEN,), conversation="c"))
    assert chat.dialogue.level is VerificationLevel.IDENTIFIED
    assert chat.dialogue.customer == ""
    wish = Heard("order_status", EN, "my order", identifiers=(PROVEN,), conversation="c")
    assert ASK_ORDER in await chat.hear(wish)


async def test_wrong_code_is_said_and_a_new_one_sent_on_request(chat: Talk) -> None:
    await chat.say("reset my pin", "pin_reset")
    await chat.say("13800000000", phone="13800000000")
    assert "wrong or no longer valid" in await chat.say("000000", digits="000000")
    assert "a code is on its way" in await chat.say("I got none", "no_details")
    assert "https://" in await chat.say("551920", digits="551920")


async def test_stronger_proof_is_asked_for_where_a_flow_needs_it(chat: Talk) -> None:
    await asked(chat)
    await chat.say(LAMP, order_number=LAMP)
    await chat.say("5678", phone_digits="5678")
    assert "a code is on its way" in await chat.say("reset my pin", "pin_reset")
    assert "https://" in await chat.say("551920", digits="551920")


async def test_verified_customer_is_not_asked_again(chat: Talk) -> None:
    await asked(chat)
    await chat.say(LAMP, order_number=LAMP)
    await chat.say("5678", phone_digits="5678")
    assert EARBUDS in await chat.say("and the other", "order_status", order_number=EARBUDS)


async def test_digression_in_the_verification_comes_back_to_it(chat: Talk) -> None:
    await asked(chat)
    await chat.say(LAMP, order_number=LAMP)
    assert (await chat.say("who are you", "bot_challenge")).endswith("you ordered with.")
    await chat.say("my bills", "bill_balance")
    assert chat.dialogue.task is not None
    assert "bills" in await chat.say("stop", "cancel")


async def test_interrupted_verification_keeps_what_was_given(chat: Talk) -> None:
    await asked(chat)
    await chat.say(LAMP, order_number=LAMP)
    await chat.say("my bills", "bill_balance")
    assert ASK_LAST4 in await chat.say("my order first", "order_status")
    assert LAMP in await chat.say("5678", phone_digits="5678")


async def test_crm_that_was_down_is_asked_again_with_what_was_given() -> None:
    class Down(FakeVerifier):
        down = True

        async def verify(
            self, claim: Claim, proof: Proof, secret: str, conversation: str
        ) -> Verdict:
            if self.down:
                raise Unavailable("crm")
            return await super().verify(claim, proof, secret, conversation)

    verifier = Down()
    chat = talk(accounts(), verifier=verifier)
    wish = {"order_number": LAMP, "phone_digits": "5678"}
    assert "system is not answering" in await chat.say("my order", "order_status", **wish)
    assert chat.turns[-1].account.outcome == "error"
    assert "anything else" in await chat.say("no", "deny")
    assert (chat.dialogue.task, chat.dialogue.suspended) == (None, ())
    assert "system is not answering" in await chat.say("my order", "order_status", **wish)
    verifier.down = False
    assert "shipped" in await chat.say("my order", "order_status")
    assert chat.dialogue.failed_proofs == 0


async def test_cancelling_the_verification_cancels_what_it_was_for(chat: Talk) -> None:
    await asked(chat)
    assert "stopped checking your order" in await chat.say("stop", "cancel")
    assert (chat.dialogue.task, chat.dialogue.suspended) == (None, ())


async def test_what_was_given_already_is_no_answer_to_another_question(chat: Talk) -> None:
    await asked(chat)
    digits = {"digits": "5678", "phone_digits": "5678"}
    assert ASK_ORDER in await chat.say("5678", **digits), "kept for later"
    assert "not look like one of our order numbers" in await chat.say("5678", **digits)
    await chat.say("5678", **digits)
    assert "Shall I bring in a person?" in await chat.say("5678", **digits)


async def test_way_that_is_named_holds_though_there_is_no_order_number(chat: Talk) -> None:
    await asked(chat)
    answer = await chat.say("no number, use my PIN", "no_details")
    assert "phone number or e-mail" in answer


async def test_what_was_proven_meanwhile_is_not_asked_for_again() -> None:
    chat = talk(accounts())
    await chat.say("what do I owe", "bill_balance")
    await chat.say("where is my order", "order_status")
    await chat.say(LAMP, order_number=LAMP)
    answer = await chat.say("5678", phone_digits="5678")
    assert LAMP in answer
    assert "order number" not in answer
    assert chat.dialogue.task is None
