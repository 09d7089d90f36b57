"""SOQL as Salesforce reads it, as far as the connector uses it; everything else is refused.

From the SOQL and SOSL reference (developer.salesforce.com): quoted strings and their escapes (any
other backslash is an error), dates without quotes, comparisons of texts that ignore case, LIKE with
% and _, IN with a list or a query, subqueries of children in SELECT.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\\n]|\\.)*')|(?P<time>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d))"
    r"|(?P<number>-?\d+(?:\.\d+)?)|(?P<word>[A-Za-z_][\w.]*)|(?P<sign><=|>=|!=|[=<>(),]))"
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}

type Row = dict[str, Any]
type Test = Callable[[Row], bool]


class SoqlError(Exception):
    """A query that Salesforce refuses, with its error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def malformed(message: str) -> SoqlError:
    return SoqlError("MALFORMED_QUERY", message)


@dataclass(frozen=True)
class Text:
    """A quoted text as it was written, without its quotes."""

    raw: str

    def value(self, *, pattern: bool = False) -> str:
        return "".join(self._pieces(pattern=pattern))

    def _pieces(self, *, pattern: bool) -> Iterator[str]:
        for escaped, plain in re.findall(r"\\(.)|([^\\])", self.raw, re.S):
            if not escaped:
                wild = {"%": ".*", "_": "."}.get(plain) if pattern else None
                yield wild or (re.escape(plain) if pattern else plain)
            elif escaped in _ESCAPES:
                yield re.escape(_ESCAPES[escaped]) if pattern else _ESCAPES[escaped]
            elif pattern and escaped in "%_":
                yield re.escape(escaped)
            else:
                raise malformed("Invalid string literal. Illegal character sequence")


@dataclass(frozen=True)
class Child:
    """A subquery in SELECT."""

    relation: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Query:
    """A parsed query; `test` decides on rows."""

    fields: tuple[str, ...]
    children: tuple[Child, ...]
    table: str
    test: Test
    named: frozenset[str]
    order: tuple[tuple[str, bool], ...]
    limit: int | None


class Parser:
    """Recursive descent; `select` runs a query within IN."""

    def __init__(
        self, text: str, select: Callable[[str], list[Row]], types: Mapping[str, str]
    ) -> None:
        """`types` are the types of the fields that are not text: id, datetime, boolean."""
        self._tokens = list(_tokens(text))
        self._at = 0
        self._text = text
        self._select = select
        self._types = types
        self._named: set[str] = set()

    def query(self) -> Query:
        self._expect("SELECT")
        fields, children = self._selected()
        self._expect("FROM")
        table = self._word()
        test = self._either() if self._take("WHERE") else _every
        order = self._order()
        limit = None
        if self._take("LIMIT"):
            limit = int(self._next("number"))
        if self._at != len(self._tokens):
            raise malformed("unexpected token")
        named = frozenset((*fields, *self._named, *(name for name, _ in order)))
        return Query(fields, children, table, test, named, order, limit)

    def _selected(self) -> tuple[tuple[str, ...], tuple[Child, ...]]:
        fields: list[str] = []
        children: list[Child] = []
        while True:
            if self._take("("):
                self._expect("SELECT")
                inner, _ = self._selected()
                self._expect("FROM")
                children.append(Child(self._word(), inner))
                self._expect(")")
            else:
                fields.append(self._word())
            if not self._take(","):
                return tuple(fields), tuple(children)

    def _order(self) -> tuple[tuple[str, bool], ...]:
        if not self._take("ORDER"):
            return ()
        self._expect("BY")
        order = []
        while True:
            name = self._word()
            descending = self._take("DESC")
            if not descending:
                self._take("ASC")
            order.append((name, descending))
            if not self._take(","):
                return tuple(order)

    def _either(self) -> Test:
        tests = [self._both()]
        while self._take("OR"):
            tests.append(self._both())
        return lambda row: any(test(row) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._take("AND"):
            tests.append(self._one())
        return lambda row: all(test(row) for test in tests)

    def _one(self) -> Test:
        if self._take("("):
            test = self._either()
            self._expect(")")
            return test
        name = self._word()
        self._named.add(name)
        if self._take("LIKE"):
            return self._like(name)
        if self._take("IN"):
            values = self._values(name)
            return lambda row: row.get(name) is not None and _folded(row[name]) in values
        return self._compared(name, self._next("sign"))

    def _like(self, name: str) -> Test:
        pattern = re.compile(self._literal_text().value(pattern=True), re.I | re.S)
        return lambda row: row.get(name) is not None and bool(pattern.fullmatch(row[name]))

    def _values(self, name: str) -> set[Any]:
        self._expect("(")
        if self._tokens[self._at][1].upper() == "SELECT":
            start = self._at
            depth = 1
            while depth:
                self._at += 1
                depth += {"(": 1, ")": -1}.get(self._tokens[self._at][1], 0)
            inner = " ".join(text for _, text in self._tokens[start : self._at])
            self._expect(")")
            return {_folded(value) for row in self._select(inner) for value in row.values()}
        values = {_folded(self._literal(name))}
        while self._take(","):
            values.add(_folded(self._literal(name)))
        self._expect(")")
        return values

    def _compared(self, name: str, sign: str) -> Test:
        right = _folded(self._literal(name))
        compare: dict[str, Callable[[Any], bool]] = {
            "=": lambda left: left == right,
            "!=": lambda left: left != right,
            "<": lambda left: left is not None and left < right,
            "<=": lambda left: left is not None and left <= right,
            ">": lambda left: left is not None and left > right,
            ">=": lambda left: left is not None and left >= right,
        }
        if sign not in compare:
            raise malformed("unexpected token")
        return lambda row: compare[sign](_folded(row.get(name)))

    def _literal_text(self) -> Text:
        return Text(self._next("text")[1:-1])

    def _literal(self, name: str) -> Any:
        kind, text = self._peek()
        wanted = self._types.get(name, "string")
        if kind == "text":
            if wanted in ("datetime", "boolean"):
                raise SoqlError("INVALID_FIELD", f"{name}: should not be enclosed in quotes")
            return self._literal_text().value()
        self._at += 1
        if kind == "time" and wanted == "datetime":
            return datetime.fromisoformat(text)
        if kind == "word" and text.lower() in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[text.lower()]
        if kind == "number" and wanted == "double":
            return float(text)
        raise SoqlError("INVALID_FIELD", f"{name}: value of filter criterion is of another type")

    def _peek(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise malformed("unexpected end of query")
        return self._tokens[self._at]

    def _next(self, kind: str) -> str:
        found, text = self._peek()
        if found != kind:
            raise malformed("unexpected token")
        self._at += 1
        return text

    def _word(self) -> str:
        return self._next("word")

    def _take(self, text: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at][1].upper() == text:
            self._at += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise malformed(f"expecting {text}")


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    stripped = text.rstrip()
    while at < len(stripped):
        match = _TOKEN.match(stripped, at)
        if match is None or match.lastgroup is None:
            raise malformed("unexpected token")
        yield match.lastgroup, match[match.lastgroup]
        at = match.end()


def _every(_: Row) -> bool:
    return True


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value
