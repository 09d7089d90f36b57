"""Whose something is that is kept for a customer: somebody verified, or whoever can be reached."""

import re
from dataclasses import dataclass

from switchyard_common.telephone import e164

_EMAIL = re.compile(r"[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,4}", re.ASCII)
PHONE, EMAIL, HANDLE = "phone", "email", "handle"

UNREACHABLE = "none"
"""Instead of an encoded Reach: somebody gives neither a number nor an address."""


@dataclass(frozen=True, slots=True)
class Reach:
    """A phone number (E.164) or e-mail address to be reached by. Personal.

    Of somebody who names neither: a handle, `namespace:value`, of an app or of a conversation.
    """

    kind: str
    value: str

    def encode(self) -> str:
        """As one value of a task."""
        return f"{self.kind}:{self.value}"

    @property
    def ending(self) -> str:
        """Enough to recognise it by."""
        if self.kind == PHONE:
            return self.value[-4:]
        name, _, domain = self.value.partition("@")
        return f"{name[:1]}…@{domain}"


@dataclass(frozen=True, slots=True)
class Holder:
    """Exactly one of the two. `customer` is a resource name of somebody verified."""

    customer: str = ""
    reach: Reach | None = None


def decode_reach(text: str) -> Reach | None:
    """What `Reach.encode` made; None for an empty text."""
    kind, _, value = text.partition(":")
    return Reach(kind, value) if value else None


def read_phone(text: str, region: str) -> Reach | None:
    """A number that may be called, in any usual notation; None if the text has none.

    `region` (ISO 3166-1 alpha-2) is where numbers without a country code are at home.
    """
    number = e164(text, region, among_words=True)
    return Reach(PHONE, number) if number else None


def read_email(text: str) -> Reach | None:
    """The first e-mail address in a text."""
    found = _EMAIL.search(text)
    return Reach(EMAIL, found[0].lower()) if found else None
