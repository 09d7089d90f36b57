"""Words in both languages."""

from typing import NamedTuple

from switchyard_common.commands import Lang


class Words(NamedTuple):
    """The same in English and in Chinese."""

    en: str
    zh: str

    def of(self, language: Lang) -> str:
        """The words in a language."""
        return self.zh if language is Lang.ZH else self.en
