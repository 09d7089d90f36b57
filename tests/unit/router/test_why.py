"""What `switchyard why` says, in both languages."""

from datetime import UTC
from typing import Any

import pytest
from switchyard.router.v1 import agent_pb2, contact_pb2, decision_pb2, routing_service_pb2
from switchyard_common.commands import Lang, language_of
from switchyard_router.entrypoints.cli.story import Story
from switchyard_router.entrypoints.cli.telling import tell
from switchyard_router.entrypoints.cli.wording import WORDINGS

pytestmark = pytest.mark.unit

T = "tenants/demo"
NOON_MS = 1_772_366_400_000
"""2026-03-01T12:00:00Z"""


def contact(**fields: Any) -> contact_pb2.Contact:
    values: dict[str, Any] = {"channel": contact_pb2.VOICE, "state": contact_pb2.COMPLETED}
    values |= fields
    made = contact_pb2.Contact(
        name=f"{T}/contacts/c1",
        external_id="call-1",
        queue=f"{T}/queues/billing",
        language="yue-HK",
        **values,
    )
    made.create_time.FromMilliseconds(NOON_MS)
    return made


def decision(
    chosen: str, after_ms: int, state: agent_pb2.OfferState.ValueType, end_ms: int = 0
) -> decision_pb2.Decision:
    made = decision_pb2.Decision(
        name=f"{T}/decisions/d{after_ms}",
        chosen_agent=f"{T}/agents/{chosen}",
        policy="predictive",
        plan_version=3,
        step=1,
        eligible_count=2,
        rejected_counts={"CAPACITY": 4, "SKILL lang.yue": 12, "SPARED": 1},
        model_version="m7",
        traffic_arm="B",
        offer=f"{T}/offers/o",
        offer_state=state,
    )
    made.time.FromMilliseconds(NOON_MS + after_ms)
    made.waited.FromMilliseconds(after_ms)
    if end_ms:
        made.offer_end_time.FromMilliseconds(NOON_MS + end_ms)
    made.inputs.columns.extend(("handle_ms", "idle_ms"))
    for agent, values in {chosen: (142_400, 95_000), "1003": (180_000, 4_200)}.items():
        made.inputs.agents.append(agent)
        made.inputs.values.extend(values)
        score = made.candidates.add(agent=f"{T}/agents/{agent}", eligible=True, score=-46.5)
        score.terms.update({"handle": -142.4, "idle": 95.9})
    return made


def agents() -> dict[str, agent_pb2.Agent]:
    return {
        f"{T}/agents/{number}": agent_pb2.Agent(display_name=name, skills={"lang.yue": 8})
        for number, name in (("1007", "Ho Ka-yan"), ("1012", ""))
    }


def told(story: Story, lang: Lang = Lang.EN) -> list[str]:
    return [line.text for line in tell(story, WORDINGS[lang], UTC)]


TWO_OFFERS = Story(
    contact(reason="COMPLETED_BY_AGENT"),
    (
        decision("1012", 1_000, agent_pb2.DECLINED, 4_200),
        decision("1007", 12_200, agent_pb2.ACCEPTED, 15_000),
    ),
    agents(),
    {0: (), 1: ("lang.yue",)},
)


def test_a_story_in_english() -> None:
    lines = told(TWO_OFFERS)
    assert lines[0] == (
        "Contact c1 (call-1) · queue billing · call · completed (COMPLETED_BY_AGENT)"
    )
    assert lines[1] == "arrived 2026-03-01 12:00:00, language Cantonese"
    second = lines[lines.index("", 3) :]
    assert second[1].startswith(
        "2. 2026-03-01 12:00:12 · waited 12 s · predictive · plan v3, step 1 · 2 could take it"
    )
    assert second[1].endswith("model m7 · arm B")
    assert second[2:] == [
        "   agent 1007 (Ho Ka-yan): chosen, predicted 142 s, Cantonese 8/10, idle 95 s",
        "      score -46.5 = handle time -142.4 idle +95.9",
        "   agent 1003: could have been, predicted 180 s, idle 4.2 s",
        "      score -46.5 = handle time -142.4 idle +95.9",
        "   agent 1012: declined 8.0 s ago",
        "   not: 12 without Cantonese at the level asked for, 4 busy with other contacts, "
        "1 just declined or missed it",
        "   offer: accepted after 2.8 s",
        "Skill levels are those of today.",
    ]
    assert "   offer: declined after 3.2 s" in lines


