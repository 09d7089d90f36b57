"""What is refused before anything is stored, by field."""

from collections.abc import Callable

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Struct
from switchyard.router.v1 import agent_pb2, contact_pb2, plan_pb2, queue_pb2
from switchyard_common.errors import DomainError
from switchyard_router.domain.names import Tenant
from switchyard_router.entrypoints import checks

pytestmark = pytest.mark.unit

DEMO = Tenant("demo")
LARGE = Struct()
LARGE.update({"x": "y" * 20_000})


def refused(check: Callable[[], None]) -> tuple[str, str]:
    with pytest.raises(DomainError) as caught:
        check()
    error = caught.value
    return error.reason, error.violations[0].field if error.violations else error.metadata["field"]


def contact(**changes: object) -> contact_pb2.Contact:
    values: dict[str, object] = {"external_id": "x", "channel": contact_pb2.VOICE} | changes
    return contact_pb2.Contact(**values)  # type: ignore[arg-type]


def test_a_plain_contact_passes() -> None:
    checks.check_new_contact(contact())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"external_id": ""}, "external_id"),
        ({"external_id": "x" * 257}, "external_id"),
        ({"channel": 0}, "channel"),
        ({"channel": 99}, "channel"),
        ({"priority": 11}, "priority"),
        ({"age_credit": Duration(seconds=-1)}, "age_credit"),
        ({"attributes": LARGE}, "attributes"),
        ({"handoff": contact_pb2.Handoff(slots=LARGE)}, "handoff"),
        ({"caller": "5" * 257}, "caller"),
        ({"skills": [plan_pb2.SkillRequirement(skill="a")] * 21}, "skills"),
        ({"skills": [plan_pb2.SkillRequirement(skill="a", min_level=11)]}, "skills[0].min_level"),
        ({"skills": [plan_pb2.SkillRequirement(min_level=1)]}, "skills[0].skill"),
        (
            {"skills": [plan_pb2.SkillRequirement(skill="a", min_level=5, max_level=4)]},
            "skills[0].max_level",
        ),
    ],
)
def test_a_bad_contact_names_the_field(changes: dict[str, object], field: str) -> None:
    bad = contact(**changes)
    assert refused(lambda: checks.check_new_contact(bad))[1] == f"contact.{field}"


@pytest.mark.parametrize("field", ["weight", "preferred"])
def test_a_wish_that_nobody_weighs_yet_is_refused_rather_than_ignored(field: str) -> None:
    wish = plan_pb2.SkillRequirement(skill="a")
    setattr(wish, field, 1)
    assert refused(lambda: checks.check_new_contact(contact(skills=[wish]))) == (
        "NOT_BUILT",
        f"contact.skills[0].{field}",
    )


def test_what_has_no_effect_yet_is_refused_rather_than_ignored() -> None:
    bad = contact(preferred_agent="tenants/demo/agents/ann")
    assert refused(lambda: checks.check_new_contact(bad)) == (
        "NOT_BUILT",
        "contact.preferred_agent",
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"max_size": -1}, "max_size"),
        ({"ring_timeout": Duration()}, "ring_timeout"),
        ({"max_wait": Duration(seconds=-5)}, "max_wait"),
        ({"wrap_up": Duration(seconds=10**9)}, "wrap_up"),
        ({"service_level_goal": 1.5}, "service_level_goal"),
        ({"routing_plan": "plan"}, "routing_plan"),
        ({"policy": "predictive"}, "policy"),
        ({"occupancy_cap": 0.9}, "occupancy_cap"),
        ({"opening_hours": [queue_pb2.OpeningHours(weekday=1)]}, "opening_hours"),
    ],
)
def test_a_bad_queue_names_the_field(changes: dict[str, object], field: str) -> None:
    queue = queue_pb2.Queue(name="tenants/demo/queues/q", **changes)  # type: ignore[arg-type]
    assert refused(lambda: checks.check_queue(queue, DEMO))[1] == f"queue.{field}"


def test_a_queue_may_grant_no_paperwork() -> None:
    checks.check_queue(queue_pb2.Queue(wrap_up=Duration()), DEMO)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"skills": {"en": 0}}, "skills[en]"),
        ({"skills": {"en": 11}}, "skills[en]"),
        ({"channel_capacity": {"FAX": 1}}, "channel_capacity[FAX]"),
        ({"channel_capacity": {"VOICE": -1}}, "channel_capacity[VOICE]"),
        ({"capacity_units": -1}, "capacity_units"),
        ({"queues": ["tenants/demo/queues/q", "q"]}, "queues[1]"),
    ],
)
def test_a_bad_agent_names_the_field(changes: dict[str, object], field: str) -> None:
    agent = agent_pb2.Agent(**changes)  # type: ignore[arg-type]
    assert refused(lambda: checks.check_agent(agent, DEMO))[1] == f"agent.{field}"


@pytest.mark.parametrize(
    ("steps", "field"),
    [
        ([], "plan.steps"),
        ([plan_pb2.RoutingStep()] * 21, "plan.steps"),
        ([plan_pb2.RoutingStep(skip_if="true")], "plan.steps[0].skip_if"),
        ([plan_pb2.RoutingStep(max_parallel_offers=2)], "plan.steps[0].max_parallel_offers"),
        (
            [plan_pb2.RoutingStep(expires_after=Duration(seconds=-1))],
            "plan.steps[0].expires_after",
        ),
    ],
)
def test_a_bad_plan_names_the_step(steps: list[plan_pb2.RoutingStep], field: str) -> None:
    plan = plan_pb2.RoutingPlan(steps=steps)
    assert refused(lambda: checks.check_plan(plan))[1] == field
