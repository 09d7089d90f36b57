"""What a simulated agent says in a chat: short, and honest about being simulated."""

import re

from google.protobuf.struct_pb2 import Struct
from switchyard.router.v1 import contact_pb2

from switchyard_demo.company.model import Text

_HELLO = Text(
    "{name}，您好！我是{agent}，演示用的模拟客服。",
    "Hello {name}, I am {agent}, a simulated agent.",
)
_HELLO_STRANGER = Text(
    "您好！我是{agent}，演示用的模拟客服。", "Hello, I am {agent}, a simulated agent."
)
_SEEN_NOTE = Text("助手的记录我看到了：{note}", "I have the assistant's note: {note}")
_SEEN_ORDER = Text(
    "订单号{order}我已经有了，您不用再说一遍。",
    "I have your order number {order}; you need not say it again.",
)
_SEEN_NOTHING = Text("请问有什么可以帮您？", "What can I do for you?")
_ANSWERS = (
    Text(
        "收到。我是模拟客服，只会说几句固定的话；正式使用时，这里是一位真人同事。",
        "Got it. I am simulated and only know a few lines; in earnest a person sits here.",
    ),
    Text(
        "明白。演示里我办不了业务，但您的话已经送到了客服桌面。",
        "I see. I cannot do real business here, but your words did reach an agent's desktop.",
    ),
    Text(
        "谢谢。您说一声“再见”，我就结束人工服务。",
        "Thank you. Say “goodbye” and I end this conversation.",
    ),
)
_FAREWELL = Text("感谢您的联系，再见！", "Thank you for talking to us. Goodbye!")
_IDLE = Text(
    "您好像离开了，我先结束人工服务；需要时随时再找我们。",
    "You seem to be away, so I end this conversation. Ask for us again at any time.",
)
_GOODBYE = re.compile(
    r"再见|拜拜|没事了|没有了|不用了|\b(?:good)?bye\b|\bthat'?s all\b|\bnothing else\b",
    re.IGNORECASE,
)


def greeting(language: str, agent: str, context: contact_pb2.ContactContext) -> str:
    """Greets the customer by name, and shows that what the bot collected has arrived."""
    name = context.customer_display
    hello = (_HELLO if name else _HELLO_STRANGER).in_language(language)
    parts = [hello.format(name=name, agent=agent), *_seen(language, context)]
    return ("" if language.startswith(("zh", "yue")) else " ").join(parts)


def answer(language: str, turn: int) -> str:
    """The answer to the customer's message number `turn`, counted from 0."""
    return _ANSWERS[turn % len(_ANSWERS)].in_language(language)


def farewell(language: str) -> str:
    """After a goodbye."""
    return _FAREWELL.in_language(language)


def given_up(language: str) -> str:
    """After a long silence."""
    return _IDLE.in_language(language)


def is_goodbye(text: str) -> bool:
    """Whether the customer is done."""
    return _GOODBYE.search(text) is not None


def _seen(language: str, context: contact_pb2.ContactContext) -> list[str]:
    seen = []
    if context.bot_summary:
        seen.append(_SEEN_NOTE.in_language(language).format(note=context.bot_summary))
    order = _text(context.bot_slots, "order_number")
    if order and order not in context.bot_summary:
        seen.append(_SEEN_ORDER.in_language(language).format(order=order))
    return seen or [_SEEN_NOTHING.in_language(language)]


def _text(slots: Struct, name: str) -> str:
    return slots.fields[name].string_value if name in slots.fields else ""
