"""Expressions of plans: what is refused, and that taking them apart changes nothing."""

from typing import Any

import cel
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from switchyard_router.adapters.cel.compiler import CelCompiler
from switchyard_router.domain.expressions import (
    AGENT,
    MISSING,
    BadExpression,
    EvaluationFailed,
    Expression,
    Path,
    reads,
    reads_attributes,
)

pytestmark = pytest.mark.unit

COMPILER = CelCompiler()
FACTS: dict[str, dict[str, Any]] = {
    "agent": {
        "id": "ann",
        "team": "gold",
        "skills": {"billing": 7, "lang.zh": 0},
        "queues": ["a", "b"],
        "occupancy": 0.75,
        "idle_seconds": 12,
    },
    "contact": {
        "language": "zh",
        "priority": 2,
        "waited_seconds": 30,
        "attributes": {"vip": True, "tier": 2.0, "deep": {"er": "x"}, "product": "billing"},
    },
    "queue": {"waiting": 5, "open": True},
}
NAMED = (
    'agent.team == "gold"', "agent.team != contact.language", 'agent.skills["billing"] >= 5',
    "agent.skills.billing > 9", 'agent.skills["lang.zh"] == 0', '"a" in agent.queues',
    '"c" in agent.queues', "agent.occupancy < 0.8", "agent.idle_seconds >= contact.waited_seconds",
    "contact.attributes.vip", "contact.attributes.gone", "contact.attributes.tier == 2",
    "has(contact.attributes.deep.er)", "has(contact.attributes.gone)",
    "contact.attributes.vip.nothing == 1", "agent.skills[contact.attributes.product] > 3",
    "agent.skills[contact.attributes.tier] > 3", "queue.waiting * 2 > 9", "queue.open", "true",
    "false", "1 / (queue.waiting - 5) > 0", 'agent.id.startsWith("a")', "size(agent.queues) == 2",
)  # fmt: skip


def value(path: Path) -> object:
    found: Any = FACTS
    for part in path:
        if not isinstance(found, dict) or part not in found:
            return MISSING
        found = found[part]
    return found


def holds(expression: Expression) -> bool:
    """Without an answer it counts as false, as it does in the service."""
    try:
        return expression.holds([value(path) for path in expression.paths])
    except EvaluationFailed:
        return False


def as_cel_says(text: str) -> bool:
    try:
        return cel.evaluate(text, FACTS) is True
    except (RuntimeError, LookupError, TypeError, ArithmeticError, ValueError):
        return False


conditions = st.recursive(
    st.sampled_from(NAMED),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(("&&", "&&", "||")), inner).map(
            lambda t: f"{t[0]} {t[1]} {t[2]}"
        ),
        inner.map(lambda text: f"({text})"),
        inner.map(lambda text: f"!({text})"),
        st.tuples(inner, inner, inner).map(lambda t: f"(({t[0]}) ? ({t[1]}) : ({t[2]}))"),
    ),
    max_leaves=6,
)


@given(conditions)
@example('(contact.attributes.gone || agent.team == "gold") && !(agent.team == "x")')
def test_the_conjuncts_together_say_what_the_whole_says(text: str) -> None:
    parts = COMPILER.agents(text).conjuncts
    assert all(holds(part) for part in parts) == as_cel_says(text)


def test_agents_contacts_and_both_come_apart_at_every_top_level_and() -> None:
    text = (
        'agent.team == "gold" && (contact.attributes.vip && agent.skills.billing > 2)'
        " && (agent.occupancy < 0.5 || queue.waiting > 3)"
    )
    parts = COMPILER.agents(text).conjuncts
    assert [part.paths for part in parts] == [
        (("agent", "team"),),
        (("contact", "attributes", "vip"),),
        (("agent", "skills", "billing"),),
        (("agent", "occupancy"), ("queue", "waiting")),
    ]
    assert [reads(part, AGENT) for part in parts] == [True, False, True, True]
    assert [reads_attributes(part) for part in parts] == [False, True, False, False]
    assert parts[3].text == "(agent.occupancy < 0.5 || queue.waiting > 3)"


