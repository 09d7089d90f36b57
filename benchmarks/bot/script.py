"""What the customers of the benchmark say: whole small dialogues in both languages, over and over.

Each asks for real work: an order found and told after verification, a bill, a question to the
knowledge base, opening hours, small talk, something that is not understood.
"""

from collections.abc import Iterator
from itertools import cycle

# Orders of the demo company, and the last digits of the phones they were ordered with.
_ENGLISH = (
    "hello",
    "where is my order",
    "SY20480002",
    "0142",
    "thanks",
    "what are your opening hours?",
    "how long do I have to return something?",
    "are you a robot?",
    "do you know a good recipe for pancakes",
    "never mind",
    "can I change the delivery address of my order",
    "no, leave it",
)
_CHINESE = (
    "你好",
    "我的订单到哪了",
    "SY10240001",
    "8826",
    "谢谢",
    "你们几点上班",
    "退货要多少天之内",
    "你是机器人吗",
    "今天天气怎么样",
    "算了",
    "我想改收货地址",
    "不改了",
)
LENGTH = len(_ENGLISH)
LANGUAGES = ("zh", "en")


def lines(language: str) -> Iterator[str]:
    """What one customer says, for ever."""
    return cycle(_CHINESE if language == "zh" else _ENGLISH)
