"""The languages the bot speaks."""

from enum import StrEnum


class Language(StrEnum):
    """BCP 47 primary tags."""

    CHINESE = "zh"
    ENGLISH = "en"


def language_of(value: object) -> Language:
    """The language a slot holds; English for anything unknown, as the bot's own default."""
    return Language.CHINESE if value == Language.CHINESE else Language.ENGLISH
