"""Gates that agents pass or do not, and when time opens one."""

import math

import pytest
from switchyard_router.domain.agents import AgentTable
from switchyard_router.domain.eligibility import (
    Asked,
    first_reasons,
    gates,
    opens_at,
    rejections,
    timed,
)
from switchyard_router.domain.skills import SkillNeed

from tests.fakes.router.core import profile, ready

pytestmark = pytest.mark.unit

NOW = 10_000_000
MINUTE = 60_000


def table(**agents: dict[str, object]) -> AgentTable:
    """Agents by name: changes of the profile, and `live` ones under a key of their own."""
    made = AgentTable()
    for name, changes in agents.items():
        live = changes.pop("live", {})
        made.upsert(profile(name, **changes))
        made.set_live(name, ready(**live))  # type: ignore[arg-type]
    return made


def passing(made: AgentTable, asked: Asked) -> list[str]:
    reasons = first_reasons(gates(made, asked, NOW), len(made))
    return [name for name, reason in zip(made.ids, reasons, strict=True) if not reason]


def test_reasons_name_the_first_gate_that_is_closed() -> None:
    made = table(
        fine={"skills": {"en": 5}},
        elsewhere={"queues": ("r",)},
        away={"live": {"ready": False}},
        full={"live": {"held": {"c": "VOICE:active"}}},
        nowhere={"endpoint": "", "skills": {"en": 5}},
        weak={"skills": {"en": 2}},
        strong={"skills": {"en": 9}},
    )
    asked = Asked("q", "VOICE", (SkillNeed("en", 3, 8),))
    found = gates(made, asked, NOW)
    reasons = ["", "QUEUE", "PRESENCE", "CAPACITY", "ENDPOINT", "SKILL en", "SKILL en"]
    assert first_reasons(found, len(made)) == reasons
    assert rejections(found, len(made)) == {
        "QUEUE": 1, "PRESENCE": 1, "CAPACITY": 1, "ENDPOINT": 1, "SKILL en": 2,
    }  # fmt: skip


def test_text_needs_no_address_to_ring() -> None:
    made = table(ann={"endpoint": "", "capacity": {"CHAT": 1, "VOICE": 1}})
    assert passing(made, Asked("q", "CHAT")) == ["ann"]
    assert passing(made, Asked("q", "VOICE")) == []


def test_agents_over_the_cap_rest_until_their_share_has_fallen() -> None:
    made = table(
        calm={"live": {"occupancy": 0.5, "occupancy_ms": NOW}},
        rested={"live": {"occupancy": 0.9, "occupancy_ms": NOW - 60 * MINUTE}},
        tired={"live": {"occupancy": 0.9, "occupancy_ms": NOW}},
    )
    asked = Asked("q", "VOICE", occupancy_cap=0.8)
    assert passing(made, asked) == ["calm", "rested"]
    opens = opens_at(made, asked, made.room("VOICE"), NOW)
    assert opens == NOW + int(3_600_000 * math.log(0.9 / 0.8)) + 1
    assert dict(timed(made, asked, opens))["OCCUPANCY"].all()
    assert not dict(timed(made, asked, opens - 10))["OCCUPANCY"].all()
    assert opens_at(made, Asked("q", "VOICE"), made.room("VOICE"), NOW) is None


def test_who_is_busy_grows_busier() -> None:
    made = table(
        ann={
            "capacity": {"CHAT": 3},
            "live": {"occupancy": 0.5, "occupancy_ms": NOW, "held": {"c": "CHAT:active"}},
        }
    )
    asked = Asked("q", "CHAT", occupancy_cap=0.6)
    assert passing(made, asked) == ["ann"]
    later = NOW + 30 * MINUTE  # 1 - 0.5 x exp(-1/2) = 0.70
    assert made.busy_share(later)[0] == pytest.approx(1 - 0.5 * math.exp(-0.5))
    assert not dict(timed(made, asked, later))["OCCUPANCY"].all()
    assert opens_at(made, asked, made.room("CHAT"), later) is None, "no end while busy"


def test_nobody_is_kept_from_a_break_or_from_going_home() -> None:
    made = table(
        soon={"next_break_ms": NOW + 2 * MINUTE},
        later={"next_break_ms": NOW + 10 * MINUTE},
        back={"next_break_ms": NOW - MINUTE},
        leaving={"shift_end_ms": NOW + 4 * MINUTE},
        over={"shift_end_ms": NOW - MINUTE},
        long={"shift_end_ms": NOW + 60 * MINUTE},
    )
    asked = Asked("q", "VOICE", break_guard_ms=5 * MINUTE)
    assert passing(made, asked) == ["later", "back", "long"]
    counts = rejections(gates(made, asked, NOW), len(made))
    assert counts == {"BREAK": 1, "SHIFT_END": 2}
    assert opens_at(made, asked, made.room("VOICE"), NOW) == NOW + 2 * MINUTE
    assert len(passing(made, Asked("q", "VOICE"))) == 6, "without a guard nobody asks"
