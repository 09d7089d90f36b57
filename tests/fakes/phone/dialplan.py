"""Asterisk's dialplan, read strictly and played: a caller's way through it, without Asterisk.

Knows the applications, functions and expressions that deploy/asterisk uses, and fails on any other,
on a target that does not exist and on a variable that nobody has set.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

_LINE = re.compile(r"(exten|same)\s*=>\s*(.*)")
_COMPARISON = re.compile(r'\s*("[^"]*"|[^"=!<>]*?)\s*(!=|=|<|>)\s*("[^"]*"|[^"=!<>]*?)\s*')
_STEP = re.compile(r"(\d+|n)(?:\((\w+)\))?,(\w+)\((.*)\)")
_MOST_STEPS = 300


class BadDialplan(Exception):
    """What is wrong, and where."""


@dataclass(frozen=True)
class Step:
    """One priority."""

    label: str
    application: str
    arguments: str


type Extension = list[Step]


@dataclass
class Dialplan:
    """Contexts with their extensions, and the variables of [globals]."""

    contexts: dict[str, dict[str, Extension]] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    def find(self, context: str, name: str) -> Extension:
        """The extension by its name, or else the first pattern that fits."""
        known = self.contexts.get(context)
        if known is None:
            raise BadDialplan(f"no context [{context}]")
        if name in known:
            return known[name]
        fitting = [
            each for each in known if each.startswith("_") and _pattern(each).fullmatch(name)
        ]
        if not fitting:
            raise BadDialplan(f"no extension {name} in [{context}]")
        return known[fitting[0]]


def read_dialplan(path: Path) -> Dialplan:
    """Read an extensions.conf; raises BadDialplan."""
    plan = Dialplan()
    context, extension = "", ""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        text = line.strip()
        if not text or text.startswith(";"):
            continue
        try:
            if text.startswith("["):
                context = text.strip("[]")
                if context in plan.contexts:
                    raise BadDialplan(f"[{context}] is there twice")
                plan.contexts[context] = {}
            elif context == "globals":
                name, _, value = text.partition("=")
                plan.variables[name] = value
            else:
                extension = _read_step(plan.contexts[context], extension, text)
        except BadDialplan as error:
            raise BadDialplan(f"{path.name}:{number}: {error}") from None
    return plan


def _read_step(context: dict[str, Extension], extension: str, text: str) -> str:
    line = _LINE.fullmatch(text)
    if line is None:
        raise BadDialplan(f"cannot be read: {text}")
    rest = line[2]
    if line[1] == "exten":
        extension, _, rest = rest.partition(",")
        if extension in context:
            raise BadDialplan(f"{extension} is there twice")
        context[extension] = []
    step = _STEP.fullmatch(rest)
    if step is None or not _is_balanced(step[4]):
        raise BadDialplan(f"cannot be read: {rest}")
    if (step[1] == "1") != (not context[extension]):
        raise BadDialplan(f"priority 1 comes first, and n after it: {rest}")
    context[extension].append(Step(step[2] or "", step[3], step[4]))
    return extension


def _is_balanced(text: str) -> bool:
    pairs, open_ones = {")": "(", "]": "[", "}": "{"}, []
    for letter in text:
        if letter in pairs.values():
            open_ones.append(letter)
        elif letter in pairs and (not open_ones or open_ones.pop() != pairs[letter]):
            return False
    return not open_ones


def _pattern(name: str) -> re.Pattern[str]:
    signs = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]", ".": ".+", "!": ".*"}
    return re.compile("".join(signs.get(sign, re.escape(sign)) for sign in name[1:]))


def split(text: str, separator: str = ",") -> list[str]:
    """Arguments, apart from what stands in brackets or quotes."""
    parts, depth, quoted = [""], 0, False
    for letter in text:
        quoted ^= letter == '"'
        depth += (letter in "([{") - (letter in ")]}")
        if letter == separator and depth == 0 and not quoted:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def options_of(text: str) -> dict[str, str]:
    """Dial's options by letter, with what stands in their brackets."""
    found: dict[str, str] = {}
    while text:
        letter, text = text[0], text[1:]
        inner = ""
        if text.startswith("("):
            ends = [n for n in range(1, len(text) + 1) if _is_balanced(text[:n])]
            inner, text = text[1 : ends[0] - 1], text[ends[0] :]
        found[letter] = inner
    return found


type Answer = Callable[["Walk", str], Mapping[str, str]]
"""What an application does to the caller's variables, given its arguments."""


