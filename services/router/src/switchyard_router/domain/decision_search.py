"""What decisions are found by: a small filter language, and the index that serves a filter.

The language is a subset of AIP-160: comparisons joined by AND.

    filter     = [ comparison { "AND" comparison } ]
    comparison = field operator value
    field      = "contact" | "agent" | "queue" | "policy" | "arm" | "degraded" | "time"
    operator   = "=" | ">=" | ">" | "<=" | "<"          (all but "=" for time alone)
    value      = word | '"' { character | '\\"' | '\\\\' } '"'
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from switchyard_router.domain.names import Tenant, bad_field

_MOST_CHARACTERS = 1000
_COLLECTIONS = {"contact": "contacts", "agent": "agents", "queue": "queues"}
_TEXT_FIELDS = ("contact", "agent", "queue", "policy", "arm")
_FIELDS = (*_TEXT_FIELDS, "degraded", "time")
_BY_SELECTIVITY = ("contact", "agent", "arm", "queue")
_TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>"(?:[^"\\]|\\["\\])*")|(?P<operator><=|>=|!=|=|<|>)"""
    r"""|(?P<paren>[()])|(?P<word>[^\s"()=<>!]+)|(?P<wrong>\S))"""
)
_ESCAPE = re.compile(r'\\(["\\])')
_EPOCH = datetime.fromtimestamp(0, UTC)
_MILLISECOND = timedelta(milliseconds=1)
ALL_TIME = (0, 1 << 47)
"""Milliseconds; the year 6429 is far enough."""


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision to be kept: its encoded form and what it is found by. `time_ms`: store's clock."""

    id: str
    time_ms: int
    data: bytes
    contact: str
    agent: str
    queue: str
    arm: str = ""
    degraded: bool = False


@dataclass(frozen=True, slots=True)
class DecisionFilter:
    """What is asked for: exact values by field, and from when (inclusive) to when (exclusive), ms.

    `degraded` None: either.
    """

    equal: Mapping[str, str]
    degraded: bool | None = None
    from_ms: int = ALL_TIME[0]
    to_ms: int = ALL_TIME[1]

    def index(self) -> tuple[str, str]:
        """The index to read, most selective first: its name and the value; ("all", "") if none."""
        for field in _BY_SELECTIVITY:
            if field in self.equal:
                return field, self.equal[field]
        return ("degraded", "true") if self.degraded else ("all", "")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int
    """Counted from 1, as people do."""


class _Reader:
    """The tokens of a filter, one after the other."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._end = len(text) + 1
        self._next = 0

    def next(self) -> _Token:
        """The next token, of kind "end" behind the last one."""
        token = self.peek()
        self._next += 1
        return token

    def peek(self) -> _Token:
        """The next token, which stays."""
        if self._next < len(self._tokens):
            return self._tokens[self._next]
        return _Token("end", "the end", self._end)


def parse_filter(text: str, tenant: Tenant) -> DecisionFilter:
    """Read a filter; empty asks for everything.

    Raises INVALID (BAD_EXPRESSION) naming the position, counted in characters from 1.
    """
    if len(text) > _MOST_CHARACTERS:
        raise _wrong(_MOST_CHARACTERS + 1, f"a filter has at most {_MOST_CHARACTERS} characters")
    reader = _Reader(text)
    equal: dict[str, str] = {}
    bounds = list(ALL_TIME)
    degraded: bool | None = None
    if reader.peek().kind == "end":
        return DecisionFilter(equal)
    while True:
        field, operator, value = _comparison(reader)
        if field.text == "time":
            _narrow(bounds, operator, value)
        elif field.text in equal or (field.text == "degraded" and degraded is not None):
            raise _wrong(field.position, f"{field.text} is compared twice")
        elif field.text == "degraded":
            degraded = _truth(value)
        else:
            equal[field.text] = _value(field.text, value, tenant)
        if not _goes_on(reader):
            return DecisionFilter(equal, degraded, bounds[0], bounds[1])


def _comparison(reader: _Reader) -> tuple[_Token, str, _Token]:
    field = reader.next()
    if field.kind != "word" or field.text not in _FIELDS:
        raise _wrong(field.position, _instead_of_field(field))
    operator = reader.next()
    wanted = ("=", ">=", ">", "<=", "<") if field.text == "time" else ("=",)
    if operator.kind != "operator" or operator.text not in wanted:
        raise _wrong(operator.position, f"{field.text} is compared with {' or '.join(wanted)}")
    value = reader.next()
    if value.kind not in ("word", "quoted"):
        raise _wrong(value.position, f"{field.text} needs a value, in quotes if it is no word")
    return field, operator.text, value


def _instead_of_field(token: _Token) -> str:
    if token.kind == "paren" or token.text in ("NOT", "OR"):
        return "parentheses, NOT and OR are not part of this filter; join comparisons with AND"
    return f"expected one of {', '.join(_FIELDS)}, found {token.text}"


def _goes_on(reader: _Reader) -> bool:
    token = reader.next()
    if token.kind == "end":
        return False
    if token.kind == "word" and token.text == "AND":
        return True
    if token.kind == "paren" or token.text in ("NOT", "OR"):
        raise _wrong(token.position, _instead_of_field(token))
    raise _wrong(token.position, f"expected AND, found {token.text}")


def _value(field: str, token: _Token, tenant: Tenant) -> str:
    text = _plain(token)
    collection = _COLLECTIONS.get(field)
    if collection and "/" in text:
        return tenant.parse(collection, text, "filter")
    if not text:
        raise _wrong(token.position, f"{field} must not be empty")
    return text


def _truth(token: _Token) -> bool:
    if token.text not in ("true", "false"):
        raise _wrong(token.position, "degraded is true or false")
    return token.text == "true"


def _narrow(bounds: list[int], operator: str, token: _Token) -> None:
    """Narrow [from, to) by one comparison, in whole milliseconds."""
    moment = _moment(token)
    if operator in ("=", ">=", ">"):
        bounds[0] = max(bounds[0], moment + (operator == ">"))
    if operator in ("=", "<=", "<"):
        bounds[1] = min(bounds[1], moment + (operator != "<"))


def _moment(token: _Token) -> int:
    try:
        moment = datetime.fromisoformat(_plain(token))
    except ValueError:
        moment = _EPOCH
    if moment.tzinfo is None or moment.year < 1971:
        raise _wrong(
            token.position, 'a time is written with its zone, as "2026-03-01T09:00:00+08:00"'
        )
    return (moment - _EPOCH) // _MILLISECOND


def _plain(token: _Token) -> str:
    return _ESCAPE.sub(r"\1", token.text[1:-1]) if token.kind == "quoted" else token.text


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while (found := _TOKEN.match(text, position)) is not None:
        kind = str(found.lastgroup)
        start = found.start(kind) + 1
        if kind == "wrong":
            said = "the quote is not closed" if found["wrong"] == '"' else "this belongs in quotes"
            raise _wrong(start, said)
        yield _Token(kind, found[kind], start)
        position = found.end()


def _wrong(position: int, fix: str) -> Exception:
    return bad_field("filter", f"position {position}: {fix}", "BAD_EXPRESSION")
