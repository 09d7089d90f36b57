"""Recordings that are told apart by machines: every clip is a noise of its own.

Callers of tests hear short noises instead of words, so that calls are quick, no voice is needed,
and what was heard is certain: in which language, which line, and where it was cut off.
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from switchyard_phone.adapters.menu_files import load
from switchyard_phone.adapters.voices.clip_files import RecordedFiles, recording_name
from switchyard_phone.adapters.voices.known_texts import menu_texts
from switchyard_phone.adapters.voices.sound_files import to_wav
from switchyard_phone.domain.language import Language
from switchyard_phone.domain.menus import Menus
from switchyard_phone.domain.saying.pieces import Pause
from switchyard_phone.domain.saying.speech import Speech
from switchyard_phone.voice_wiring import speeches

from tests.fakes.phone.sounds import likeness, prompt

_SECONDS = 0.25
_PIECE, _ENOUGH = 400, 0.3
"""So much of a noise, in pieces of so many samples: some packets come too late on a busy machine,
and no piece of a noise is like any other."""
_MOST_PLACES = 3
_MENUS = """\
languages: [zh, en]
start: main
greeting: {zh: 您好。, en: Hello.}
retries: 1
numbers: {"2001": zh, "2002": en}
menus:
  main:
    prompt: {zh: 请选择。, en: Please choose.}
    keys:
      "1":
        label: {zh: 查订单, en: to check an order}
        intent: order_status
        fields: [order_number, phone_last4]
      "2": {label: {zh: 账单, en: for bills}, menu: bills}
      "3": {label: {zh: 重置密码, en: to reset your PIN}, intent: pin_reset}
  bills:
    prompt: {zh: 账单服务。, en: Bills.}
    keys:
      "8": {label: {zh: 返回主菜单, en: for the main menu}, menu: main}
fields:
  order_number:
    prompt: {zh: 请输入订单号。, en: Please enter the order number.}
    digits: 8
  phone_last4:
    prompt: {zh: 请输入后四位。, en: Please enter the last four digits.}
    digits: 4
  pin: {prompt: {zh: 请输入密码。, en: Please enter your PIN.}, digits: 4-8, secret: true}
"""


class Recordings:
    """Noises for all that the menus in a `file` say, and for further `words` of the bot.

    `seconds` are lengths of lines that shall be longer than the others.
    """

    def __init__(
        self,
        folder: Path,
        file: Path,
        words: tuple[str, ...] = (),
        seconds: Mapping[str, float] | None = None,
    ) -> None:
        self.folder = folder
        self.file = file
        self.menus: Menus = load(file)
        self._speeches: dict[Language, Speech] = speeches(self.menus, None)
        self._seconds = seconds or {}
        for language in self.menus.languages:
            for text in (*menu_texts(self.menus, language), *self._places(language), *words):
                for clip in self._clips(text, language):
                    self._write(clip, language)
        self._kept = RecordedFiles(folder)

    def phrase(self, name: str, language: Language, **values: object) -> tuple[bytes, ...]:
        """The noises of one of the menus' phrases, in their order."""
        return self.line(self._filled(name, language, values), language)

    def line(self, text: str, language: Language) -> tuple[bytes, ...]:
        """The noises of a text, in their order."""
        return tuple(self._kept_clip(clip, language) for clip in self._clips(text, language))

    def _filled(self, name: str, language: Language, values: Mapping[str, object]) -> str:
        text = self.menus.phrase(name, language)
        for key, value in values.items():
            text = text.replace(f"{{{key}}}", str(value))
        return text

    def _places(self, language: Language) -> Iterator[str]:
        for position in range(1, _MOST_PLACES + 1):
            yield self._filled("place", language, {"position": position})
            for minutes in range(1, _MOST_PLACES + 1):
                values = {"position": position, "minutes": minutes}
                yield self._filled("place_and_wait", language, values)

    def _clips(self, text: str, language: Language) -> Iterator[str]:
        for piece in self._speeches[language].pieces(text):
            if not isinstance(piece, Pause):
                yield piece.text

    def _kept_clip(self, text: str, language: Language) -> bytes:
        sound = self._kept.get(text, language)
        assert sound is not None, f"no recording of {text!r}"
        return sound

    def _write(self, text: str, language: Language) -> None:
        path = self.folder / language / f"{recording_name(text)}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        seed = int.from_bytes(hashlib.sha256(f"{language} {text}".encode()).digest()[:4], "big")
        path.write_bytes(to_wav(prompt(self._seconds.get(text, _SECONDS), seed)))


def holds(heard: bytes, noises: tuple[bytes, ...]) -> bool:
    """Whether all of these noises were heard."""
    return all(likeness(heard, noise, _PIECE) > _ENOUGH for noise in noises)


def quick_menus(path: Path, seconds: float = 60) -> Path:
    """A menu file of few words, whose callers may think for so long."""
    timing = f"timing: {{first_digit_seconds: {seconds}, between_digits_seconds: {seconds}}}"
    path.write_text(f"{_MENUS}{timing}\n", encoding="utf-8")
    return path
