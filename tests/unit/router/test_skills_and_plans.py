"""What contacts need, and how plans relax it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_router.domain.plans import ANYONE, Plan, Step
from switchyard_router.domain.skills import SkillNeed

pytestmark = pytest.mark.unit

PLAN = Plan("p", 1, (Step(expires_after_ms=10_000), Step(expires_after_ms=5_000), Step()))


@pytest.mark.parametrize(
    ("waited", "step"), [(0, 0), (9.99, 0), (10, 1), (14.9, 1), (15, 2), (1e6, 2)]
)
def test_steps_are_counted_from_entering_each(waited: float, step: int) -> None:
    assert PLAN.step_at(waited) == step


def test_past_the_last_step_a_contact_stays_in_it() -> None:
    plan = Plan("p", 1, (Step(expires_after_ms=1_000), Step(expires_after_ms=1_000)))
    assert plan.step_at(100) == 1
    assert ANYONE.step_at(100) == 0


@given(st.lists(st.none() | st.integers(1, 100_000), min_size=1, max_size=6), st.floats(0, 1000))
def test_whoever_waits_longer_is_no_earlier_in_the_plan(
    lengths: list[int | None], waited: float
) -> None:
    plan = Plan("p", 1, tuple(Step(expires_after_ms=length) for length in lengths))
    step = plan.step_at(waited)
    assert 0 <= step <= plan.step_at(waited + 1) < len(lengths)
    assert all(length is not None for length in lengths[:step])


@pytest.mark.parametrize(("asked", "index"), [(-1, 0), (0, 0), (2, 2), (3, 2), (99, 2)])
def test_a_step_that_is_gone_is_the_last_one(asked: int, index: int) -> None:
    assert PLAN.clamped(asked) == index
    assert PLAN.at(asked) is PLAN.steps[index]


@pytest.mark.parametrize(
    ("language", "skill"),
    [("zh", "lang.zh"), ("zh-CN", "lang.zh"), ("EN", "lang.en"), ("", None)],
)
def test_the_language_is_filled_in(language: str, skill: str | None) -> None:
    need = SkillNeed("lang.{language}", 5, 8, preferred=True).for_language(language)
    assert need == (SkillNeed(skill, 5, 8, True) if skill else None)


def test_a_plain_skill_needs_no_language() -> None:
    assert SkillNeed("billing").for_language("") == SkillNeed("billing")
