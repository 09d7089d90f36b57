"""What sources hold of people: names, numbers and dates, with the mishaps of real records."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count

from switchyard_crm.domain.customer import Provenance
from switchyard_crm.domain.errors import InvalidField
from switchyard_crm.domain.identifiers import (
    GivenIdentifier,
    Identifier,
    IdentifierKind,
    Normaliser,
)
from switchyard_crm.domain.matching.readings import name_readings
from switchyard_crm.domain.names import TenantId
from switchyard_crm.domain.records import Profile

from benchmarks.crm import vocabulary as words
from benchmarks.crm.dice import Dice

_TENANT = TenantId("bench")
_START = datetime(2020, 1, 1, tzinfo=UTC)
_NOTATIONS = (
    "{0}", "+86 {0}", "0086{0}", "{1} {2} {3}", "{1}-{2}-{3}", "+86-{1}-{2}-{3}", "86{0}",
    "(+86){0}", "{0}转801", "tel:+86{0}",
)  # fmt: skip
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(frozen=True, slots=True)
class Source:
    """A system that holds records, and how often it has what; `listens` writes names by ear."""

    name: str
    weight: float
    phone: float
    email: float
    birth: float
    openid: float = 0.0
    nickname: float = 0.0
    titled: float = 0.0
    listens: bool = False
    pinyin: float = 0.05


SOURCES = (
    Source("shop", 0.30, phone=0.95, email=0.60, birth=0.15, pinyin=0.15),
    Source("calls", 0.22, phone=0.98, email=0.15, birth=0.10, titled=0.12, listens=True),
    Source("wechat", 0.16, phone=0.75, email=0.03, birth=0.0, openid=1.0, nickname=0.5),
    Source("billing", 0.18, phone=0.93, email=0.45, birth=0.85),
    Source("club", 0.14, phone=0.95, email=0.50, birth=0.60, openid=0.10, pinyin=0.20),
)


@dataclass(frozen=True, slots=True)
class GeneratedRecord:
    """A record, the number of the person it is of, and the mishaps that befell it."""

    profile: Profile
    person: int
    mishaps: frozenset[str]


@dataclass(slots=True)
class Person:
    """Somebody, and all that sources may hold of them."""

    number: int
    chinese: bool
    surname: str
    given: str
    birth: date
    phones: list[str]
    emails: list[str]
    openid: str
    family_phone: str = ""
    family_email: str = ""
    office_phone: str = ""
    other_surname: str = ""
    alias: str = ""


def pinyin(han: str) -> str:
    """A name in pinyin, in one word."""
    return "".join(each[0] for each in name_readings(han))


@dataclass(slots=True)
class Writer:
    """Writes what a source would hold of somebody."""

    dice: Dice
    normaliser: Normaliser
    _ids: Iterator[int] = field(default_factory=count)

    def record(self, person: Person, clerk: str) -> GeneratedRecord:
        """A record of somebody; `clerk` is the number of who wrote it."""
        dice = self.dice
        source = SOURCES[dice.weighted([each.weight for each in SOURCES])]
        mishaps = set[str]()
        identifiers = [
            self._phone(person, source, clerk, mishaps),
            self._email(person, source, mishaps),
            self._openid(person, source),
        ]
        number = next(self._ids)
        return GeneratedRecord(
            Profile(
                Provenance(source.name, f"r{number}", _START + timedelta(minutes=number)),
                display_name=self._name(person, source, mishaps),
                birth_date=self._birth(person, source, mishaps),
                identifiers=tuple(each for each in identifiers if each is not None),
            ),
            person.number,
            frozenset(mishaps),
        )

    def _phone(
        self, person: Person, source: Source, clerk: str, mishaps: set[str]
    ) -> Identifier | None:
        dice = self.dice
        if not dice.chance(source.phone):
            return None
        digits = person.phones[0] if dice.chance(0.8) else dice.one_of(person.phones)
        for mishap, probability, value in (
            ("family phone", 0.2, person.family_phone),
            ("office phone", 0.25, person.office_phone),
            ("placeholder phone", 0.02, "13800138000"),
            ("clerk's phone", 0.006, clerk),
        ):
            if value and dice.chance(probability):
                mishaps.add(mishap)
                digits = value
                break
        if dice.chance(0.015):
            mishaps.add("phone mistyped")
            at = 3 + dice.number(len(digits) - 3)
            digits = f"{digits[:at]}{dice.number(10)}{digits[at + 1 :]}"
        written = dice.one_of(_NOTATIONS).format(digits, digits[:3], digits[3:7], digits[7:])
        if dice.chance(0.03):
            written = written.translate(_WIDE)
        return self._normalised(IdentifierKind.PHONE, written)

    def _email(self, person: Person, source: Source, mishaps: set[str]) -> Identifier | None:
        dice = self.dice
        if not dice.chance(source.email):
            return None
        if dice.chance(0.015):
            mishaps.add("placeholder e-mail")
            return self._normalised(
                IdentifierKind.EMAIL, dice.one_of(("test@test.com", "no@email.com", "none@shop.cn"))
            )
        if person.family_email and dice.chance(0.2):
            mishaps.add("family e-mail")
            return self._normalised(IdentifierKind.EMAIL, person.family_email)
        if not person.emails:
            return None
        address = person.emails[0] if dice.chance(0.8) else dice.one_of(person.emails)
        if dice.chance(0.01):
            mishaps.add("e-mail mistyped")
            at = dice.number(address.index("@"))
            address = address[:at] + address[at + 1 :]
        return self._normalised(IdentifierKind.EMAIL, f" {address.title()}")

    def _openid(self, person: Person, source: Source) -> Identifier | None:
        if not person.openid or not self.dice.chance(source.openid):
            return None
        return self._normalised(IdentifierKind.HANDLE, person.openid, "wechat.shop")

    def _normalised(
        self, kind: IdentifierKind, value: str, namespace: str = ""
    ) -> Identifier | None:
        try:
            return self.normaliser.normalise(GivenIdentifier(kind, value, namespace), _TENANT, "f")
        except InvalidField:  # a mistyped value, which no source would hand on either
            return None

    def _birth(self, person: Person, source: Source, mishaps: set[str]) -> date | None:
        dice = self.dice
        birth = person.birth
        if not dice.chance(source.birth):
            return None
        if dice.chance(0.02):
            mishaps.add("birth date made up")
            return date(1970, 1, 1) if dice.chance(0.7) else date(birth.year, 1, 1)
        if dice.chance(0.015) and birth.day <= 12:
            mishaps.add("birth date swapped")
            return birth.replace(month=birth.day, day=birth.month)
        if dice.chance(0.012):
            mishaps.add("birth date mistyped")
            return birth.replace(day=min(birth.day, 28), year=birth.year + dice.one_of((-10, 10)))
        return birth

    def _name(self, person: Person, source: Source, mishaps: set[str]) -> str:
        dice = self.dice
        if dice.chance(source.nickname):
            mishaps.add("nickname")
            return dice.one_of(words.NICKNAMES)
        if dice.chance(0.04 if not source.listens else 0.09):
            mishaps.add("no name")
            return dice.one_of(words.NO_NAMES)
        if person.chinese:
            return self._chinese_name(person, source, mishaps)
        return self._english_name(person, source, mishaps)

    def _chinese_name(self, person: Person, source: Source, mishaps: set[str]) -> str:
        dice = self.dice
        surname, given = person.surname, person.given
        if dice.chance(source.titled):
            mishaps.add("surname and title")
            return surname + dice.one_of(words.HAN_TITLES)
        if person.alias and dice.chance(0.3):
            mishaps.add("English first name")
            return f"{person.alias} {pinyin(surname).title()}"
        if dice.chance(0.08 if source.listens else 0.015):
            surname, given = self._heard(surname, given, mishaps)
        elif dice.chance(0.015):
            mishaps.add("name mistyped")
            given = given[:-1] + dice.common(words.GIVEN)
        if dice.chance(source.pinyin):
            mishaps.add("pinyin")
            return self._in_pinyin(surname, given, mishaps)
        written = (
            (surname + given).translate(words.TRADITIONAL)
            if dice.chance(0.03)
            else (surname + given)
        )
        if dice.chance(0.04):
            written += dice.one_of(words.HAN_TITLES)
        return written

    def _heard(self, surname: str, given: str, mishaps: set[str]) -> tuple[str, str]:
        other = words.SOUND_ALIKE_SURNAMES.get(surname)
        if other is not None and self.dice.chance(0.25):
            mishaps.add("surname heard wrong")
            return other, given
        heard = "".join(words.SOUND_ALIKE.get(each, each) for each in given)
        if heard != given:
            mishaps.add("given name heard wrong")
        return surname, heard

    def _in_pinyin(self, surname: str, given: str, mishaps: set[str]) -> str:
        dice = self.dice
        readings = name_readings(surname + given)
        family = "".join(each[0] for each in readings[: len(surname)])
        first = [each[0] for each in readings[len(surname) :]]
        if dice.chance(0.02):
            mishaps.add("name mistyped")
            first[-1] = first[-1][:-1] or first[-1]
        joined = "".join(first)
        return dice.one_of(
            (
                f"{family.title()} {joined.title()}",
                f"{joined.title()} {family.title()}",
                f"{family.upper()}, {joined.title()}",
                f"{family} {' '.join(first)}",
                f"{family}{joined}",
                f"{family.upper()} {joined.upper()}",
            )
        )

    def _english_name(self, person: Person, source: Source, mishaps: set[str]) -> str:
        dice = self.dice
        first, last = person.given, person.surname
        if person.other_surname and dice.chance(0.4):
            mishaps.add("other surname")
            last = person.other_surname
        if dice.chance(0.06):
            short = words.SHORT_FIRST_NAMES.get(first, first)
            if short != first:
                mishaps.add("short first name")
            first = short
        if dice.chance(0.06 if source.listens else 0.025):
            mishaps.add("name mistyped")
            first, last = (
                (self._slip(first), last) if dice.chance(0.5) else (first, self._slip(last))
            )
        if dice.chance(0.03):
            mishaps.add("initial")
            first = first[0]
        elif dice.chance(0.08):
            first = f"{first} {dice.one_of(words.MIDDLE_INITIALS)}."
        style = dice.one_of(("{0} {1}", "{0} {1}", "{1}, {0}", "{0} {1}", "Mr {0} {1}", "{1} {0}"))
        written = style.format(first, last)
        return written.upper() if dice.chance(0.05) else written

    def _slip(self, word: str) -> str:
        """A letter missing, doubled, swapped with the next, or wrong."""
        dice = self.dice
        at = dice.number(len(word) - 1)
        match dice.number(4):
            case 0:
                return word[:at] + word[at + 1 :]
            case 1:
                return word[: at + 1] + word[at:]
            case 2:
                return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
            case _:
                return word[:at] + dice.one_of("aeiorstln") + word[at + 1 :]
