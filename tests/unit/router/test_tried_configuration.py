"""What a simulation tries in the place of what is stored, and what it refuses."""

from typing import Any

import pytest
from switchyard.router.v1 import agent_pb2, plan_pb2, queue_pb2
from switchyard_common.errors import DomainError, ErrorKind
from switchyard_router.adapters.cel.compiler import CelCompiler
from switchyard_router.domain.records import ConfigRecord
from switchyard_router.entrypoints.config_messages import ConfigMessages
from switchyard_router.entrypoints.tried_configuration import TriedConfiguration
from switchyard_router.service.simulating.values import Regime, SimulationOrder

pytestmark = pytest.mark.unit

_T = "tenants/demo"


def queue(queue_id: str = "q", **fields: Any) -> bytes:
    return queue_pb2.Queue(name=f"{_T}/queues/{queue_id}", **fields).SerializeToString()


def agent(agent_id: str = "ann", **fields: Any) -> bytes:
    return agent_pb2.Agent(name=f"{_T}/agents/{agent_id}", **fields).SerializeToString()


def plan(plan_id: str = "p", **fields: Any) -> bytes:
    made = plan_pb2.RoutingPlan(name=f"{_T}/routingPlans/{plan_id}", **fields)
    made.steps.add()
    return made.SerializeToString()


ARMS = [queue_pb2.PolicyArm(name=name, policy=name, share=0.5) for name in ("weighted", "in_time")]


def configuration(**fields: Any) -> TriedConfiguration:
    stored = {
        "queue": [ConfigRecord("q", 3, queue(**fields)), ConfigRecord("r", 1, queue("r"))],
        "agent": [ConfigRecord("ann", 1, agent()), ConfigRecord("bob", 1, agent("bob"))],
        "plan": [ConfigRecord("p", 1, plan())],
    }
    return TriedConfiguration(ConfigMessages(CelCompiler()), stored)


def order(**fields: Any) -> SimulationOrder:
    usual: dict[str, Any] = {"plans": (), "policy": "", "queues": (), "replications": 2, "seed": 1}
    return SimulationOrder(1, 2, **usual | fields)


def refused(one: SimulationOrder, **stored: Any) -> list[tuple[str, str]]:
    with pytest.raises(DomainError) as caught:
        configuration(**stored).candidate(one)
    assert caught.value.kind is ErrorKind.INVALID
    return [(each.field, each.reason) for each in caught.value.violations]


def queues(regime: Regime) -> dict[str, Any]:
    return {each.id: each for each in regime.queues}


def test_what_is_tried_stands_in_the_place_of_what_is_stored() -> None:
    tried = queue_pb2.Queue.FromString(queue(policy="in_time"))
    tried.wrap_up.seconds = 12
    made = configuration().candidate(order(tried_queues=(("q", tried.SerializeToString()),)))
    assert queues(made)["q"].times.wrap_up_ms == 12_000
    assert (queues(made)["q"].policy, queues(made)["q"].version) == ("in_time", 4)
    assert queues(made)["r"].policy == "longest_idle"


def test_agents_keep_their_places_whatever_is_tried_of_them() -> None:
    made = configuration().candidate(order(tried_agents=(("ann", agent(skills={"gold": 2})),)))
    assert [(one.id, dict(one.skills)) for one in made.agents] == [
        ("ann", {"gold": 2}),
        ("bob", {}),
    ]


def test_queues_that_are_new_may_be_led_to() -> None:
    led = plan(overflow=plan_pb2.Target(queue=f"{_T}/queues/new"))
    made = configuration().candidate(
        order(plans=(("p", led),), tried_queues=(("new", queue("new")),))
    )
    assert "new" in queues(made)


def test_another_policy_ends_the_comparison_of_arms() -> None:
    regime = configuration(arms=ARMS).candidate(
        order(tried_queues=(("q", queue(arms=ARMS, policy="in_time")),))
    )
    assert queues(regime)["q"].arms == ()
    kept = configuration(arms=ARMS).candidate(order(tried_queues=(("q", queue(arms=ARMS)),)))
    assert len(queues(kept)["q"].arms) == 2


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"max_size": 5}, "max_size"), ({"rona_limit": 3}, "rona_limit"), ({"arms": ARMS}, "arms")],
)
def test_what_a_simulation_cannot_know_is_refused_by_name(
    fields: dict[str, Any], field: str
) -> None:
    tried = order(tried_queues=(("r", queue("r")), ("q", queue(**fields))))
    assert refused(tried) == [(f"tried_queues[1].{field}", "NOT_SIMULATED")]


def test_what_it_cannot_know_may_stay_as_it_is() -> None:
    tried = order(tried_queues=(("q", queue(max_size=5, few_agents=2)),))
    assert queues(configuration(max_size=5).candidate(tried))["q"].few_agents == 2


def test_agents_whom_the_router_does_not_have_are_refused() -> None:
    tried = order(tried_agents=(("new", agent("new")),))
    assert refused(tried) == [("tried_agents[0].name", "NOT_SIMULATED")]


def test_names_of_nothing_are_refused() -> None:
    tried = order(tried_queues=(("q", queue(routing_plan=f"{_T}/routingPlans/none")),))
    assert refused(tried) == [("tried_queues[0].routing_plan", "UNKNOWN_REFERENCE")]
