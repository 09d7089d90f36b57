"""What simulated agents say."""

import pytest
from google.protobuf.struct_pb2 import Struct
from switchyard.router.v1 import contact_pb2
from switchyard_demo.floor import phrases

pytestmark = pytest.mark.unit


def context(name: str = "", note: str = "", order: str = "") -> contact_pb2.ContactContext:
    slots = Struct()
    if order:
        slots["order_number"] = order
    return contact_pb2.ContactContext(customer_display=name, bot_summary=note, bot_slots=slots)


def test_greets_by_name_in_the_customers_language_and_shows_what_the_bot_collected() -> None:
    known = context("陈晓雨", "客户想查询订单", "SY10240001")
    greeting = phrases.greeting("zh", "李静", known)
    for part in ("陈晓雨", "李静", "客户想查询订单", "SY10240001", "模拟"):
        assert part in greeting
    english = phrases.greeting("en", "Jing Li", context("Alex Morgan", "Wants order status"))
    for part in ("Hello Alex Morgan", "Jing Li", "Wants order status", "simulated"):
        assert part in english


def test_greets_strangers_without_a_name_and_without_inventing_notes() -> None:
    greeting = phrases.greeting("en", "Jing Li", context())
    assert greeting == "Hello, I am Jing Li, a simulated agent. What can I do for you?"


def test_an_order_number_is_not_said_twice() -> None:
    greeting = phrases.greeting("en", "A", context("B", "Order SY1 is late", "SY1"))
    assert greeting.count("SY1") == 1


@pytest.mark.parametrize("text", ["再见", "好的，拜拜", "Bye!", "Thanks, goodbye", "that's all"])
def test_understands_a_goodbye(text: str) -> None:
    assert phrases.is_goodbye(text)


@pytest.mark.parametrize("text", ["我的订单呢", "maybe later", "the byelaw", "standby"])
def test_does_not_take_everything_for_a_goodbye(text: str) -> None:
    assert not phrases.is_goodbye(text)


def test_answers_say_that_nobody_is_there_and_how_to_end() -> None:
    english = [phrases.answer("en", turn) for turn in range(3)]
    assert "simulated" in english[0]
    assert "goodbye" in english[2]
    assert phrases.answer("en", 3) == english[0]
    assert "模拟" in phrases.answer("zh-CN", 0)