def test_the_same_story_in_chinese() -> None:
    lines = told(TWO_OFFERS, Lang.ZH)
    assert "   坐席 1007 (Ho Ka-yan)：选中，预计 142 s，粤语 8/10，空闲 95 s" in lines
    assert "   坐席 1012：8.0 s 前拒绝了" in lines
    assert "   分派结果：2.8 s 后已接受" in lines
    assert lines[1] == "到达时间 2026-03-01 12:00:00，语言 粤语"
    assert len(lines) == len(told(TWO_OFFERS))


def test_the_chosen_one_stands_out_and_a_fallback_is_a_warning() -> None:
    made = decision("1007", 1_000, agent_pb2.PENDING)
    made.degraded = True
    lines = tell(Story(contact(), (made,)), WORDINGS[Lang.EN], UTC)
    styles = {line.text.split(",")[0].strip(): line.style for line in lines}
    assert styles["agent 1007: chosen"] == "good"
    assert styles["DEGRADED: a fallback stood in for the model"] == "warn"
    assert "   offer: open" in [line.text for line in lines]


def test_a_better_agent_who_went_to_another_contact_is_named_with_it() -> None:
    made = decision("1007", 1_000, agent_pb2.ACCEPTED, 2_000)
    made.inputs.given_to_others["1003"] = "c0"
    assert any(
        "agent 1003: better, given to contact c0" in line
        for line in told(Story(contact(), (made,)))
    )


def test_a_contact_that_waits_is_told_why_nobody_gets_it() -> None:
    advice = routing_service_pb2.RankAgentsResponse(
        rejected_counts={"PRESENCE": 1, "QUEUE": 30},
        ranked=[
            decision_pb2.CandidateScore(agent=f"{T}/agents/1007", rejected_reason="PRESENCE"),
            decision_pb2.CandidateScore(agent=f"{T}/agents/2001", rejected_reason="QUEUE"),
        ],
        degraded_reasons=["STALE_STATE"],
    )
    advice.wait.position = 3
    advice.held_until.FromMilliseconds(NOON_MS + 5_000)
    lines = told(Story(contact(state=contact_pb2.QUEUED), (), agents(), advice=advice))
    assert lines[2:] == [
        "No decision is kept: it was never offered to anybody, or long ago.",
        "",
        "It waits now: place 3 in the queue.",
        "   The router's view is not up to date: its store does not answer.",
        "   held back until 2026-03-01 12:00:05: its context is awaited, or re-offers back off",
        "   Nobody can take it now:",
        "   not: 30 serving other queues, 1 not available",
        "      agent 1007 (Ho Ka-yan): not available",
    ]


def test_a_contact_that_waits_for_its_turn_is_told_who_could() -> None:
    advice = routing_service_pb2.RankAgentsResponse(
        ranked=[decision_pb2.CandidateScore(agent=f"{T}/agents/1007", eligible=True)]
    )
    advice.wait.position = 2
    advice.wait.confident = True
    advice.wait.p50.FromMilliseconds(95_000)
    lines = told(Story(contact(state=contact_pb2.QUEUED), (), agents(), advice=advice))
    assert lines[4:] == [
        "It waits now: place 2 in the queue, half of such contacts wait at most 95 s.",
        "   Could take it now (those before it in the queue go first):",
        "      1007 (Ho Ka-yan)",
    ]


def test_both_languages_have_the_same_words_with_the_same_places() -> None:
    english, chinese = WORDINGS[Lang.EN], WORDINGS[Lang.ZH]
    assert english.names.keys() == chinese.names.keys()
    assert english.sentences.keys() == chinese.sentences.keys()
    for name, sentence in english.sentences.items():
        places = {part.partition("}")[0] for part in sentence.split("{")[1:]}
        assert places == {p.partition("}")[0] for p in chinese.sentences[name].split("{")[1:]}


def test_every_state_has_a_word() -> None:
    for wording in WORDINGS.values():
        for enum in (contact_pb2.ContactState, contact_pb2.Channel, agent_pb2.OfferState):
            names = [name for name in enum.keys() if "UNSPECIFIED" not in name]  # noqa: SIM118
            assert all(wording.name(name) != name for name in names)


@pytest.mark.parametrize(
    ("environment", "lang"),
    [
        ({}, Lang.EN),
        ({"LANG": "zh_CN.UTF-8"}, Lang.ZH),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, Lang.EN),
        ({"LANG": "C", "LC_MESSAGES": "zh_HK"}, Lang.ZH),
        ({"LC_ALL": "", "LANG": "zh_TW"}, Lang.ZH),
        ({"LANG": "de_DE"}, Lang.EN),
    ],
)
def test_the_language_is_that_of_the_environment(environment: dict[str, str], lang: Lang) -> None:
    assert language_of(environment) is lang
