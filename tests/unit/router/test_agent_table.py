"""Agents as columns."""

import pytest
from switchyard_router.domain.agents import AgentLive, AgentTable, has_room
from switchyard_router.domain.eligibility import Asked, fixed, gates, rejections
from switchyard_router.domain.skills import SkillNeed

from tests.fakes.router.core import profile, ready

pytestmark = pytest.mark.unit


def eligible(
    table: AgentTable, queue: str = "q", channel: str = "VOICE", *needs: SkillNeed
) -> list[str]:
    asked = Asked(queue, channel, needs)
    return [table.ids[row] for row in (fixed(table, asked) & table.room(channel)).nonzero()[0]]


def test_grows_over_any_number_of_agents_skills_and_queues() -> None:
    table = AgentTable()
    for number in range(200):
        agent = profile(f"a{number:03}", skills={f"s{number}": 5}, queues=(f"q{number}", "q"))
        table.upsert(agent)
        table.set_live(agent.id, ready())
    assert len(eligible(table)) == 200
    assert eligible(table, "q150", "VOICE", SkillNeed("s150", 5)) == ["a150"]
    assert eligible(table, "q150", "VOICE", SkillNeed("s149")) == []


def test_one_agent_may_bring_many_new_skills_at_once() -> None:
    table = AgentTable()
    table.upsert(profile("ann", skills={f"s{n}": n % 10 + 1 for n in range(40)}))
    table.set_live("ann", ready())
    assert eligible(table, "q", "VOICE", SkillNeed("s39", 10)) == ["ann"]
    assert eligible(table, "q", "VOICE", SkillNeed("s38", 10)) == []


def test_a_changed_agent_leaves_old_queues_and_skills() -> None:
    table = AgentTable()
    table.upsert(profile("ann", queues=("q", "r"), skills={"en": 9}))
    table.set_live("ann", ready())
    table.upsert(profile("ann", queues=("r",), skills={"zh": 3}))
    assert eligible(table, "q") == []
    assert eligible(table, "r", "VOICE", SkillNeed("zh", 3)) == ["ann"]
    assert eligible(table, "r", "VOICE", SkillNeed("en")) == []


def test_levels_have_a_floor_and_a_ceiling_and_preferences_exclude_nobody() -> None:
    table = AgentTable()
    for name, level in (("low", 2), ("mid", 5), ("top", 9)):
        table.upsert(profile(name, skills={"en": level}))
        table.set_live(name, ready())
    assert eligible(table, "q", "VOICE", SkillNeed("en", 3, 8)) == ["mid"]
    assert len(eligible(table, "q", "VOICE", SkillNeed("en", 10, preferred=True))) == 3


def test_old_news_of_an_agent_changes_nothing() -> None:
    table = AgentTable()
    table.upsert(profile("ann"))
    assert table.set_live("ann", ready(seq=5))
    assert not table.set_live("ann", AgentLive(seq=4))
    assert eligible(table) == ["ann"]
    assert not table.set_live("nobody", ready())


def test_forgotten_live_state_is_taken_from_any_number_again() -> None:
    table = AgentTable()
    table.upsert(profile("ann"))
    table.set_live("ann", ready(seq=50))
    table.forget_live()
    assert eligible(table) == []
    assert table.set_live("ann", ready(seq=3))
    assert eligible(table) == ["ann"]


def test_every_rejected_agent_is_counted_once_by_its_first_reason() -> None:
    table = AgentTable()
    for name, changes in (
        ("ok", {"skills": {"en": 5}}),
        ("elsewhere", {"queues": ("r",)}),
        ("away", {}),
        ("busy", {"skills": {"en": 5}}),
        ("mute", {}),
    ):
        table.upsert(profile(name, **changes))
        table.set_live(name, ready())
    table.set_live("away", AgentLive(presence="NOT_READY", seq=2))
    table.set_live("busy", ready(seq=2, held={"c": "VOICE:active"}))
    asked = Asked("q", "VOICE", (SkillNeed("en", 3),))
    counts = rejections(gates(table, asked, now_ms=0), len(table))
    assert counts == {"QUEUE": 1, "PRESENCE": 1, "CAPACITY": 1, "SKILL en": 1}


def test_staffed_counts_those_who_work_and_room_any_channel() -> None:
    table = AgentTable()
    table.upsert(profile("voice"))
    table.upsert(profile("chat", capacity={"CHAT": 2}))
    table.upsert(profile("off"))
    table.set_live("voice", ready(presence="ON_CONTACT", held={"c": "VOICE:active"}))
    table.set_live("chat", ready())
    assert (table.staffed("q"), table.with_room("q")) == (2, 1)


@pytest.mark.parametrize(
    ("capacity", "units", "held", "channel", "fits"),
    [
        ({"VOICE": 1, "CHAT": 3}, 0, ["CHAT"] * 3, "VOICE", True),
        ({"VOICE": 1, "CHAT": 3}, 0, ["CHAT"] * 3, "CHAT", False),
        ({"VOICE": 1, "CHAT": 3}, 0, ["VOICE"], "CHAT", False),
        ({"VOICE": 1, "CHAT": 3}, 3, ["CHAT"] * 2, "CHAT", False),  # the last unit is for a call
        ({"VOICE": 1, "CHAT": 3}, 3, ["CHAT"] * 2, "VOICE", True),
        ({"CHAT": 3}, 3, ["CHAT"] * 2, "CHAT", True),  # takes no calls: all units are for text
        ({"VOICE": 1, "CHAT": 1}, 1, [], "CHAT", True),
        ({"VOICE": 1, "CHAT": 1}, 1, ["CHAT"], "VOICE", False),
        ({"VOICE": 1}, 0, [], "CHAT", False),
    ],
)
def test_room_for_one_more(
    capacity: dict[str, int], units: int, held: list[str], channel: str, fits: bool
) -> None:
    stages = {f"c{n}": f"{kind}:active" for n, kind in enumerate(held)}
    assert has_room(profile("ann", capacity=capacity, units=units), stages, channel) is fits
