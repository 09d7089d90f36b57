"""What the phone of the benchmark serves: a menu, and a recording of everything it says.

The recordings are tones, so that no voice has to be installed and nothing is made during a call.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from switchyard_phone.adapters.menu_files import load
from switchyard_phone.adapters.voices.clip_files import recording_name
from switchyard_phone.adapters.voices.known_texts import menu_texts
from switchyard_phone.adapters.voices.sound_files import to_pcm, to_wav
from switchyard_phone.domain.audio import SAMPLE_RATE
from switchyard_phone.domain.language import Language
from switchyard_phone.domain.saying.pieces import Pause
from switchyard_phone.domain.saying.speech import Speech

from tests.fakes.phone.bot import ORDER

ORDER_DIGITS, LAST_DIGITS = 8, 4
MENU_SECONDS = 120.0
"""Longer than anything is measured: whoever presses nothing is spoken to all the time."""

CHINESE_NUMBER, ENGLISH_NUMBER = "2001", "2000"
SPOKEN = "查询账单和余额"
"""What key 2 stands for, as callers say it."""

_LONG = {Language.CHINESE: "请选择您需要的服务。", Language.ENGLISH: "Please choose a service."}
_USUAL_SECONDS = 1.0
_HERTZ = 440.0
_LOUDNESS = 0.3
_MENUS = f"""\
languages: [en, zh]
start: main
greeting: {{zh: 您好。, en: Welcome.}}
timing: {{first_digit_seconds: 30, between_digits_seconds: 10}}
numbers: {{"{CHINESE_NUMBER}": zh, "{ENGLISH_NUMBER}": en}}
menus:
  main:
    prompt: {{zh: {_LONG[Language.CHINESE]}, en: {_LONG[Language.ENGLISH]}}}
    keys:
      "1":
        label: {{zh: 查询订单状态, en: to check an order}}
        intent: order_status
        fields: [order_number, phone_last4]
      "2": {{label: {{zh: {SPOKEN}, en: for bills}}, intent: bill_balance}}
      "3": {{label: {{zh: 门店和营业时间, en: for opening hours}}, intent: opening_hours}}
fields:
  order_number:
    prompt: {{zh: 请输入订单号。, en: Please enter the order number.}}
    digits: {ORDER_DIGITS}
  phone_last4:
    prompt: {{zh: 请输入后四位。, en: Please enter the last digits.}}
    digits: {LAST_DIGITS}
"""


def settings(folder: Path) -> dict[str, str]:
    """Writes menu and recordings into a folder; what the phone has to be told of them."""
    menus = folder / "menus.yml"
    menus.write_text(_MENUS)
    for language in Language:
        recordings = folder / "recordings" / language.value
        recordings.mkdir(parents=True)
        for text in _said(menus, language):
            seconds = MENU_SECONDS if text in _LONG.values() else _USUAL_SECONDS
            (recordings / f"{recording_name(text)}.wav").write_bytes(_tone(seconds))
    return {
        "menus": str(menus),
        "recordings": str(folder / "recordings"),
        "prompts": str(folder / "prompts"),
    }


def _said(menus: Path, language: Language) -> Iterator[str]:
    texts = list(menu_texts(load(menus), language))
    yield from texts
    pieces = Speech(language, texts).pieces(ORDER)
    yield from (piece.text for piece in pieces if not isinstance(piece, Pause))


def _tone(seconds: float) -> bytes:
    places = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tone = _LOUDNESS * np.sin(2 * np.pi * _HERTZ * places)
    return to_wav(to_pcm(tone.astype(np.float32)))
