"""Decisions as they are kept and shown: inputs in, terms out, and a replay that notices changes."""

from dataclasses import replace

import numpy as np
import pytest
from switchyard.router.v1 import agent_pb2, decision_pb2
from switchyard_router.adapters.decision_sink import encode
from switchyard_router.domain.decision_search import parse_filter
from switchyard_router.domain.names import Tenant
from switchyard_router.entrypoints.decision_messages import (
    differences,
    expand,
    inputs_of,
    open_record,
    show_offer,
)
from switchyard_router.service.decisions import OfferEnd
from switchyard_scoring.decision import Decision, Inputs
from switchyard_scoring.scoring import FORMULA, replay

pytestmark = pytest.mark.unit

DEMO = Tenant("demo")
INPUTS = Inputs(
    formula=FORMULA,
    agents=("1007", "1012", "1003"),
    columns=("idle_ms", "handle_ms"),
    values=(95_001, 142_337, 12_003, 99_999, 7, 180_000),
    weights={"idle": 0.3, "handle": 0.7, "urgency": 0.1},
    contact={"waited_ms": 31_415, "target_ms": 20_000},
)


def kept(inputs: Inputs = INPUTS, seed: int = 9) -> decision_pb2.Decision:
    """A decision as it comes out of the store."""
    again = replay(inputs, seed, 0.5)
    decision = Decision(
        id="d1",
        contact="c1",
        agent=again.chosen,
        queue="billing",
        policy="predictive",
        plan_version=3,
        step=1,
        time_ms=1_800_000_000_000,
        waited_ms=31_415,
        eligible_count=3,
        rejected_counts={"CAPACITY": 4},
        inputs=replace(inputs, scores=tuple(one.score for one in again.candidates)),
        seed=seed,
        propensity=0.5,
        arm="B",
        offer="o1",
    )
    return decision_pb2.Decision.FromString(encode(decision, DEMO))


def test_terms_are_computed_when_a_decision_is_read() -> None:
    message = kept()
    assert not message.candidates
    expand(message, DEMO)
    best = max(message.candidates, key=lambda candidate: candidate.score)
    assert [candidate.agent for candidate in message.candidates] == [
        DEMO.of("agents", agent) for agent in INPUTS.agents
    ]
    assert best.agent == message.chosen_agent
    assert best.propensity == 0.5
    assert set(best.terms) == {"idle", "handle", "urgency"}
    first = message.candidates[0]
    assert first.terms["idle"] == pytest.approx(0.3 * 95.001)
    assert first.predicted_handle_time.ToMilliseconds() == 142_337
    assert first.score == pytest.approx(sum(first.terms.values()))


def test_a_replay_gives_the_same_bits() -> None:
    assert differences(kept()) == []


@pytest.mark.parametrize("index", range(6))
def test_a_changed_input_is_noticed(index: int) -> None:
    message = kept()
    message.inputs.values[index] += 1
    (found,) = differences(message)
    assert found.startswith(f"score of {INPUTS.agents[index // 2]}: kept ")


def test_the_smallest_change_of_a_score_is_noticed() -> None:
    message = kept()
    message.inputs.scores[2] = float(np.nextafter(message.inputs.scores[2], np.inf))
    assert len(differences(message)) == 1


def test_another_choice_another_weight_and_a_missing_score_are_noticed() -> None:
    message = kept()
    message.chosen_agent = DEMO.of("agents", "1003")
    assert differences(message) == [f"chosen agent: kept 1003, computed {replay(INPUTS, 9).chosen}"]
    message = kept()
    message.inputs.weights["urgency"] = 0.2
    assert len(differences(message)) == 3
    message = kept()
    message.inputs.scores.pop()
    assert differences(message) == ["2 scores are kept for 3 agents"]


def test_a_better_agent_given_to_another_contact_is_not_chosen() -> None:
    best = replay(INPUTS, 9).chosen
    message = kept()
    message.inputs.given_to_others[best] = "c0"
    assert [line.partition(":")[0] for line in differences(message)] == ["chosen agent"]


def test_lots_decide_between_equals() -> None:
    """With equal scores the seed alone decides, so a changed seed may show."""
    equal = Inputs(FORMULA, INPUTS.agents, ("idle_ms",), (5, 5, 5), {"idle": 1.0})
    chosen = {kept(equal, seed).chosen_agent for seed in range(20)}
    assert chosen == {DEMO.of("agents", agent) for agent in INPUTS.agents}
    message = kept(equal, 1)
    message.seed = next(s for s in range(20) if kept(equal, s).chosen_agent != message.chosen_agent)
    assert [line.partition(":")[0] for line in differences(message)] == ["chosen agent"]


def test_another_formula_shows_scores_without_terms_and_cannot_be_replayed() -> None:
    message = kept()
    message.inputs.formula = "0"
    scores = list(message.inputs.scores)
    expand(message, DEMO)
    assert [candidate.score for candidate in message.candidates] == scores
    assert not message.candidates[0].terms
    with pytest.raises(ValueError, match="formula '0'"):
        differences(message)


def test_inputs_survive_the_store() -> None:
    again = replay(INPUTS, 9)
    assert inputs_of(kept()) == replace(INPUTS, scores=tuple(c.score for c in again.candidates))


def test_a_filter_holds_for_every_field() -> None:
    data = kept().SerializeToString()
    chosen = replay(INPUTS, 9).chosen
    fitting = f"contact=c1 AND agent={chosen} AND queue=billing AND policy=predictive AND arm=B"
    opened = open_record(data, parse_filter(fitting + " AND degraded=false", DEMO))
    assert opened is not None
    assert opened[1] > len(data)
    for other in ("contact=c2", "agent=x", "queue=x", "policy=x", "arm=A", "degraded=true"):
        assert open_record(data, parse_filter(other, DEMO)) is None


def test_what_became_of_the_offer_is_shown() -> None:
    message = kept()
    show_offer(message, None)
    assert message.offer_state == agent_pb2.OFFER_STATE_UNSPECIFIED
    show_offer(message, OfferEnd("PENDING", "", 0))
    assert message.offer_state == agent_pb2.PENDING
    assert not message.HasField("offer_end_time")
    show_offer(message, OfferEnd("DECLINED", "DECLINED_BY_AGENT", 1_800_000_008_000))
    assert message.offer_reason == "DECLINED_BY_AGENT"
    assert message.offer_end_time.ToMilliseconds() == 1_800_000_008_000
