"""What a reader of either language sees."""

from dataclasses import dataclass
from typing import Literal

type Language = Literal["en", "zh"]
"""Languages of a report."""


@dataclass(frozen=True, slots=True)
class Text:
    """The same statement in English and in Chinese."""

    en: str
    zh: str

    def told(self, language: Language) -> str:
        """The statement in one language."""
        return self.zh if language == "zh" else self.en
