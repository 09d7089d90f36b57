"""Takes PINs, codes and links that set a PIN out of what is kept of a conversation. Pure.

What a customer says is delivered to the bot as it is; what is stored, shown and transcribed is what
these functions leave of it.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from switchyard_common.secret_words import MASK, SECRET, SIGN, without_named_secrets


class Secrecy(StrEnum):
    """Whether secrets are to be expected: the bot asks for one now, has asked before, or never."""

    NEVER = ""
    ONCE = "once"
    ASKED = "asked"


_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"'，。；、！？）】」]+", re.IGNORECASE)
_RESET_LINK = re.compile(r"[^\s，。；]{0,200}/reset/[^\s，。；]+", re.IGNORECASE)
_ONLY_SECRET = re.compile(rf"\W*{SECRET}\W*", re.IGNORECASE)
_ANY_SIGN = re.compile(SIGN, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Masked:
    """What is kept of a customer's message, by what was asked before it."""

    never: str
    once: str
    asked: str

    def by(self, secrecy: Secrecy) -> str:
        """What is kept now."""
        return {Secrecy.NEVER: self.never, Secrecy.ONCE: self.once}.get(secrecy, self.asked)


def masked(text: str) -> Masked:
    """What is kept of what a customer writes.

    Whoever names a PIN or a code and says it has that masked, asked or not. Where one is asked for,
    a message with any digit in it, in whatever writing, is masked as a whole; once one was asked
    for, a message of nothing but four to eight digits.
    """
    plain = unicodedata.normalize("NFKC", text)
    left = without_named_secrets(without_reset_links(plain))
    never = text if left == plain else left
    once = MASK if _ONLY_SECRET.fullmatch(plain) else never
    return Masked(never, once, MASK if _ANY_SIGN.search(plain) else never)


def without_links(text: str) -> str:
    """A text of the bot that holds a link for nobody but the customer; all of it without a link."""
    covered, links = _LINK.subn(MASK, text)
    return covered if links else MASK


def without_reset_links(text: str) -> str:
    """The text with the address of every page that sets a PIN masked."""
    return _RESET_LINK.sub(MASK, text) if "/reset/" in text.lower() else text
