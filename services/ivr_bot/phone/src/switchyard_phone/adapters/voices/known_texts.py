"""All texts that callers may hear: of menus, and of the bot from its files `texts/*.yml`."""

from collections.abc import Iterator
from pathlib import Path

import yaml

from switchyard_phone.domain.language import Language
from switchyard_phone.domain.menus import FILLED_IN_CALLS, PHRASES, WAYS, Menus


class BadTextFile(ValueError):
    """A file of texts that cannot be read; the message says which and why."""


def menu_texts(menus: Menus, language: Language) -> Iterator[str]:
    """What is said in menus, options with their keys."""
    yield menus.greeting[language]
    for menu in menus.menus.values():
        yield menu.prompt[language]
        for option in menu.options:
            # Both, since whoever listens may be away for a moment.
            yield menus.option_words(option, language)
            yield menus.option_words(option, language, speech=True)
            yield menus.doubting(option.ways(language)[0], language)
    yield from (field.prompt[language] for field in menus.fields.values())
    for name, holds in PHRASES.items():
        if not holds or name in FILLED_IN_CALLS:
            yield menus.phrase(name, language)
    yield from (menus.doubting(menus.ways(name, language)[0], language) for name in WAYS)
    for place, one in enumerate(menus.languages, 1):
        yield menus.phrase("choose_language", one).replace("{key}", str(place))


def bot_texts(folder: Path, language: Language) -> Iterator[str]:
    """What the bot says, with `{placeholders}`. BadTextFile, OSError."""
    for path in sorted(folder.glob("*.yml")):
        try:
            texts = yaml.safe_load(path.read_text(encoding="utf-8"))
            yield from (str(variants[language.value]) for variants in texts.values())
        except (yaml.YAMLError, AttributeError, KeyError, TypeError, UnicodeDecodeError) as error:
            raise BadTextFile(f"{path.name}: {type(error).__name__}") from error
