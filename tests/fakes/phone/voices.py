"""What callers say in hearing tests: people's recordings, clips and a synthetic voice."""

import asyncio
from pathlib import Path

import numpy as np
from switchyard_phone.adapters.voices.espeak import espeak
from switchyard_phone.domain.audio import BYTES_PER_SECOND, from_mu_law
from switchyard_phone.domain.language import Language

_CLIPS = Path(__file__).with_name("spoken")
_PEOPLE = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
_WAV_HEAD = 44

CHINESE_PHRASES = (
    *("查询订单状态", "修改收货地址", "查询账单和余额", "申请分期付款", "重置服务密码"),
    *("门店和营业时间", "预约回电", "投诉", "查询工单进度", "返回主菜单", "转人工"),
    *("订单和收货地址", "账单和付款", "英文服务"),
)
CHINESE_OTHER = (
    *("今天天气怎么样", "我想吃苹果", "你叫什么名字", "明天我要去北京", "电视机坏了"),
    "帮我订一张机票",
)
CHINESE_SENTENCES = (
    *("我的订单什么时候能送到", "请帮我查一下这个月的账单", "我要投诉你们的快递员"),
    *("我想把收货地址改到上海", "我的服务密码忘记了", "你们门店几点开门"),
    *("我昨天买的台灯坏了想退货", "请给我回个电话"),
)
ENGLISH_PHRASES = (
    *("where is my order", "change the delivery address", "bills and balance", "pay in parts"),
    *("reset my service PIN", "opening hours", "call me back", "make a complaint"),
    *("how is my ticket doing", "main menu", "speak to a person", "orders and delivery"),
    *("bills and payments", "cancel my order"),
)
ENGLISH_OTHER = (
    *("what is the weather today", "I would like an apple", "tell me a joke"),
    *("the train leaves at noon", "my television is broken", "book me a flight to London"),
)
PEOPLE_SAY = {
    "agent-alreadyon": "That agent is already logged on. Please enter your agent number followed "
    "by the pound key.",
    "agent-incorrect": "Login incorrect. Please enter your agent number followed by the pound key.",
    "agent-newlocation": "Please enter a new extension followed by the pound key.",
    "agent-pass": "Please enter your password followed by the pound key.",
    "conf-onlyperson": "You are currently the only person in this conference.",
    "invalid": "I am sorry, that is not a valid extension. Please try again.",
    "queue-thankyou": "Thank you for your patience.",
    "queue-youarenext": "Your call is now first in line and will be answered by the next "
    "available representative.",
    "ss-noservice": "The number you have dialed is not in service. Please check the number and "
    "try again.",
    "vm-goodbye": "Goodbye.",
    "vm-intro": "Please leave your message after the tone. When done, hang up or press the pound "
    "key.",
}
"""Recordings of Debian's asterisk-core-sounds-en-wav by name, and what is said."""


def quiet(seconds: float) -> bytes:
    """Nothing."""
    return bytes(int(seconds * BYTES_PER_SECOND) // 2 * 2)


def noise(seconds: float, loudness: float = 0.05, seed: int = 1) -> bytes:
    """A hiss."""
    samples = np.random.default_rng(seed).standard_normal(int(seconds * BYTES_PER_SECOND) // 2)
    return bytes((samples * loudness * 32767).clip(-32768, 32767).astype("<i2").data)


def clip(kind: str, place: int) -> bytes:
    """A Chinese clip: `phrase`, `other` or `sentence`, by its place in the list."""
    return from_mu_law((_CLIPS / f"{kind}{place}.ul").read_bytes())


def person(name: str) -> bytes:
    """A recording of a person."""
    return (_PEOPLE / f"{name}.wav").read_bytes()[_WAV_HEAD:]


async def robots(texts: tuple[str, ...]) -> list[bytes]:
    """What espeak-ng says, in English."""
    voice = await espeak()
    assert voice is not None
    return await asyncio.gather(*(voice.speak(text, Language.ENGLISH) for text in texts))
