"""Which way to prove who they are customers name, and what is no answer at all."""

import pytest
from switchyard_actions.domain.dialogue import Task
from switchyard_actions.domain.flow import Taken
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.verification import Proof
from switchyard_actions.flows.proof_words import NO_ORDER, take_code, take_method

pytestmark = pytest.mark.unit


def method(words: str, intent: str, asked: str = "order_number") -> str | None:
    taken = take_method(Heard(intent, Language.ENGLISH, text=words), Task("v", "1", asked=asked))
    return taken.values["method"] if taken is not None else None


@pytest.mark.parametrize("words", ["还是用PIN吧", "用PIN码", "use my PIN", "my pin code please"])
def test_pin_is_named_without_a_space_and_as_a_pin_code(words: str) -> None:
    assert method(words, "pin_reset") == Proof.PIN


@pytest.mark.parametrize("words", ["发验证码吧", "给我发个code", "text me", "no PIN, send a code"])
def test_code_is_named(words: str) -> None:
    assert method(words, "faq") == Proof.CODE


@pytest.mark.parametrize(
    "words", ["没有单号，用PIN行吗", "I have no order number, can I use my PIN"]
)
def test_another_way_named_in_the_same_breath_is_not_asked_for_again(words: str) -> None:
    assert method(words, "no_details") == Proof.PIN


@pytest.mark.parametrize(
    "words", ["找不到订单号", "I don't have the order number", "订单号和PIN都忘了", "没有PIN码"]
)
def test_who_has_no_order_number_and_names_nothing_chooses(words: str) -> None:
    assert method(words, "no_details") == NO_ORDER


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("我没收到啊", "order_status"),
        ("I never got anything", "complaint"),
        ("can you resend it", "repeat"),
        ("没有", "no_details"),
    ],
)
def test_code_that_did_not_come_is_sent_again(words: str, intent: str) -> None:
    heard = Heard(intent, Language.ENGLISH, text=words)
    taken = take_code("code", heard, Task("v", "1", asked="code"))
    assert taken == Taken({"sent": ""})


@pytest.mark.parametrize("words", ["我的快递没收到", "I never got my parcel", "还有别的事"])
def test_goods_that_did_not_come_are_no_code(words: str) -> None:
    heard = Heard("order_status", Language.ENGLISH, text=words)
    assert take_code("code", heard, Task("v", "1", asked="code")) is None
