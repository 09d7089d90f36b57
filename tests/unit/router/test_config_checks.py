"""What is refused of queues, agents and plans before anything is stored: all of it, by path."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from hypothesis import given
from hypothesis import strategies as st
from switchyard.router.v1 import agent_pb2, plan_pb2, queue_pb2
from switchyard_common.errors import DomainError
from switchyard_router.adapters.cel.compiler import CelCompiler
from switchyard_router.domain.names import Tenant
from switchyard_router.domain.routes import Node, circle
from switchyard_router.entrypoints.agent_checks import check_agent
from switchyard_router.entrypoints.plan_checks import PlanChecks
from switchyard_router.entrypoints.problems import Problems
from switchyard_router.entrypoints.queue_checks import check_queue

pytestmark = pytest.mark.unit

DEMO = Tenant("demo")
PLANS = PlanChecks(CelCompiler(), DEMO)
Need, Step, Target = plan_pb2.SkillRequirement, plan_pb2.RoutingStep, plan_pb2.Target
Hours, Holiday, Arm = queue_pb2.OpeningHours, queue_pb2.Holiday, queue_pb2.PolicyArm
SECOND = Duration(seconds=1)
QUEUE = "tenants/demo/queues/q"


def found(check: Callable[[Problems], None]) -> dict[str, tuple[str, str]]:
    """What is wrong: field to reason and description."""
    problems = Problems()
    check(problems)
    try:
        problems.check()
    except DomainError as error:
        return {v.field: (v.reason, v.description) for v in error.violations}
    return {}


def queue_problems(**fields: Any) -> dict[str, tuple[str, str]]:
    queue = queue_pb2.Queue(name=QUEUE, **fields)
    return found(lambda problems: check_queue(problems, queue, DEMO))


def plan_problems(*steps: plan_pb2.RoutingStep, **fields: Any) -> dict[str, tuple[str, str]]:
    plan = plan_pb2.RoutingPlan(steps=steps, **fields)
    return found(lambda problems: PLANS.check(problems, plan))


def test_a_queue_with_everything_passes() -> None:
    assert not queue_problems(
        routing_plan="tenants/demo/routingPlans/p",
        wrap_up=Duration(),
        policy="predictive",
        arms=[
            Arm(name="a", policy="predictive", share=0.9),
            Arm(name="b", policy="weighted", share=0.1),
        ],
        weights={"idle": 2.0, "handle": 0.5},
        occupancy_cap=0.85,
        time_zone="Asia/Shanghai",
        opening_hours=[
            Hours(weekday=1, opens_second=0, closes_second=43_200),
            Hours(weekday=1, opens_second=43_200, closes_second=86_400),
        ],
        holidays=[
            Holiday(date="2024-02-29"),
            Holiday(date="2025-01-01", hours=[Hours(closes_second=3600)]),
        ],
        closed=Target(external="sip:night@example.com"),
        full=Target(queue="tenants/demo/queues/other"),
        no_agents=Target(agent="tenants/demo/agents/boss"),
    )


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"max_size": -1}, "max_size", "give 0 to"),
        ({"ring_timeout": Duration()}, "ring_timeout", "at least a millisecond"),
        ({"max_wait": Duration(seconds=-5)}, "max_wait", "give 0 to"),
        ({"callback_retry": Duration(seconds=-5)}, "callback_retry", "give 0 to"),
        ({"wrap_up": Duration(seconds=10**9)}, "wrap_up", "give 0 to"),
        ({"service_level_goal": 1.5}, "service_level_goal", "give 0 to 1"),
        ({"occupancy_cap": float("nan")}, "occupancy_cap", "give 0 to 1"),
        ({"routing_plan": "plan"}, "routing_plan", "must look like"),
        ({"policy": "loudest"}, "policy", "no such policy; there are longest_idle"),
        ({"weights": {"luck": 1}}, "weights[luck]", "no such term; there are idle"),
        ({"weights": {"idle": float("inf")}}, "weights[idle]", "give -1e+06 to 1e+06"),
        ({"arms": [Arm(name="a", policy="weighted", share=0.9)]}, "arms", "add up to 0.9"),
        ({"arms": [Arm(name="a", policy="luck", share=1)]}, "arms[0].policy", "no such policy"),
        ({"arms": [Arm(policy="weighted", share=1)]}, "arms[0].name", "a name of its own"),
        ({"opening_hours": [Hours(weekday=8, closes_second=1)], "time_zone": "UTC"},
         "opening_hours[0].weekday", "give 1 to 7"),
        ({"opening_hours": [Hours(weekday=1, opens_second=5, closes_second=5)], "time_zone": "UTC"},
         "opening_hours[0].closes_second", "greater than opens_second"),
        ({"opening_hours": [Hours(weekday=1, closes_second=86_401)], "time_zone": "UTC"},
         "opening_hours[0].closes_second", "give 0 to 86400"),
        ({"opening_hours": [Hours(weekday=1, closes_second=7200),
                            Hours(weekday=2, closes_second=7200),
                            Hours(weekday=1, opens_second=7199, closes_second=9000)],
          "time_zone": "UTC"}, "opening_hours[2]", "overlaps"),
        ({"opening_hours": [Hours(weekday=1, closes_second=1)]}, "time_zone", "give the IANA"),
        ({"time_zone": "Mars/Olympus"}, "time_zone", "no such time zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone", "no such time zone"),
        ({"holidays": [Holiday(date="2023-02-29")], "time_zone": "UTC"},
         "holidays[0].date", "a date that exists"),
        ({"holidays": [Holiday(date="20240101")], "time_zone": "UTC"},
         "holidays[0].date", "as YYYY-MM-DD"),
        ({"holidays": [Holiday(date="2024-01-01")] * 2, "time_zone": "UTC"},
         "holidays[1].date", "is there already"),
        ({"closed": Target(expression="true")}, "closed", "give one of queue, agent, external"),
        ({"full": Target(queue="other")}, "full.queue", "must look like"),
        ({"no_agents": Target(external="sip:a\nb")}, "no_agents.external", "control characters"),
        ({"display_name": "x" * 257}, "display_name", "at most 256"),
        ({"display_names": {"zh": "x" * 257}}, "display_names[zh]", "at most 256"),
        ({"holidays": [Holiday(date="2024-01-01", display_name="x" * 9_000)] * 9},
         "", "at most 65536"),
    ],
)  # fmt: skip
def test_a_bad_queue_names_the_field(fields: dict[str, Any], field: str, says: str) -> None:
    problems = queue_problems(**fields)
    path = f"queue.{field}" if field else "queue"
    assert says in problems[path][1]


def test_all_that_is_wrong_is_told_at_once() -> None:
    problems = queue_problems(max_size=-1, policy="luck", time_zone="Nowhere")
    assert list(problems) == ["queue.max_size", "queue.policy", "queue.time_zone"]
    assert problems["queue.policy"][0] == "UNKNOWN_POLICY"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"skills": {"en": 0}}, "skills[en]"),
        ({"skills": {"en": 11}}, "skills[en]"),
        ({"skills": {"": 1}}, "skills"),
        ({"skills": {f"s{n}": 1 for n in range(201)}}, "skills"),
        ({"channel_capacity": {"FAX": 1}}, "channel_capacity[FAX]"),
        ({"channel_capacity": {"VOICE": -1}}, "channel_capacity[VOICE]"),
        ({"capacity_units": -1}, "capacity_units"),
        ({"queues": [QUEUE, "q"]}, "queues[1]"),
        ({"endpoint": "sip:a\r\nb"}, "endpoint"),
    ],
)
def test_a_bad_agent_names_the_field(fields: dict[str, Any], field: str) -> None:
    agent = agent_pb2.Agent(**fields)
    assert f"agent.{field}" in found(lambda problems: check_agent(problems, agent, DEMO))


def test_a_plan_with_everything_passes() -> None:
    assert not plan_problems(
        Step(
            skills=[
                Need(skill="billing", min_level=8, weight=4),
                Need(skill="lang.{language}", preferred=True),
            ],
            target=Target(
                expression="agent.team == contact.attributes.team && agent.occupancy < 0.9"
            ),
            expires_after=SECOND,
            skip_if="queue.staffed == 0",
            order_by="most_skilled",
            priority_delta=-3,
        ),
        Step(target=Target(agent="tenants/demo/agents/boss"), expires_after=SECOND),
        overflow=Target(external="sip:elsewhere@example.com"),
    )


@pytest.mark.parametrize(
    ("step", "field", "reason"),
    [
        (Step(skip_if="contact.foo"), "skip_if", "BAD_EXPRESSION"),
        (Step(skip_if="agent.team == 'x'"), "skip_if", "BAD_EXPRESSION"),
        (
            Step(target=Target(expression="agent.queues.all(q, true)")),
            "target.expression",
            "BAD_EXPRESSION",
        ),
        (Step(target=Target(expression="")), "target.expression", "BAD_EXPRESSION"),
        (Step(target=Target()), "target", "BAD_FIELD"),
        (Step(target=Target(queue="tenants/other/queues/q")), None, "TENANT_MISMATCH"),
        (Step(order_by="luck"), "order_by", "UNKNOWN_POLICY"),
        (Step(priority_delta=11), "priority_delta", "BAD_FIELD"),
        (Step(max_parallel_offers=2), "max_parallel_offers", "NOT_BUILT"),
        (Step(max_parallel_offers=-1), "max_parallel_offers", "NOT_BUILT"),
        (Step(expires_after=Duration(seconds=-1)), "expires_after", "BAD_FIELD"),
        (Step(expires_after=Duration()), "expires_after", "BAD_FIELD"),
        (Step(skills=[Need(skill="a", min_level=11)]), "skills[0].min_level", "BAD_FIELD"),
        (Step(skills=[Need(skill="a")] * 21), "skills", "BAD_FIELD"),
    ],
)
def test_a_bad_step_names_the_field(
    step: plan_pb2.RoutingStep, field: str | None, reason: str
) -> None:
    if field is None:  # another tenant's names end the check: they are none of the caller's
        with pytest.raises(DomainError) as caught:
            plan_problems(step)
        assert caught.value.reason == reason
        return
    assert plan_problems(step)[f"plan.steps[0].{field}"][0] == reason


def test_a_bad_expression_says_where_and_what_there_is() -> None:
    problems = plan_problems(
        Step(expires_after=SECOND), Step(target=Target(expression="true && agent.teem == 'x'"))
    )
    reason, says = problems["plan.steps[1].target.expression"]
    assert reason == "BAD_EXPRESSION"
    assert says.startswith("at character 9: agent.teem: no such field; agent has id, team")


def test_steps_that_are_never_reached_are_mistakes() -> None:
    assert list(plan_problems()) == ["plan.steps"]
    assert list(plan_problems(*[Step(expires_after=SECOND)] * 21)) == ["plan.steps"]
    assert list(plan_problems(Step(), Step())) == ["plan.steps[0].expires_after"]
    assert list(plan_problems(Step(), overflow=Target(external="x"))) == ["plan.overflow"]
    assert not plan_problems(Step(skip_if="queue.staffed == 0"), Step())


edges = st.dictionaries(
    st.tuples(st.sampled_from(("queue", "plan")), st.sampled_from("abc")),
    st.lists(st.tuples(st.sampled_from(("queue", "plan")), st.sampled_from("abc")), max_size=3),
)


@given(edges)
def test_a_circle_is_found_exactly_where_there_is_one(routes: dict[Node, list[Node]]) -> None:
    for start in routes:
        way = circle(routes, start)
        reached, ahead = set[Node](), list(routes[start])
        while ahead:
            here = ahead.pop()
            if here not in reached:
                reached.add(here)
                ahead += routes.get(here, [])
        assert bool(way) == (start in reached)
        if way:
            assert way[0] == way[-1] == start
            assert all(b in routes[a] for a, b in pairwise(way))
