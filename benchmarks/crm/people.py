"""A made-up population of Chinese and English customers, and what several sources hold of them.

Each record says whose it is, so that matching can be measured, and which mishaps befell it. The
mishaps are those of real customer data: names in characters, in pinyin and in both orders, heard
wrong, with a title or a nickname, changed by marriage; numbers in every notation, mistyped, shared
in families and offices, inherited from an earlier owner; placeholders of forms and of single
clerks; brothers and twins; wrong and made-up dates of birth; whatever is missing.

The rates are what seems plausible, not what was counted anywhere, and the same for everybody. They
were revised once after a first measurement, in which half of all pairs had nothing in common (more
records have a telephone number now, fewer share one): recall depends on them more than on the
rules, so compare ways with each other rather than one figure with a figure from elsewhere.

Telephone numbers are +86 199 and eight digits; addresses are at example hosts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count

from switchyard_crm.domain.identifiers import Normaliser

from benchmarks.crm import vocabulary as words
from benchmarks.crm.dice import Dice
from benchmarks.crm.writing import GeneratedRecord, Person, Writer, pinyin

__all__ = ["GeneratedRecord", "population"]

_FIRST_BIRTH = date(1940, 1, 1)
_BIRTH_DAYS = 25_000
_RECORDS_PER_PERSON = (0.34, 0.28, 0.18, 0.12, 0.08)


def population(records: int, seed: int) -> list[GeneratedRecord]:
    """At least that many records, all of each person's; the same for the same seed."""
    return _Population(Dice(seed), records).generated


@dataclass(slots=True)
class _Population:
    dice: Dice
    wanted: int
    generated: list[GeneratedRecord] = field(default_factory=list)
    _phones: Iterator[int] = field(default_factory=count)
    _people: Iterator[int] = field(default_factory=count)
    _given_up: list[str] = field(default_factory=list)
    _clerks: list[str] = field(default_factory=list)
    _office: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        normaliser = Normaliser("CN")
        writer = Writer(self.dice, normaliser)
        self._clerks = [self._phone() for _ in range(max(self.wanted // 2000, 2))]
        while len(self.generated) < self.wanted:
            for person in self._household():
                records = 1 + self.dice.weighted(_RECORDS_PER_PERSON)
                clerk = self.dice.one_of(self._clerks)
                self.generated.extend(writer.record(person, clerk) for _ in range(records))

    def _household(self) -> list[Person]:
        """Somebody alone, or a family of two to four, of whom two may be twins."""
        head = self._person()
        if not self.dice.chance(0.12):
            return [head]
        family = [head]
        phone = head.phones[0] if self.dice.chance(0.5) else self._phone()
        email = head.emails[0] if head.emails and self.dice.chance(0.5) else self._email(head)
        for _ in range(1 + self.dice.number(3)):
            family.append(self._relative(family))
        for member in family:
            member.family_phone, member.family_email = phone, email
        return family

    def _relative(self, family: list[Person]) -> Person:
        head, last = family[0], family[-1]
        one = self._person(chinese=head.chinese)
        married = len(family) == 1 and self.dice.chance(0.7)
        if not (married and head.chinese):
            one.surname = head.surname
        if married:
            return one
        if head.chinese and len(last.given) == 2 and self.dice.chance(0.3):
            one.given = last.given[0] + self.dice.common(words.GIVEN)  # as brothers are named
        if not head.chinese and self.dice.chance(0.05):
            one.given = head.given  # father and son
        elif not head.chinese and len(family) > 2 and self.dice.chance(0.05):
            last.given, one.given = self.dice.one_of(words.SIBLINGS)
        if len(family) > 2 and self.dice.chance(0.08):
            one.birth = last.birth
        return one

    def _person(self, chinese: bool | None = None) -> Person:
        dice = self.dice
        is_chinese = dice.chance(0.7) if chinese is None else chinese
        surname, given = self._chinese_name() if is_chinese else self._english_name()
        number = next(self._people)
        person = Person(
            number,
            is_chinese,
            surname,
            given,
            _FIRST_BIRTH + timedelta(days=dice.number(_BIRTH_DAYS)),
            phones=[self._phone() for _ in range(1 + dice.weighted((0.75, 0.2, 0.05)))],
            emails=[],
            openid=f"o{number:07x}{dice.number(1 << 32):08x}" if dice.chance(0.75) else "",
        )
        person.emails = [self._email(person) for _ in range(dice.weighted((0.15, 0.65, 0.2)))]
        if dice.chance(0.04) and self._given_up:
            person.phones[0] = self._given_up.pop(dice.number(len(self._given_up)))
        elif len(person.phones) > 1 and dice.chance(0.5):
            self._given_up.append(person.phones[-1])
        person.office_phone = self._office_phone() if dice.chance(0.08) else ""
        if not is_chinese and dice.chance(0.08):
            person.other_surname = dice.common(words.LAST_NAMES)
        if is_chinese and dice.chance(0.08):
            person.alias = dice.one_of(words.ENGLISH_ALIASES)
        return person

    def _chinese_name(self) -> tuple[str, str]:
        rare = self.dice.chance(0.03)
        surname = (
            self.dice.one_of(words.RARE_SURNAMES) if rare else self.dice.common(words.SURNAMES)
        )
        given = "".join(self.dice.common(words.GIVEN) for _ in range(1 + self.dice.chance(0.75)))
        return surname, given

    def _english_name(self) -> tuple[str, str]:
        return self.dice.common(words.LAST_NAMES), self.dice.common(words.FIRST_NAMES)

    def _phone(self) -> str:
        # Spread over the range: a mistyped digit meets a neighbour no more than by chance.
        return f"199{next(self._phones) * 48_271 % 99_999_989:08}"

    def _email(self, person: Person) -> str:
        name = (
            pinyin(person.surname + person.given)
            if person.chinese
            else (f"{person.given}.{person.surname}")
        )
        mailbox = "".join(each for each in name.lower() if each.isascii() and each not in "' ")
        return f"{mailbox}{self.dice.number(100_000)}@example.{self.dice.one_of(('com', 'org'))}"

    def _office_phone(self) -> str:
        """Offices have one to forty people; whoever comes next fills the one that is open."""
        if not self._office:
            size = 1 + self.dice.number(5) if self.dice.chance(0.6) else 6 + self.dice.number(35)
            self._office = [self._phone()] * size
        return self._office.pop()
