"""Whom each policy chooses, on examples worked out by hand; weights and arms."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from switchyard_router.domain.agents import AgentLive, AgentProfile
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.lanes import Rows
from switchyard_router.domain.policies import POLICIES, unknown_terms, weights_of
from switchyard_router.domain.queues import Arm
from switchyard_router.domain.ranking import Ranking
from switchyard_router.domain.skills import SkillNeed
from switchyard_router.service.board import Board
from switchyard_router.service.deciding import Decider, NoFilters
from switchyard_router.service.predictions import Predictions
from switchyard_scoring.scoring import TERMS

from tests.fakes.router.core import board, profile, ready, waiting

pytestmark = pytest.mark.unit

NOW = 10_000_000
HOUR = 3_600_000


class Times:
    """Handle times by agent: what the model says, and the means."""

    def __init__(
        self, on: Board, model: dict[str, float], means: dict[str, float] | None = None
    ) -> None:
        self._board = on
        self._model, self._means = model, means or model
        self.known = True

    def predict(self, contacts: Sequence[Waiting], rows: Rows) -> Predictions:
        """By the model."""
        return self._of(self._model, contacts, rows, "m7")

    def means(self, contacts: Sequence[Waiting], rows: Rows) -> Predictions:
        """By the table."""
        return self._of(self._means, contacts, rows, "")

    def _of(
        self, times: dict[str, float], contacts: Sequence[Waiting], rows: Rows, version: str
    ) -> Predictions:
        seconds = np.array([[times[self._board.agents.ids[row]] for row in rows] for _ in contacts])
        reason = "" if self.known else "NO_HISTORY"
        return Predictions(seconds, version, bool(reason), reason, self.known)


def ranked(
    policy: str,
    agents: Sequence[tuple[AgentProfile, AgentLive]],
    contact: Waiting | None = None,
    times: dict[str, float] | None = None,
    **queue: Any,
) -> Ranking:
    made = board(*(agent for agent, _ in agents))
    for agent, live in agents:
        made.agents.set_live(agent.id, live)
    made.queues["q"] = replace(made.queues["q"], policy=policy, **queue)
    decider = Decider(made, NoFilters(), Times(made, times) if times else None)
    asked = contact or waiting("c", NOW - 5_000)
    found = decider.rank(asked, NOW)
    found_ids = [made.agents.ids[row] for row in found.rows]
    assert [c.agent for c in decider.candidates(found, 9)] == found_ids
    return found


def order(ranking: Ranking, agents: Sequence[tuple[AgentProfile, AgentLive]]) -> list[str]:
    return [agents[row][0].id for row in ranking.rows]


def idle(seconds: float, **more: Any) -> AgentLive:
    return ready(seq=2, idle_since_ms=NOW - int(seconds * 1000), **more)


def test_longest_idle_asks_who_has_been_free_longest() -> None:
    agents = [(profile("a"), idle(30)), (profile("b"), idle(90)), (profile("c"), idle(60))]
    found = ranked("longest_idle", agents)
    assert order(found, agents) == ["b", "c", "a"]
    assert found.fit.tolist() == [90.0, 60.0, 30.0]


def test_round_robin_asks_who_was_offered_a_contact_longest_ago() -> None:
    agents = [
        (profile("a"), idle(10, offered_ms=NOW - 50_000)),
        (profile("b"), idle(99, offered_ms=NOW - 40_000)),
        (profile("new"), idle(5)),
    ]
    assert order(ranked("round_robin", agents), agents) == ["new", "a", "b"]


def test_least_occupied_carries_occupancy_on_to_now() -> None:
    # 80 % an hour ago has fallen to 80 % / e = 29.4 %; 35 % just now is more.
    agents = [
        (profile("a"), idle(10, occupancy=0.35, occupancy_ms=NOW)),
        (profile("b"), idle(20, occupancy=0.8, occupancy_ms=NOW - HOUR)),
    ]
    found = ranked("least_occupied", agents)
    assert order(found, agents) == ["b", "a"]
    assert found.fit[1] == pytest.approx(-0.35 * 3600, abs=0.01)


def test_least_occupied_settles_ties_by_idle_time() -> None:
    agents = [(profile("a"), idle(10)), (profile("b"), idle(20))]
    assert order(ranked("least_occupied", agents), agents) == ["b", "a"]


def test_most_skilled_weighs_levels_by_the_needs_weights() -> None:
    # a: 2 x 3 + 1 x 10 = 16; b: 2 x 8 + 1 x 1 = 17; a preferred skill counts, and excludes nobody.
    needs = (SkillNeed("en", weight=2.0), SkillNeed("tax", preferred=True))
    agents = [
        (profile("a", skills={"en": 3, "tax": 10}), idle(10)),
        (profile("b", skills={"en": 8, "tax": 1}), idle(10)),
        (profile("c", skills={"en": 7}), idle(10)),
        (profile("d", skills={"tax": 10}), idle(10)),
    ]
    found = ranked("most_skilled", agents, waiting("c", needs=needs))
    assert order(found, agents) == ["b", "a", "c"]
    assert found.fit == pytest.approx([17, 16, 14], abs=1e-3)


def test_least_flexible_first_spares_those_who_could_do_more() -> None:
    agents = [
        (profile("wide", queues=("q", "r"), skills={"en": 5, "zh": 5}), idle(100)),
        (profile("narrow"), idle(1)),
        (profile("mid", skills={"en": 5}), idle(50)),
    ]
    found = ranked("least_flexible_first", agents)
    assert order(found, agents) == ["narrow", "mid", "wide"]
    assert found.fit == pytest.approx([-10, -20, -40], abs=1e-3)


def test_fastest_mean_asks_the_table_and_not_the_model() -> None:
    agents = [(profile("a"), idle(10)), (profile("b"), idle(900))]
    made = board(*(agent for agent, _ in agents))
    for agent, live in agents:
        made.agents.set_live(agent.id, live)
    made.queues["q"] = replace(made.queues["q"], policy="fastest_mean")
    times = Times(made, {"a": 300, "b": 200}, {"a": 150, "b": 240})
    found = Decider(made, NoFilters(), times).rank(waiting("c"), NOW)
    assert order(found, agents) == ["a", "b"]
    assert found.predicted_ms(0) == 150_000
    assert found.model_version == ""


def test_weighted_is_affine_in_idle_time_and_wait() -> None:
    agents = [(profile("a"), idle(30)), (profile("b"), idle(90))]
    contact = waiting("c", NOW - 50_000)
    found = ranked("weighted", agents, contact, weights={"idle": 0.5, "urgency": 3.0})
    assert order(found, agents) == ["b", "a"]
    # 0.5 x 90 + 3 x (50 waited + 30 beyond the target of 20)
    assert found.fit[0] + found.urgencies([contact])[0] == 0.5 * 90 + 3.0 * 80


PREDICTIVE = [
    (
        profile("a", skills={"en": 8}, shift_end_ms=NOW + 100_000),
        idle(200, occupancy=0.5, occupancy_ms=NOW),
    ),
    (profile("b", skills={"en": 6}), idle(100)),
]


def test_predictive_adds_up_all_terms() -> None:
    contact = waiting(
        "c",
        NOW - 5_000,
        needs=(SkillNeed("en", weight=2.0),),
        preferred_agent="b",
        preferred_until_ms=NOW - 1,
    )
    found = ranked("predictive", PREDICTIVE, contact, {"a": 140.0, "b": 190.0})
    # a: -140 handle + 16 skill + 200 x 0.05 idle - 1800 x 0.02 fairness - 20 scarcity - 40 overrun
    # b: -190 + 60 history + 12 + 100 x 0.05 - 20
    assert order(found, PREDICTIVE) == ["b", "a"]
    assert found.fit == pytest.approx([-133, -210])
    assert found.model_version == "m7"
    assert found.predicted_ms(0) == 190_000


def test_few_agents_are_chosen_among_without_what_was_learned() -> None:
    found = ranked("predictive", PREDICTIVE, None, {"a": 1.0, "b": 900.0}, few_agents=2)
    assert not any(TERMS[name].learned for name in found.weights)
    assert (found.model_version, found.degraded) == ("", "")
    found = ranked("predictive", PREDICTIVE, None, {"a": 1.0, "b": 900.0}, few_agents=1)
    assert found.weights["handle"] == 1.0


@pytest.mark.parametrize("policy", ["fastest_mean", "predictive"])
def test_where_nothing_is_known_the_longest_idle_is_asked_and_that_is_said(policy: str) -> None:
    made = board(profile("a", skills={"en": 1}), profile("b"))
    made.queues["q"] = replace(made.queues["q"], policy=policy)
    times = Times(made, {"a": 5, "b": 1})
    times.known = False
    found = Decider(made, NoFilters(), times).rank(waiting("c"), NOW)
    assert [made.agents.ids[row] for row in found.rows] == ["a", "b"], "longest idle"
    assert found.degraded == "NO_HISTORY"
    assert found.predicted_ms(0) == 0


def test_a_queues_own_weights_replace_the_policys() -> None:
    own = weights_of(POLICIES["predictive"], {"handle": 0.5, "idle": 0.0, "rotation": 2.0})
    assert own["handle"] == 0.5
    assert own["rotation"] == 2.0
    assert "idle" not in own
    assert own["history"] == 1.0
    assert unknown_terms({"handle": 1, "charm": 2, "beauty": 1}) == ["beauty", "charm"]


def test_somebody_is_preferred_even_when_every_weight_is_nothing() -> None:
    assert weights_of(POLICIES["longest_idle"], {"idle": 0.0}) == {"idle": 1.0}


def test_every_policy_ranks_equals_by_lot_and_lots_differ_with_time() -> None:
    agents = [(profile(f"a{n}"), idle(10)) for n in range(8)]
    for name in POLICIES:
        made = board(*(agent for agent, _ in agents))
        for agent, _ in agents:
            made.agents.set_live(agent.id, ready(seq=2, idle_since_ms=NOW - 10_000))
        made.queues["q"] = replace(made.queues["q"], policy=name)
        decider = Decider(made, NoFilters())
        first = decider.rank(waiting("c"), NOW).rows.tolist()
        assert first == decider.rank(waiting("c"), NOW).rows.tolist()
        others = {tuple(decider.rank(waiting("c"), NOW + n).rows.tolist()) for n in range(1, 5)}
        assert len(others | {tuple(first)}) > 1, name


ARMS = (Arm("old", "longest_idle", 0.7), Arm("new", "predictive", 0.3))


def test_the_arms_policy_chooses_and_its_share_is_the_propensity() -> None:
    made = board(profile("a"))
    made.queues["q"] = replace(made.queues["q"], arms=ARMS)
    decider = Decider(made, NoFilters())
    question = decider.question(waiting("c", arm="new"), NOW)
    assert (question.policy.name, question.arm, question.propensity) == ("predictive", "new", 0.3)