BAD = {
    "": (1, "expected a value, found the end"),
    "agent.tem == 'x'": (1, "agent.tem: no such field; agent has id, team"),
    "true && contact.foo == 1": (9, "contact.foo: no such field"),
    "customer.vip": (1, "customer: not known here; there are agent, contact, queue"),
    "agent.team ==": (14, "found the end"),
    "agent.team = 'x'": (12, "unexpected '='"),
    "agent": (1, "say which field of agent"),
    "agent.skills": (1, 'agent.skills["billing"] > 0'),
    "agent.team.lead == 'x'": (1, "has no parts"),
    "agent.team > 5": (1, "compares string with int"),
    "agent.occupancy * 100 > 80": (1, "mixes double and int"),
    "agent.id": (1, "a condition is true or false"),
    "!agent.id": (2, "turns true and false round"),
    "agent.queues.exists(q, q == 'a')": (1, "exists() loops"),
    "[1, 2, 3].map(x, x * 2) == []": (1, "map() loops"),
    "has(agent.team)": (1, "other fields always exist"),
    "agent.team.matches('a(')": (20, "is no pattern"),
    "agent.team.matches('a{1000}')": (20, "without {...} repetitions"),
    "agent.team.matches(contact.language)": (20, "a pattern that stands here"),
    "timestamp('2020') > 1": (1, "no such function"),
    "agent.idle_seconds > 99999999999999999999": (22, "is larger than"),
    "agent.team == b'x'": (15, "bytes are not supported"),
    "agent.team == 'a\\q'": (15, "unknown escape"),
    "agent.idle_seconds > 010": (22, "leading zeros"),
    "agent.team == 1u": (15, "is no number"),
    "true // why": (7, "found '/'"),
    "{'a': 1} == {}": (1, "expected a value"),
    "1 in 5": (6, "'in' looks into lists and maps"),
    "(" * 30 + "true" + ")" * 30: (25, "nests deeper than 24"),
    "!" * 30 + "true": (1, "nests deeper than 24"),
    "contact.attributes" + ".a" * 30 + " == 1": (1, "nests deeper than 24"),
    " || ".join(["agent.id == 'a'"] * 90): (1351, "more than 300 parts"),
    "x" * 2_001: (0, "longer than 2000 characters"),
}


@pytest.mark.parametrize(("text", "found"), BAD.items(), ids=[text[:40] for text in BAD])
def test_a_mistake_is_found_with_its_place(text: str, found: tuple[int, str]) -> None:
    with pytest.raises(BadExpression) as caught:
        COMPILER.agents(text)
    assert found[1] in str(caught.value)
    if "300" not in found[1]:
        assert caught.value.position == found[0]


def test_a_condition_on_contacts_knows_no_agents() -> None:
    assert COMPILER.condition("contact.waited_seconds > 60 && queue.staffed == 0").paths
    with pytest.raises(BadExpression, match="agent: not known here; there are contact, queue"):
        COMPILER.condition("agent.team == 'x'")


@given(st.text(max_size=60) | st.text("agent.contqu()[]!&|<>=\"'+-0123456789 ?:,", max_size=60))
@example("agent.id == 'a' ? true : ")
@example('"\\')
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parts = COMPILER.agents(text).conjuncts
    except BadExpression as error:
        place = error.position
        parts = ()
    else:
        place = 0
    assert 0 <= place <= len(text) + 1
    for part in parts:
        holds(part)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("contact.attributes.vip", [MISSING]),
        ("contact.attributes.vip", ["yes"]),
        ("contact.attributes.tier > 1", ["gold"]),
        ("1 / queue.waiting > 0", [0]),
        ("queue.waiting + 9223372036854775807 > 0", [1]),
    ],
)
def test_facts_that_do_not_fit_give_no_answer(text: str, values: list[object]) -> None:
    with pytest.raises(EvaluationFailed):
        COMPILER.condition(text).holds(values)


def test_whether_an_attribute_is_there_can_be_asked() -> None:
    asked = COMPILER.condition("has(contact.attributes.vip) && contact.attributes.vip == 1")
    assert asked.holds([MISSING]) is False
    assert asked.holds([1.0]) is True
