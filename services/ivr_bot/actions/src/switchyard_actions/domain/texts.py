"""All texts, by key and language. Checked once, when they are loaded."""

import re
from collections.abc import Mapping

from switchyard_actions.domain.language import Language
from switchyard_actions.domain.say import Choice, Say

_PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")


class BadTexts(Exception):
    """A text is missing in a language, or its placeholders differ; the message says which."""


class Texts:
    """Fills texts in. Values are put in as they are: braces in them mean nothing."""

    def __init__(self, texts: Mapping[str, Mapping[str, str]]) -> None:
        """Takes key → language → text. Raises BadTexts."""
        for key, variants in texts.items():
            _check(key, variants)
        self._texts = texts

    def __contains__(self, key: str) -> bool:
        return key in self._texts

    @property
    def keys(self) -> frozenset[str]:
        """Every text there is."""
        return frozenset(self._texts)

    def placeholders(self, key: str) -> frozenset[str]:
        """What a text needs filled in."""
        return frozenset(_PLACEHOLDER.findall(self._texts[key][Language.ENGLISH]))

    def render(self, say: Say, language: Language) -> str:
        """The message in words. Raises KeyError for a text or a value that is not there."""
        template = self._texts[say.key][language]
        return _PLACEHOLDER.sub(lambda found: say.values[found[1]], template)

    def title(self, choice: Choice, language: Language) -> str:
        """The words on a quick reply. Raises KeyError."""
        return self._texts[choice.key][language] if choice.key else choice.title


def _check(key: str, variants: Mapping[str, str]) -> None:
    if set(variants) != {language.value for language in Language}:
        raise BadTexts(f"{key}: needs exactly zh and en")
    if not all(isinstance(text, str) and text.strip() for text in variants.values()):
        raise BadTexts(f"{key}: a text is empty")
    needed = [set(_PLACEHOLDER.findall(text)) for text in variants.values()]
    if any(names != needed[0] for names in needed):
        raise BadTexts(f"{key}: the languages have different placeholders")
