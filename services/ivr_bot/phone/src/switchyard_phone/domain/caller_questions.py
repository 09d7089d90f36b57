"""What callers are asked: the words, the keys that answer, and what those keys mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from switchyard_phone.domain.caller_events import Answered, Line
from switchyard_phone.domain.keys import Rule
from switchyard_phone.domain.language import Language
from switchyard_phone.domain.menus import (
    END_KEY,
    OWN_KEYS,
    PERSON_KEY,
    REPEAT_KEY,
    Field,
    Menu,
    Menus,
    pressing,
)

CONFIRM_STEP, ASK_STEP = "confirm", "ask."
YES, NO = "1", "2"


class What(StrEnum):
    """What the next keys are."""

    LANGUAGE = "language"
    MENU = "menu"
    GATHERED = "gathered"
    """A value that the menu asks for before it tells the bot a wish."""
    ASKED = "asked"
    """A value that the bot asks for, or one of the answers it shows."""
    CHOICE = "choice"
    YES_NO = "yes_no"
    WORDS = "words"
    """Only words answer; keys lead to a person or have it said again."""
    MORE = "more"
    """Anything else?"""
    DOUBTED = "doubted"
    """Whether words were understood rightly."""


OPEN = frozenset({What.WORDS, What.MORE})
"""Questions that any words answer; the bot makes something of them."""

NUMBERS = frozenset({What.GATHERED, What.ASKED})
"""Questions for a number, which only keys can give: spoken digits are misheard."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """A question: `lines` put it, `again` puts it once more in fewer words, `by_keys` to whoever
    cannot be understood.

    `slot` is the value that digits are; `choices` how many answers there are to pick from, by key
    1 and so on. `listen`: words will do as well: `phrases`, by the key that each stands for, or any
    if there are none. Without `barge_in` no voice interrupts it.
    """

    what: What
    rule: Rule
    lines: tuple[Line, ...]
    again: tuple[Line, ...]
    slot: str = ""
    choices: int = 0
    listen: bool = False
    by_keys: tuple[Line, ...] = ()
    phrases: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    barge_in: bool = True

    @property
    def deaf(self) -> "Awaited":
        """The same for keys alone."""
        again = self.by_keys or self.again
        return replace(self, lines=again, again=again, listen=False)


class Questions:
    """Puts questions together from the menus' words. `speech`: callers may speak."""

    def __init__(self, menus: Menus, *, speech: bool) -> None:
        self._menus = menus
        self._speech = speech

    def language(self) -> Awaited:
        """Which language? Each is offered in itself. By key: nobody knows what to listen for."""
        menus = self._menus
        greeting = tuple(Line(menus.greeting[one], one) for one in menus.languages)
        offers = tuple(
            Line(menus.phrase("choose_language", one).replace("{key}", key), one)
            for key, one in zip(OWN_KEYS, menus.languages, strict=False)
        )
        rule = self._one_key_rule()
        return Awaited(What.LANGUAGE, rule, greeting + offers, offers, choices=len(offers))

    def menu(self, name: str, language: Language, before: tuple[Line, ...] = ()) -> Awaited:
        """A menu's options, after its prompt."""
        menu = self._menus.menu(name)
        lines = self._offer(menu, language, speech=self._speech)
        return Awaited(
            What.MENU,
            self._one_key_rule(),
            before + lines,
            lines,
            listen=self._speech,
            by_keys=self._offer(menu, language, speech=False),
            phrases={one.key: one.ways(language) for one in menu.options}
            | self._anywhere(language),
            barge_in=menu.barge_in,
        )

    def _offer(self, menu: Menu, language: Language, *, speech: bool) -> tuple[Line, ...]:
        options = (
            self._menus.option_words(option, language, speech=speech) for option in menu.options
        )
        lines = tuple(Line(words, language) for words in (menu.prompt[language], *options))
        return (*lines, self._say("person_key", language))

    def gathered(self, slot: str, language: Language) -> Awaited:
        """A value that the bot will need."""
        return self._number(What.GATHERED, self._menus.fields[slot], (), language)

    def more(self, said: tuple[Line, ...], language: Language) -> Awaited:
        """Nothing is open: the caller may hear it again, go on, or hang up."""
        by_keys = (self._say("anything_else", language),)
        again = (self._say("anything_else_or_say", language),) if self._speech else by_keys
        return self._one_key(What.MORE, said + again, again, by_keys=by_keys)

    def doubted(self, words: str, language: Language) -> Awaited:
        """Did you say this?"""
        asked = Line(self._menus.doubting(words, language), language)
        lines = (asked, self._say("yes_or_no_or_say", language))
        return self._yes_no(What.DOUBTED, lines, lines, language)

    def after(self, answer: Answered, language: Language) -> Awaited | None:
        """What the bot's answer asks for; None if keys cannot give it and nobody listens."""
        said = tuple(Line(text, language) for text in answer.says)
        slot = answer.step.removeprefix(ASK_STEP) if answer.step.startswith(ASK_STEP) else ""
        field = self._menus.fields.get(slot)
        choices = self._choices(answer.choices, language)
        if field is not None:
            # A rating is keyed in as it is; its answers to pick from would say the same.
            return self._number(
                What.ASKED, field, said, language, choices if field.most > 1 else ()
            )
        if choices:
            return self._choice(said, choices, answer.choices, language)
        if answer.step == CONFIRM_STEP:
            again = (self._say("yes_or_no_or_say" if self._speech else "yes_or_no", language),)
            return self._yes_no(What.YES_NO, said + again, (*said[-1:], *again), language)
        if not slot:
            return self.more(said, language)
        return self._one_key(What.WORDS, said, said) if self._speech else None

    def _choice(
        self,
        said: tuple[Line, ...],
        choices: tuple[Line, ...],
        titles: Sequence[str],
        language: Language,
    ) -> Awaited:
        again = (*choices, self._say("or_say_it", language)) if self._speech else choices
        phrases = self._anywhere(language)
        phrases |= {key: (title,) for key, title in zip(OWN_KEYS, titles, strict=False)}
        asked = self._one_key(What.CHOICE, said + again, again, by_keys=choices)
        return replace(asked, choices=len(choices), phrases=phrases)

    def _yes_no(
        self, what: What, lines: tuple[Line, ...], again: tuple[Line, ...], language: Language
    ) -> Awaited:
        ways = self._menus.ways
        phrases = {YES: ways("yes", language), NO: ways("no", language)} | self._anywhere(language)
        by_keys = (*again[:-1], self._say("yes_or_no", language))
        return replace(self._one_key(what, lines, again, by_keys=by_keys), phrases=phrases)

    def _anywhere(self, language: Language) -> dict[str, tuple[str, ...]]:
        """What can be said at any question but an open one, where the bot understands it."""
        ways = self._menus.ways
        return {PERSON_KEY: ways("person", language), REPEAT_KEY: ways("repeat", language)}

    def _choices(self, titles: Sequence[str], language: Language) -> tuple[Line, ...]:
        pattern = self._menus.phrase("choose", language)
        return tuple(
            Line(pressing(pattern, title, key), language)
            for key, title in zip(OWN_KEYS, titles, strict=False)
        )

    def _number(
        self,
        what: What,
        field: Field,
        said: tuple[Line, ...],
        language: Language,
        choices: tuple[Line, ...] = (),
    ) -> Awaited:
        hash_needed = not field.fixed or bool(choices)
        again = (*choices, Line(field.prompt[language], language))
        if hash_needed:
            again = (*again, self._say("then_hash", language))
        timing = self._menus.timing
        rule = Rule(
            least=1 if choices else field.least,
            most=field.most,
            first_seconds=timing.first_digit_seconds,
            between_seconds=timing.between_digits_seconds,
            secret=field.secret,
            only=frozenset() if choices else field.only,
        )
        # The bot's own words have asked for it; said twice it would only take longer.
        lines = said + (again[1:] if said and not choices and field.fixed else again)
        listen = self._speech and not field.secret
        phrases = {END_KEY: self._menus.ways("no_number", language)} | self._anywhere(language)
        return Awaited(what, rule, lines, again, field.slot, len(choices), listen, phrases=phrases)

    def _one_key(
        self,
        what: What,
        lines: tuple[Line, ...],
        again: tuple[Line, ...],
        by_keys: tuple[Line, ...] = (),
    ) -> Awaited:
        rule = self._one_key_rule()
        return Awaited(what, rule, lines, again, listen=self._speech, by_keys=by_keys)

    def _one_key_rule(self) -> Rule:
        timing = self._menus.timing
        return Rule(1, 1, timing.first_digit_seconds, timing.between_digits_seconds)

    def _say(self, phrase: str, language: Language) -> Line:
        return Line(self._menus.phrase(phrase, language), language)
