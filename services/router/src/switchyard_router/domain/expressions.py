"""Conditions that operators write in CEL: what they read, and the port that compiles them.

Expressions speak of three subjects: `agent`, `contact` and `queue`. What depends on the agent alone
is worked out once per version of the agent and not once per decision, so an expression about agents
comes apart into its conjuncts: `a && b` holds when `a` holds and `b` holds, whatever they read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

AGENT: Final = "agent"
CONTACT: Final = "contact"
QUEUE: Final = "queue"

type Path = tuple[str, ...]
"""A fact: ("agent", "team"), ("agent", "skills", "billing"), ("contact", "attributes", "vip")."""


class _Missing:
    """Says that a fact is not there; see MISSING."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
"""A fact that the contact does not have: an attribute nobody sent."""


class BadExpression(Exception):
    """An expression that cannot be used. `position` counts characters from 1; 0: not known."""

    def __init__(self, problem: str, position: int = 0) -> None:
        super().__init__(f"at character {position}: {problem}" if position else problem)
        self.problem = problem
        self.position = position


class EvaluationFailed(Exception):
    """An expression gave no answer for these facts: an attribute is missing, types do not fit."""


class Expression(Protocol):
    """A compiled condition."""

    @property
    def text(self) -> str:
        """As it was written."""
        ...

    @property
    def paths(self) -> tuple[Path, ...]:
        """The facts it reads, in the order in which `holds` wants their values."""
        ...

    def holds(self, values: Sequence[object]) -> bool:
        """Whether it is true for these values of its paths. Raises EvaluationFailed."""
        ...


@dataclass(frozen=True, slots=True)
class AgentExpression:
    """Which agents may serve: those for whom every conjunct holds."""

    text: str
    conjuncts: tuple[Expression, ...]


class ExpressionCompiler(Protocol):
    """Compiles expressions; all its methods raise BadExpression."""

    def condition(self, text: str) -> Expression:
        """A condition on the contact and its queue (`skip_if`)."""
        ...

    def agents(self, text: str) -> AgentExpression:
        """A condition on agents, contact and queue, by its conjuncts."""
        ...


@dataclass(frozen=True, slots=True)
class NeverHolds:
    """Stands for an expression that cannot be used: it is true for nobody."""

    text: str
    paths: tuple[Path, ...] = ()

    def holds(self, values: Sequence[object]) -> bool:
        """Never."""
        return False


def reads(expression: Expression, subject: str) -> bool:
    """Whether an expression reads anything of a subject."""
    return any(path[0] == subject for path in expression.paths)


def reads_attributes(expression: Expression) -> bool:
    """Whether an expression reads what the platform wrote into the contact's attributes."""
    return any(path[:2] == (CONTACT, "attributes") for path in expression.paths)
