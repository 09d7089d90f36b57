"""Takes out of a text what tells who somebody is, where operators want texts kept. Pure.

Numbers, addresses of mail and pages go, in any notation; names and streets cannot be told from
other words and stay. So texts are kept only where somebody has decided so.
"""

import re
import unicodedata

_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_DIGIT = r"[\d零〇一二三四五六七八九幺两]"
# Three digits and more, with what people put between them; letters may lead (SY10240001).
_NUMBER = re.compile(rf"\+?(?:[A-Za-z]{{1,3}}[-#]?)?{_DIGIT}(?:[\s().-]{{0,2}}{_DIGIT}){{2,}}")
_WORD = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple)"
_SPOKEN = re.compile(rf"\b{_WORD}(?:[\s,-]+{_WORD}){{2,}}\b", re.IGNORECASE)


def redacted(text: str) -> str:
    """The text with <mail>, <link> and <number> in the places of such."""
    plain = unicodedata.normalize("NFKC", text)
    for pattern, mark in (
        (_MAIL, "<mail>"),
        (_LINK, "<link>"),
        (_NUMBER, "<number>"),
        (_SPOKEN, "<number>"),
    ):
        plain = pattern.sub(mark, plain)
    return plain
