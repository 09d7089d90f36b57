"""The languages a caller can be served in."""

from enum import StrEnum


class Language(StrEnum):
    """Chinese and English, by their ISO 639-1 codes."""

    CHINESE = "zh"
    ENGLISH = "en"


def spoken(language: str) -> Language | None:
    """The language to speak for a BCP 47 one; Cantonese speakers are served in Chinese."""
    primary = language.partition("-")[0].lower()
    return {"zh": Language.CHINESE, "yue": Language.CHINESE, "en": Language.ENGLISH}.get(primary)
