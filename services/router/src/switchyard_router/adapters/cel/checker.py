"""Checks an expression against the facts there are, before anything depends on it.

CEL is typed when it is evaluated; most mistakes show earlier, because the types of the facts are
known. What stays open (attributes of contacts) is of kind ANY and checked when it is evaluated.
"""

from collections.abc import Callable, Mapping, Sequence

from switchyard_router.adapters.cel.syntax import Node
from switchyard_router.domain.expressions import CONTACT, BadExpression, Path
from switchyard_router.domain.facts import FACTS, Kind

_NUMBERS = (Kind.INT, Kind.DOUBLE)
_ORDERED = (*_NUMBERS, Kind.STRING)
_MACROS = ("all", "exists", "exists_one", "map", "filter")
_TEXT_METHODS = ("contains", "startsWith", "endsWith", "matches")
_CONVERSIONS = {"int": Kind.INT, "double": Kind.DOUBLE, "string": Kind.STRING}
_FUNCTIONS = ("has", "size", *_CONVERSIONS, *_TEXT_METHODS)


class Checked:
    """What checking found out: the facts that are read, by the place where they stand.

    `reads`: (start, end) to path. `present`: likewise, for has(...), the path whose presence it is.
    """

    def __init__(self, subjects: Sequence[str]) -> None:
        self.reads: dict[tuple[int, int], Path] = {}
        self.present: dict[tuple[int, int], Path] = {}
        self._subjects = subjects
        self._rules: Mapping[str, Callable[[Node], Kind]] = {
            "literal": _literal,
            "name": self._fact,
            "field": self._fact,
            "index": self._fact,
            "call": self._call,
            "method": self._method,
            "list": self._list,
            "not": self._not,
            "minus": self._minus,
            "choice": self._choice,
            "operator": self._operator,
        }

    def condition(self, node: Node) -> None:
        """Check a whole condition. Raises BadExpression."""
        self._wants(node, (Kind.BOOL,), "a condition is true or false")

    def kind(self, node: Node) -> Kind:
        """Kind of a part; checks it on the way."""
        return self._rules[node.kind](node)

    def _wants(self, node: Node, kinds: Sequence[Kind], why: str) -> Kind:
        kind = self.kind(node)
        if kind not in (*kinds, Kind.ANY):
            raise _bad(node, f"{why}, this is of type {kind}")
        return kind

    def _fact(self, node: Node) -> Kind:
        path = _path(node)
        if path is None:
            return self._inside(node)
        known = self._known(node, path)
        if known is Kind.MAP and len(path) == 2 and path[0] != CONTACT:
            example = f"{path[0]}.{path[1]}"
            raise _bad(node, f'name one, for instance {example}["billing"] > 0')
        self.reads[node.start, node.end] = path
        if len(path) > 2:
            return Kind.ANY if path[0] == CONTACT else Kind.INT
        return known

    def _inside(self, node: Node) -> Kind:
        """A part of something that is worked out: `agent.skills[contact.attributes.product]`."""
        if node.kind == "name":
            raise self._unknown_subject(node, node.text)
        of, *index = node.parts
        whole = _path(of)
        if index and whole is not None and len(whole) == 2 and whole[1] == "skills":
            self._known(of, whole)
            self.reads[of.start, of.end] = whole
            self._wants(index[0], (Kind.STRING,), "a skill is named by a string")
            return Kind.INT
        self._wants(of, (Kind.MAP, Kind.LIST), "only maps and lists have parts")
        for part in index:
            self._wants(part, (Kind.INT, Kind.STRING), "an index is a number or a string")
        return Kind.ANY

    def _known(self, node: Node, path: Path) -> Kind:
        subject = path[0]
        if subject not in self._subjects:
            raise self._unknown_subject(node, subject)
        fields = FACTS[subject]
        if len(path) == 1:
            raise _bad(node, f"say which field of {subject}: {', '.join(fields)}")
        fact = fields.get(path[1])
        if fact is None:
            known = ", ".join(fields)
            raise _bad(node, f"{subject}.{path[1]}: no such field; {subject} has {known}")
        if len(path) > 2 and fact.kind is not Kind.MAP:
            raise _bad(node, f"{subject}.{path[1]} is of type {fact.kind} and has no parts")
        if len(path) > 3 and subject != CONTACT:
            raise _bad(node, f"{subject}.{path[1]} holds numbers, which have no parts")
        return fact.kind

    def _unknown_subject(self, node: Node, name: str) -> BadExpression:
        return _bad(node, f"{name}: not known here; there are {', '.join(self._subjects)}")

    def _call(self, node: Node) -> Kind:
        name, arguments = node.text, node.parts
        if name not in ("has", "size", *_CONVERSIONS):
            raise _bad(node, f"{name}: no such function; there are {', '.join(_FUNCTIONS)}")
        if len(arguments) != 1:
            raise _bad(node, f"{name}() takes one argument")
        if name == "has":
            return self._has(node, arguments[0])
        if name == "size":
            self._wants(arguments[0], (Kind.STRING, Kind.LIST, Kind.MAP), "this has no size")
            return Kind.INT
        self._wants(arguments[0], (*_ORDERED, Kind.BOOL), f"{name}() converts numbers and strings")
        return _CONVERSIONS[name]

    def _has(self, node: Node, argument: Node) -> Kind:
        path = _path(argument)
        if path is None or path[:2] != (CONTACT, "attributes") or len(path) < 3:
            raise _bad(node, "has() asks for contact.attributes.NAME; other fields always exist")
        self._known(argument, path)
        self.present[node.start, node.end] = path
        return Kind.BOOL

    def _method(self, node: Node) -> Kind:
        of, *arguments = node.parts
        if node.text in _MACROS:
            raise _bad(node, f"{node.text}() loops; write conditions without loops")
        if node.text == "size" and not arguments:
            self._wants(of, (Kind.STRING, Kind.LIST, Kind.MAP), "this has no size")
            return Kind.INT
        if node.text not in _TEXT_METHODS:
            raise _bad(node, f"{node.text}: no such function; there are {', '.join(_FUNCTIONS)}")
        if len(arguments) != 1:
            raise _bad(node, f"{node.text}() takes one argument")
        self._wants(of, (Kind.STRING,), f"{node.text}() is asked of strings")
        self._wants(arguments[0], (Kind.STRING,), f"{node.text}() takes a string")
        if node.text == "matches" and arguments[0].kind != "literal":
            raise _bad(arguments[0], "matches() takes a pattern that stands here as a string")
        return Kind.BOOL

    def _list(self, node: Node) -> Kind:
        for part in node.parts:
            self.kind(part)
        return Kind.LIST

    def _not(self, node: Node) -> Kind:
        self._wants(node.parts[0], (Kind.BOOL,), "'!' turns true and false round")
        return Kind.BOOL

    def _minus(self, node: Node) -> Kind:
        return self._wants(node.parts[0], _NUMBERS, "'-' is for numbers")

    def _choice(self, node: Node) -> Kind:
        self._wants(node.parts[0], (Kind.BOOL,), "what stands before '?' is true or false")
        kinds = {self.kind(part) for part in node.parts[1:]}
        return kinds.pop() if len(kinds) == 1 else Kind.ANY

    def _operator(self, node: Node) -> Kind:
        left, right = node.parts
        if node.text in ("&&", "||"):
            for part in node.parts:
                self._wants(part, (Kind.BOOL,), f"{node.text!r} joins conditions")
            return Kind.BOOL
        if node.text == "in":
            self._wants(right, (Kind.LIST, Kind.MAP), "'in' looks into lists and maps")
            self.kind(left)
            return Kind.BOOL
        if node.text in ("==", "!=", "<", "<=", ">", ">="):
            return self._compare(node)
        return self._calculate(node)

    def _compare(self, node: Node) -> Kind:
        equality = node.text in ("==", "!=")
        kinds = [
            self.kind(part)
            if equality
            else self._wants(part, _ORDERED, f"{node.text!r} compares numbers or strings")
            for part in node.parts
        ]
        one, other = ("number" if kind in _NUMBERS else kind for kind in kinds)
        known = Kind.ANY not in (one, other) and Kind.NULL not in (one, other)
        if known and one != other:
            raise _bad(node, f"compares {kinds[0]} with {kinds[1]}, which are never alike")
        return Kind.BOOL

    def _calculate(self, node: Node) -> Kind:
        allowed = (*_ORDERED, Kind.LIST) if node.text == "+" else _NUMBERS
        kinds = [self._wants(part, allowed, f"{node.text!r} calculates") for part in node.parts]
        one, other = kinds
        if Kind.ANY in kinds:
            return other if one is Kind.ANY else one
        if one is not other:
            raise _bad(
                node, f"{node.text!r} mixes {one} and {other}; write 2.0 for 2, or use double()"
            )
        return one


def _literal(node: Node) -> Kind:
    kinds: dict[type, Kind] = {
        bool: Kind.BOOL,
        int: Kind.INT,
        float: Kind.DOUBLE,
        str: Kind.STRING,
    }
    return kinds.get(type(node.value), Kind.NULL)


def _path(node: Node) -> Path | None:
    """The constant path of a part, `agent.skills["lang.zh"]` as well as `agent.team`; else None."""
    if node.kind == "name":
        return (node.text,) if node.text in FACTS else None
    if node.kind not in ("field", "index"):
        return None
    before = _path(node.parts[0])
    if before is None:
        return None
    if node.kind == "field":
        return (*before, node.text)
    key = node.parts[1]
    return (*before, key.value) if isinstance(key.value, str) else None


def _bad(node: Node, problem: str) -> BadExpression:
    return BadExpression(problem, node.start + 1)
