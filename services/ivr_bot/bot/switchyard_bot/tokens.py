"""Cuts mixed Chinese and English text into tokens. Pure."""

import re

_TOKEN = re.compile(
    r"[\u3400-\u9fff\uf900-\ufaff]"  # each Han character
    r"|[A-Za-z\u00c0-\u024f]+(?:'[A-Za-z]+)?"  # a Latin word
    r"|[0-9]+"  # a run of digits
    r"|[^\W_]"  # any other letter by itself
)


def split(text: str) -> list[tuple[int, str]]:
    """Returns (start, token) pairs; text without letters or digits is one token, never none."""
    found = [(match.start(), match[0]) for match in _TOKEN.finditer(text)]
    return found or [(0, text)]
