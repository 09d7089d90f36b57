"""Tokens of CEL, with their places, so that a mistake can be shown where it is."""

import re
from dataclasses import dataclass

from switchyard_router.domain.expressions import BadExpression

MOST_CHARACTERS = 2_000
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<double>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)
    |(?P<int>0x[0-9a-fA-F]+|\d+)
    |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign>&&|\|\||[=!<>]=|[-+*/%<>!?:.,()\[\]{}])""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}
_WORDS = ("true", "false", "null", "in")
_REFUSED = {
    "b": "bytes are not supported",
    "r": "raw strings are not supported; write \\\\ for a backslash",
}


@dataclass(frozen=True, slots=True)
class Token:
    """`kind`: int, double, string, name, word, sign or end; places count characters from 0."""

    kind: str
    text: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """The tokens of an expression, closed by one of kind "end". Raises BadExpression."""
    if len(text) > MOST_CHARACTERS:
        raise BadExpression(f"is longer than {MOST_CHARACTERS} characters")
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise BadExpression(f"unexpected {text[at]!r}", at + 1)
        kind = match.lastgroup or ""
        if kind == "name" and match.group() in _WORDS:
            kind = "word"
        if kind != "space":
            _check_neighbours(found, kind, match)
            found.append(Token(kind, match.group(), at, match.end()))
        at = match.end()
    return [*found, Token("end", "", at, at)]


def string_value(token: Token) -> str:
    """The characters a string literal stands for. Raises BadExpression for unknown escapes."""

    def plain(match: re.Match[str]) -> str:
        code = match.group(1)
        if len(code) == 5:
            return chr(int(code[1:], 16))
        if code not in _ESCAPES:
            raise BadExpression(f"unknown escape \\{code}", token.start + 1)
        return _ESCAPES[code]

    return _ESCAPE.sub(plain, token.text[1:-1])


def _check_neighbours(found: list[Token], kind: str, match: "re.Match[str]") -> None:
    """Two words or numbers without a space between them are one that CEL reads otherwise."""
    before = found[-1] if found else None
    if before is None or before.end != match.start():
        return
    if before.kind == "name" and kind == "string":
        problem = _REFUSED.get(before.text.lower(), f"unexpected {match.group()}")
        raise BadExpression(problem, before.start + 1)
    if before.kind in ("int", "double") and kind in ("name", "word", "int", "double"):
        raise BadExpression(f"{before.text}{match.group()} is no number", before.start + 1)
