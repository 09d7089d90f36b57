"""What contacts need, and how plans relax it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_router.domain.skills import ANYONE, Plan, SkillNeed, Step

pytestmark = pytest.mark.unit

PLAN = Plan("p", 1, (Step(expires_after_seconds=10), Step(expires_after_seconds=5), Step()))


@pytest.mark.parametrize(
    ("waited", "step"), [(0, 0), (9.99, 0), (10, 1), (14.9, 1), (15, 2), (1e6, 2)]
)
def test_steps_are_counted_from_entering_each(waited: float, step: int) -> None:
    assert PLAN.step_at(waited) == step


@pytest.mark.parametrize(("waited", "change"), [(0, 10), (10, 15), (15, None)])
def test_the_next_change_of_step(waited: float, change: float | None) -> None:
    assert PLAN.next_change(waited) == change


def test_past_the_last_step_a_contact_stays_in_it() -> None:
    plan = Plan("p", 1, (Step(expires_after_seconds=1), Step(expires_after_seconds=1)))
    assert plan.step_at(100) == 1
    assert plan.next_change(100) is None
    assert ANYONE.step_at(100) == 0


@given(st.lists(st.none() | st.floats(0.001, 100), min_size=1, max_size=6), st.floats(0, 1000))
def test_a_step_holds_until_the_next_change(lengths: list[float | None], waited: float) -> None:
    plan = Plan("p", 1, tuple(Step(expires_after_seconds=length) for length in lengths))
    step, change = plan.step_at(waited), plan.next_change(waited)
    assert 0 <= step < len(lengths)
    if change is None:
        assert plan.step_at(waited + 1e6) == step
    else:
        assert change > waited
        assert plan.step_at(change) > step


@pytest.mark.parametrize(
    ("language", "skill"),
    [("zh", "lang.zh"), ("zh-CN", "lang.zh"), ("EN", "lang.en"), ("", None)],
)
def test_the_language_is_filled_in(language: str, skill: str | None) -> None:
    need = SkillNeed("lang.{language}", 5, 8, preferred=True).for_language(language)
    assert need == (SkillNeed(skill, 5, 8, True) if skill else None)


def test_a_plain_skill_needs_no_language() -> None:
    assert SkillNeed("billing").for_language("") == SkillNeed("billing")
