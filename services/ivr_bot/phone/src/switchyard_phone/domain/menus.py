"""Menus for callers: what is said, and what each key leads to."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from switchyard_phone.domain.language import Language

KEYS = "1234567890*#"
"""Every key there is."""

PERSON_KEY, REPEAT_KEY, END_KEY = "0", "*", "#"
"""Keys with a meaning of their own: a person, say it again or in another language, that is all."""

OWN_KEYS = "123456789"
"""Keys that a menu may give a meaning."""

Spoken = Mapping[Language, str]
"""The same words in every language of the menus."""

Ways = Mapping[Language, tuple[str, ...]]
"""Ways to say one thing aloud, by language; the first is the one that callers are told."""


@dataclass(frozen=True, slots=True)
class ToBot:
    """The bot is told what the caller wants: an intent of its own.

    `fields` are asked for by keys first and sent along.
    """

    intent: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GiveSlot:
    """The bot is told one value, for instance a rating."""

    slot: str
    value: str


@dataclass(frozen=True, slots=True)
class ToMenu:
    """Another menu follows."""

    menu: str


@dataclass(frozen=True, slots=True)
class ToPerson:
    """A person takes over. `queue` is the router's; empty: the one for the reason."""

    reason: str = "asked"
    queue: str = ""


@dataclass(frozen=True, slots=True)
class InLanguage:
    """It goes on in this language, in the same place; None: in the next one."""

    language: Language | None = None


Act = ToBot | GiveSlot | ToMenu | ToPerson | InLanguage


@dataclass(frozen=True, slots=True)
class Option:
    """A key of a menu. `label` says in few words what it is for.

    `say` are words that do the same as the key; a language without any has its label for that.
    """

    key: str
    label: Spoken
    act: Act
    say: Ways = field(default_factory=dict)

    def ways(self, language: Language) -> tuple[str, ...]:
        """Words that do the same as the key."""
        return self.say.get(language) or (self.label[language],)


@dataclass(frozen=True, slots=True)
class Menu:
    """What is said first, then the options in this order.

    Without `barge_in` no voice interrupts it, a legal notice for instance; a key does.
    """

    name: str
    prompt: Spoken
    options: tuple[Option, ...]
    barge_in: bool = True

    def option(self, key: str) -> Option | None:
        """What a key is for; None if it is for nothing here."""
        return next((option for option in self.options if option.key == key), None)


@dataclass(frozen=True, slots=True)
class Field:
    """A number that callers key in, by the name of the bot's slot.

    `least` and `most` are how many digits it has; with equal ones no `#` is needed. `only` are the
    values that will do, if not all. A `secret` is masked wherever it could be read, and while it is
    keyed in nobody listens.
    """

    slot: str
    prompt: Spoken
    least: int
    most: int
    secret: bool = False
    only: frozenset[str] = frozenset()

    @property
    def fixed(self) -> bool:
        """Whether it ends by itself."""
        return self.least == self.most


@dataclass(frozen=True, slots=True)
class Timing:
    """How long callers may think, in seconds: before the first key, and between two."""

    first_digit_seconds: float = 6.0
    between_digits_seconds: float = 3.0


@dataclass(frozen=True, slots=True)
class Menus:
    """Everything that a caller can reach by keys. Only a checked file makes one.

    `languages` are in the order in which they are offered; the first is spoken to whoever does not
    choose. `numbers` are languages by number dialled, its digits only. `retries` are keys without
    a meaning, and silences, that are forgiven in a row; then a person takes over.
    `star_changes_language`: `*` goes on in the next language, instead of saying it again. `phrases`
    are said in any menu; `say` are ways of callers to say what WAYS names.
    """

    start: str
    languages: tuple[Language, ...]
    menus: Mapping[str, Menu]
    fields: Mapping[str, Field]
    phrases: Mapping[str, Spoken]
    greeting: Spoken
    timing: Timing = Timing()
    retries: int = 2
    star_changes_language: bool = False
    numbers: Mapping[str, Language] = field(default_factory=dict)
    say: Mapping[str, Ways] = field(default_factory=dict)

    def menu(self, name: str) -> Menu:
        """A menu; KeyError."""
        return self.menus[name]

    def phrase(self, name: str, language: Language) -> str:
        """What is said in any menu; KeyError."""
        return self.phrases[name][language]

    def ways(self, name: str, language: Language) -> tuple[str, ...]:
        """How callers say one of WAYS; KeyError."""
        return self.say[name][language]

    def option_words(self, option: Option, language: Language, *, speech: bool = False) -> str:
        """What announces an option: "To check an order, press 1 or say: my order."."""
        said = option.say.get(language, ()) if speech else ()
        pattern = self.phrase("press_or_say" if said else "press", language)
        words = pressing(pattern, option.label[language], option.key)
        return words.replace("{say}", said[0]) if said else words

    def doubting(self, words: str, language: Language) -> str:
        """What asks whether these words were understood rightly."""
        return self.phrase("did_you_say", language).replace("{words}", words)

    def after(self, language: Language) -> Language:
        """The language offered after this one."""
        place = self.languages.index(language)
        return self.languages[(place + 1) % len(self.languages)]


def pressing(pattern: str, label: str, key: str) -> str:
    """ "{label}, press {key}." with both put in, and a capital letter in front."""
    words = pattern.replace("{label}", label).replace("{key}", key)
    return words[:1].upper() + words[1:]


PHRASES: Mapping[str, frozenset[str]] = {
    "press": frozenset({"label", "key"}),
    "press_or_say": frozenset({"label", "key", "say"}),
    "choose": frozenset({"label", "key"}),
    "choose_language": frozenset({"key"}),
    "wrong_key": frozenset(),
    "nothing_heard": frozenset(),
    "nothing_said": frozenset(),
    "not_understood": frozenset(),
    "did_you_say": frozenset({"words"}),
    "or_say_it": frozenset(),
    "use_keys": frozenset(),
    "numbers_by_keys": frozenset(),
    "bot_down": frozenset(),
    "person_key": frozenset(),
    "to_person": frozenset(),
    "then_hash": frozenset(),
    "bad_number": frozenset(),
    "yes_or_no": frozenset(),
    "yes_or_no_or_say": frozenset(),
    "one_moment": frozenset(),
    "needs_person": frozenset(),
    "anything_else": frozenset(),
    "anything_else_or_say": frozenset(),
    "nobody": frozenset(),
    "goodbye": frozenset(),
    "place": frozenset({"position"}),
    "place_and_minute": frozenset({"position"}),
    "place_and_wait": frozenset({"position", "minutes"}),
    "still_waiting": frozenset(),
    "offer_callback": frozenset(),
    "leave_queue": frozenset(),
    "callback_booked": frozenset(),
    "callback_failed": frozenset(),
    "next_agent": frozenset(),
    "survey_rating": frozenset(),
    "survey_resolved": frozenset(),
    "survey_thanks": frozenset(),
    "survey_sorry": frozenset(),
    "closing": frozenset(),
    "closing_person": frozenset(),
}
"""Every phrase, and what is put into it. Those without an entry in a file are the package's own."""

FILLED_IN_CALLS = frozenset(
    {"choose", "did_you_say", "place", "place_and_minute", "place_and_wait"}
)
"""Phrases whose values become known only in a call."""

WAYS = ("yes", "no", "person", "repeat", "no_number")
"""What callers can say wherever it means something. Ways without an entry in a file are the
package's own."""
