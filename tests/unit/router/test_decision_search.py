"""The filter language of decisions."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_common.errors import DomainError
from switchyard_router.domain.decision_search import ALL_TIME, DecisionFilter, parse_filter
from switchyard_router.domain.names import Tenant

pytestmark = pytest.mark.unit

DEMO = Tenant("demo")
NINE = 1_772_355_600_000
"""2026-03-01T09:00:00Z"""


def problem(text: str) -> str:
    with pytest.raises(DomainError) as caught:
        parse_filter(text, DEMO)
    assert caught.value.reason in ("BAD_EXPRESSION", "BAD_NAME", "TENANT_MISMATCH")
    return caught.value.message


def test_nothing_asks_for_everything() -> None:
    assert parse_filter("", DEMO) == parse_filter("  ", DEMO) == DecisionFilter({})


def test_comparisons_are_joined() -> None:
    found = parse_filter(
        'queue=tenants/demo/queues/billing AND agent = "1007" AND degraded = true', DEMO
    )
    assert found == DecisionFilter({"queue": "billing", "agent": "1007"}, degraded=True)


def test_quoted_values_hold_anything() -> None:
    found = parse_filter(r'arm = "a \"new\" \\ arm AND so on"', DEMO)
    assert found.equal == {"arm": 'a "new" \\ arm AND so on'}


@pytest.mark.parametrize(
    ("comparison", "bounds"),
    [
        ("time >= {}", (NINE, ALL_TIME[1])),
        ("time > {}", (NINE + 1, ALL_TIME[1])),
        ("time < {}", (0, NINE)),
        ("time <= {}", (0, NINE + 1)),
        ("time = {}", (NINE, NINE + 1)),
        ("time >= {} AND time > {}", (NINE + 1, ALL_TIME[1])),
    ],
)
def test_times_bound_to_the_millisecond(comparison: str, bounds: tuple[int, int]) -> None:
    for text in ('"2026-03-01T09:00:00Z"', '"2026-03-01T17:00:00+08:00"'):
        found = parse_filter(comparison.replace("{}", text), DEMO)
        assert (found.from_ms, found.to_ms) == bounds


@pytest.mark.parametrize(
    ("text", "position", "fix"),
    [
        ("colour = red", 1, "expected one of contact, agent"),
        ("queue == billing", 8, "queue needs a value"),
        ("queue = a queue = b", 11, "expected AND, found queue"),
        ("queue = a AND", 14, "found the end"),
        ("queue = a OR queue = b", 11, "NOT and OR are not part"),
        ("(queue = a)", 1, "parentheses"),
        ("NOT queue = a", 1, "NOT and OR are not part"),
        ("queue != a", 7, "queue is compared with ="),
        ("queue > a", 7, "queue is compared with ="),
        ("queue = a AND queue = b", 15, "queue is compared twice"),
        ("degraded = maybe", 12, "true or false"),
        ("degraded=true AND degraded=false", 19, "compared twice"),
        ('queue = "a', 9, "the quote is not closed"),
        ('arm = ""', 7, "arm must not be empty"),
        ('time > "noon"', 8, "with its zone"),
        ('time > "2026-03-01T09:00:00"', 8, "with its zone"),
        ('time > "0001-01-01T00:00:00Z"', 8, "with its zone"),
        ("agent", 6, "agent is compared with ="),
        ("a!b = 1", 2, "belongs in quotes"),
        ("queue = !", 9, "belongs in quotes"),
        ("= a", 1, "expected one of contact"),
        ("x" * 1001, 1001, "at most 1000"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, position: int, fix: str) -> None:
    said = problem(text)
    assert f"position {position}:" in said
    assert fix in said


def test_names_of_other_tenants_are_refused() -> None:
    assert "tenants/demo" in problem("queue = tenants/other/queues/billing")
    assert "must look like" in problem("queue = tenants/demo/agents/ann")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(DomainError):
        assert parse_filter(text, DEMO).to_ms == ALL_TIME[1]


def test_the_most_selective_index_serves() -> None:
    def index(text: str) -> tuple[str, str]:
        return parse_filter(text, DEMO).index()

    assert index("queue = q AND agent = ann AND contact = c1") == ("contact", "c1")
    assert index("queue = q AND agent = ann") == ("agent", "ann")
    assert index("queue = q AND degraded = true") == ("queue", "q")
    assert index("degraded = true AND policy = predictive") == ("degraded", "true")
    assert index("degraded = false") == ("all", "")
