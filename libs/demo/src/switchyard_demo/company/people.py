"""Invented names, in the scripts and spellings of their languages."""

import random
from dataclasses import dataclass
from itertools import chain, count

from switchyard_demo.company.names import (
    GIVEN_NAMES_EN,
    GIVEN_NAMES_YUE,
    GIVEN_NAMES_ZH,
    SURNAMES_EN,
    SURNAMES_YUE,
    SURNAMES_ZH,
)


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name as its bearer writes it, and in Latin letters."""

    native: str
    latin: str

    @property
    def mailbox(self) -> str:
        """The name as the first part of a mail address."""
        given, _, surname = self.latin.lower().partition(" ")
        return f"{given}.{surname}".replace("'", "")


def draw_name(language: str, rng: random.Random) -> PersonName:
    """A name for somebody who speaks ``zh``, ``yue`` or ``en``; frequent surnames come first."""
    if language == "en":
        name = f"{rng.choice(GIVEN_NAMES_EN)} {rng.choice(SURNAMES_EN)}"
        return PersonName(name, name)
    surnames, given_names = (
        (SURNAMES_YUE, GIVEN_NAMES_YUE) if language == "yue" else (SURNAMES_ZH, GIVEN_NAMES_ZH)
    )
    falling = [1 / (rank + 3) for rank in range(len(surnames))]
    surname, surname_latin = rng.choices(surnames, falling)[0]
    given, given_latin = rng.choice(given_names)
    return PersonName(surname + given, f"{given_latin.capitalize()} {surname_latin.capitalize()}")


class Mailboxes:
    """Hands out mail addresses that nobody has yet, at domains that nobody ever will."""

    _DOMAINS = ("example.com", "example.net", "example.org")

    def __init__(self, taken: frozenset[str] = frozenset()) -> None:
        self._taken = set(taken)

    def address(self, name: PersonName, rng: random.Random) -> str:
        """A new address for the name, with a number if the plain one is taken."""
        domain = rng.choice(self._DOMAINS)
        numbered = (f"{name.mailbox}{number}@{domain}" for number in count(2))
        candidates = chain([f"{name.mailbox}@{domain}"], numbered)
        address = next(candidate for candidate in candidates if candidate not in self._taken)
        self._taken.add(address)
        return address