@dataclass
class Walk:
    """One caller's way. `done` lists the applications, with the arguments they were given."""

    plan: Dialplan
    answers: Mapping[str, Answer]
    functions: Mapping[str, Callable[[str], str]]
    context: str
    extension: str
    variables: dict[str, str] = field(default_factory=dict)
    done: list[tuple[str, str]] = field(default_factory=list)
    at: int = 0
    over: bool = False

    def run(self) -> "Walk":
        """To the caller's end."""
        while not self.over:
            steps = self.plan.find(self.context, self.extension)
            if self.at >= len(steps):
                raise BadDialplan(f"[{self.context}] {self.extension} falls off its end")
            self._do(steps[self.at])
            if len(self.done) > _MOST_STEPS:
                raise BadDialplan(f"goes round in circles in [{self.context}]")
        return self

    def jump(self, target: str) -> None:
        """Go to `label`, `extension,priority` or `context,extension,priority`."""
        *where, priority = target.split(",")
        extension = where[-1] if where else self.extension
        context = where[-2] if len(where) == 2 else self.context
        steps = self.plan.find(context, extension)
        labels = [step.label for step in steps]
        if priority.isdigit() and 0 < int(priority) <= len(steps):
            at = int(priority) - 1
        elif priority in labels:
            at = labels.index(priority)
        else:
            raise BadDialplan(f"[{context}] {extension} has no priority {priority}")
        self.context, self.extension, self.at = context, extension, at

    def value(self, text: str) -> str:
        """With variables, functions and expressions replaced; what they hold is not read again."""
        made, at = "", 0
        while at < len(text):
            if text[at : at + 2] not in ("${", "$["):
                made, at = made + text[at], at + 1
                continue
            end = next(n for n in range(at + 3, len(text) + 1) if _is_balanced(text[at + 1 : n]))
            inner = self.value(text[at + 2 : end - 1])
            made += self._variable(inner) if text[at + 1] == "{" else str(_calculate(inner))
            at = end
        return made

    def _do(self, step: Step) -> None:
        self.at += 1
        arguments = self.value(step.arguments)
        self.done.append((step.application, arguments))
        match step.application:
            case "Set":
                name, _, value = arguments.partition("=")
                self.variables[name] = value
            case "Goto":
                self.jump(arguments)
            case "GotoIf":
                if chosen := _chosen(arguments):
                    self.jump(chosen)
            case "ExecIf":
                self._maybe(_chosen(arguments))
            case "Hangup" | "Return":
                self.over = True
            case other if other in self.answers:
                self.variables.update(self.answers[other](self, arguments))
            case other:
                raise BadDialplan(f"unknown application {other}")

    def _maybe(self, action: str) -> None:
        if action:
            name, _, inner = action.partition("(")
            self.at -= 1
            self._do(Step("", name, inner[:-1]))

    def _variable(self, inner: str) -> str:
        name, bracket, rest = inner.partition("(")
        if bracket:
            return self._function(name, rest[:-1])
        name, colon, cut = inner.partition(":")
        known = {**self.plan.variables, **self.variables, "EXTEN": self.extension}
        if name not in known and name not in _MAY_BE_UNSET:
            raise BadDialplan(f"nobody has set {name}, in [{self.context}] {self.extension}")
        value = known.get(name, "")
        return value[int(cut) :] if colon else value

    def _function(self, name: str, arguments: str) -> str:
        match name:
            case "IF":
                return _chosen(arguments)
            case "URIDECODE":
                return unquote(arguments)
            case "CUT":
                variable, sign, place = arguments.split(",")
                return [*self.variables.get(variable, "").split(sign), ""][int(place) - 1]
            case "REGEX":
                wanted, _, text = arguments.removeprefix('"').partition('" ')
                return str(int(re.search(wanted, text) is not None))
            case "FILTER":
                signs, _, text = arguments.partition(",")
                return re.sub(f"[^{signs}]", "", text)
            case other if other in self.functions:
                return self.functions[other](arguments)
            case other:
                raise BadDialplan(f"unknown function {other}")


_MAY_BE_UNSET = frozenset({"SIPREFERTOHDR", "CALL", "TRUNK_NUMBER", "SWITCHYARD_CONTACT"})
"""Asked for whether they are set."""


def _chosen(text: str) -> str:
    """Of `condition?yes:no`; empty if there is nothing for the other case."""
    condition, _, values = text.partition("?")
    yes, no, *more = [*split(values, ":"), ""]
    if more[1:]:
        raise BadDialplan(f"a colon too many in {text}")
    return yes if condition == "1" else no


def _calculate(text: str) -> int:
    """An expression: comparisons, | and & between them, + - %."""
    for sign, both in (("|", any), ("&", all)):
        if len(parts := split(text, sign)) > 1:
            return int(both(_calculate(part) for part in parts))
    found = _COMPARISON.fullmatch(text)
    if found is None:
        return _sum(text)
    left, sign, right = found.groups()
    if sign in "<>":
        return int(_sum(left) < _sum(right) if sign == "<" else _sum(left) > _sum(right))
    return int((left == right) is (sign == "="))


def _sum(text: str) -> int:
    """% binds more than + and -."""
    numbers = [_remainder(part) for part in re.split(r" [+-] ", text)]
    signs = [1, *(1 if sign == " + " else -1 for sign in re.findall(r" [+-] ", text))]
    return sum(sign * number for sign, number in zip(signs, numbers, strict=True))


def _remainder(text: str) -> int:
    number, _, divisor = text.partition(" % ")
    return int(number) % int(divisor) if divisor else int(number)
