"""The company's customers."""

import datetime as dt
import random
from collections.abc import Iterator, Sequence

from switchyard_demo.company.model import Address, Customer, Tier
from switchyard_demo.company.people import Mailboxes, draw_name
from switchyard_demo.company.places import (
    ABROAD,
    CANTON,
    MAINLAND,
    STREETS_EN,
    STREETS_ZH,
    Place,
)
from switchyard_demo.company.products import SERVICES

_LANGUAGES = {"zh": 68, "yue": 10, "en": 22}
_TIERS = {Tier.STANDARD: 60, Tier.SILVER: 24, Tier.GOLD: 12, Tier.PLATINUM: 4}
_HAS_SERVICE = 0.7
_LONGEST_DAYS = 6 * 365
_SHORTEST_DAYS = 45


class Phones:
    """Hands out telephone numbers at which nobody is reached, each once.

    Mainland numbers are 199 0000 xxxx, a block that looks unassigned. Abroad they come from ranges
    kept free for fiction: 555-0100 to 0199 in North America, 07700 900xxx in Britain.
    """

    def __init__(self, taken: frozenset[str], rng: random.Random) -> None:
        self._taken, self._rng = taken, rng
        self._left: dict[str, Iterator[str]] = {}

    def number(self, place: Place) -> str:
        """A number of the place in E.164."""
        prefix, digits = _fictional_range(place)
        if prefix not in self._left:
            numbers = [f"{prefix}{n:0{digits}}" for n in range(10**digits)]
            free = [number for number in numbers if number not in self._taken]
            self._left[prefix] = iter(self._rng.sample(free, len(free)))
        return next(self._left[prefix])


def _fictional_range(place: Place) -> tuple[str, int]:
    """Prefix, and the number of digits that may follow."""
    ranges = {
        "CN": ("+861990000", 4),
        "US": (f"+1{place.area_code}55501", 2),
        "GB": ("+447700900", 3),
    }
    return ranges[place.country]


def make_customers(
    how_many: int, as_of: dt.date, known: Sequence[Customer], rng: random.Random
) -> tuple[Customer, ...]:
    """The known customers first, then invented ones up to the number asked for."""
    phones = Phones(frozenset(customer.phone for customer in known), rng)
    mailboxes = Mailboxes(frozenset(customer.email for customer in known))
    return (
        *known,
        *(
            _customer(f"c{number:04}", as_of, phones, mailboxes, rng)
            for number in range(len(known) + 1, how_many + 1)
        ),
    )


def _customer(
    customer: str, as_of: dt.date, phones: Phones, mailboxes: Mailboxes, rng: random.Random
) -> Customer:
    language = rng.choices(list(_LANGUAGES), list(_LANGUAGES.values()))[0]
    places = {"zh": MAINLAND, "yue": CANTON, "en": ABROAD}[language]
    place = rng.choices(places, [place.weight for place in places])[0]
    name = draw_name(language, rng)
    days = _SHORTEST_DAYS + int((_LONGEST_DAYS - _SHORTEST_DAYS) * rng.random() ** 1.5)
    return Customer(
        id=customer,
        name=name.native,
        language=language,
        phone=phones.number(place),
        email=mailboxes.address(name, rng),
        address=_address(place, rng),
        tier=rng.choices(list(_TIERS), list(_TIERS.values()))[0],
        since=as_of - dt.timedelta(days=days),
        service_plan=_service(place, rng),
    )


def _address(place: Place, rng: random.Random) -> Address:
    number = rng.randint(1, 399)
    if place.country == "CN":
        street = (
            f"{rng.choice(STREETS_ZH)}{number}号{rng.randint(1, 28)}栋{rng.randint(101, 2904)}室"
        )
    else:
        street = f"{number} {rng.choice(STREETS_EN)}"
    return Address(
        place.country,
        place.region,
        place.city,
        rng.choice(place.districts),
        street,
        place.postal_code,
    )


def _service(place: Place, rng: random.Random) -> str | None:
    if rng.random() >= _HAS_SERVICE:
        return None
    offered = [s for s in SERVICES if place.country == "CN" or not s.is_line]
    return rng.choices(offered, [service.weight for service in offered])[0].id
