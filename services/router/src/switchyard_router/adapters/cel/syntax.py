"""A reader for CEL: what the evaluating library does not tell, places and structure.

It reads less than CEL: no comprehensions (`all`, `exists`, `map`, `filter`), no messages, bytes or
comments. So an expression cannot loop, and how long it takes is bounded by its size.
"""

from dataclasses import dataclass, replace

from switchyard_router.adapters.cel.tokens import Token, string_value, tokens
from switchyard_router.domain.expressions import BadExpression

MOST_DEPTH = 24
MOST_NODES = 300
_MOST_INT = 2**63 - 1
_RANKS = {
    "||": 1, "&&": 2, "==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "in": 3,
    "+": 4, "-": 4, "*": 5, "/": 5, "%": 5,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression. `text`: operator, name or field; `value`: of a literal.

    Kinds: literal, name, field, index, call, method, list, map, not, minus, choice, and operators
    (kind "operator"). `start`, `end`: places in the source, with the parentheses around it.
    """

    kind: str
    start: int
    end: int
    text: str = ""
    parts: tuple["Node", ...] = ()
    value: object = None


def parse(text: str) -> Node:
    """The structure of an expression. Raises BadExpression with its place."""
    return _Reader(text).whole()


class _Reader:
    """Recursive descent with precedence climbing; depth and number of nodes are bounded."""

    def __init__(self, text: str) -> None:
        self._tokens = tokens(text)
        self._at = 0
        self._depth = 0
        self._nodes = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def whole(self) -> Node:
        node = self._choice()
        if self._next.kind != "end":
            raise self._unexpected("the end")
        return node

    def _choice(self) -> Node:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise BadExpression(f"nests deeper than {MOST_DEPTH} levels", self._next.start + 1)
        node = self._binary(1)
        if self._took("?"):
            chosen = self._choice()
            self._expect(":")
            other = self._choice()
            node = self._node("choice", node.start, other.end, parts=(node, chosen, other))
        self._depth -= 1
        return node

    def _binary(self, lowest: int) -> Node:
        left = self._unary()
        while (rank := self._rank()) >= lowest:
            operator = self._take().text
            right = self._binary(rank + 1)
            left = self._node("operator", left.start, right.end, operator, (left, right))
        return left

    def _rank(self) -> int:
        return _RANKS.get(self._next.text, 0) if self._next.kind in ("sign", "word") else 0

    def _unary(self) -> Node:
        signs: list[Token] = []
        while self._next.kind == "sign" and self._next.text in ("!", "-"):
            signs.append(self._take())
            if len(signs) > MOST_DEPTH:
                raise BadExpression(f"nests deeper than {MOST_DEPTH} levels", signs[0].start + 1)
        node = self._member()
        for sign in reversed(signs):
            kind = "not" if sign.text == "!" else "minus"
            node = self._node(kind, sign.start, node.end, sign.text, (node,))
        return node

    def _member(self) -> Node:
        node = self._primary()
        for _ in range(MOST_DEPTH):
            if self._took("."):
                node = self._field(node)
            elif self._took("["):
                index = self._choice()
                end = self._expect("]").end
                node = self._node("index", node.start, end, parts=(node, index))
            else:
                return node
        raise BadExpression(f"nests deeper than {MOST_DEPTH} levels", node.start + 1)

    def _field(self, of: Node) -> Node:
        name = self._take()
        if name.kind != "name":
            raise self._unexpected("a field's name", name)
        if self._took("("):
            arguments = self._list(")")
            end = self._tokens[self._at - 1].end
            return self._node("method", of.start, end, name.text, (of, *arguments))
        return self._node("field", of.start, name.end, name.text, (of,))

    def _primary(self) -> Node:
        token = self._take()
        if token.kind in ("int", "double", "string", "word"):
            return self._literal(token)
        if token.kind == "name":
            if not self._took("("):
                return self._node("name", token.start, token.end, token.text)
            arguments = self._list(")")
            end = self._tokens[self._at - 1].end
            return self._node("call", token.start, end, token.text, tuple(arguments))
        if token.text == "(":
            inner = self._choice()
            return replace(inner, start=token.start, end=self._expect(")").end)
        if token.text == "[":
            parts = tuple(self._list("]"))
            return self._node("list", token.start, self._tokens[self._at - 1].end, parts=parts)
        raise self._unexpected("a value", token)

    def _literal(self, token: Token) -> Node:
        values = {"true": True, "false": False, "null": None}
        value: object
        if token.kind == "word":
            if token.text not in values:
                raise self._unexpected("a value", token)
            value = values[token.text]
        elif token.kind == "string":
            value = string_value(token)
        else:
            value = _number(token)
        return self._node("literal", token.start, token.end, token.text, value=value)

    def _list(self, closing: str) -> list[Node]:
        parts: list[Node] = []
        while not self._took(closing):
            if parts:
                self._expect(",")
            parts.append(self._choice())
        return parts

    def _node(
        self,
        kind: str,
        start: int,
        end: int,
        text: str = "",
        parts: tuple[Node, ...] = (),
        value: object = None,
    ) -> Node:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise BadExpression(f"has more than {MOST_NODES} parts", start + 1)
        return Node(kind, start, end, text, parts, value)

    def _take(self) -> Token:
        token = self._next
        if token.kind != "end":
            self._at += 1
        return token

    def _took(self, sign: str) -> bool:
        if self._next.kind == "sign" and self._next.text == sign:
            self._at += 1
            return True
        return False

    def _expect(self, sign: str) -> Token:
        if not self._took(sign):
            raise self._unexpected(f"{sign!r}")
        return self._tokens[self._at - 1]

    def _unexpected(self, wanted: str, token: Token | None = None) -> BadExpression:
        token = token or self._next
        found = repr(token.text) if token.text else "the end"
        return BadExpression(f"expected {wanted}, found {found}", token.start + 1)


def _number(token: Token) -> int | float:
    if token.kind == "double":
        return float(token.text)
    if not token.text.startswith("0x") and token.text.startswith("0") and token.text.strip("0"):
        raise BadExpression(f"{token.text}: leave out the leading zeros", token.start + 1)
    value = int(token.text, 0)
    if value > _MOST_INT:
        raise BadExpression(f"{token.text} is larger than {_MOST_INT}", token.start + 1)
    return value
