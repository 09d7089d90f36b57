"""docs/state-machine.md says what the code does."""

import re
from importlib import resources
from pathlib import Path

import pytest
from switchyard_router.domain.states import STAYING_EVENTS, TRANSITIONS
from switchyard_router.service.leases import LEASE_SECONDS

pytestmark = pytest.mark.unit

TEXT = (Path(__file__).parents[3] / "docs/state-machine.md").read_text(encoding="utf-8")
LUA = resources.files("switchyard_router.adapters.redis") / "lua"


def rows(heading: str) -> dict[str, str]:
    """First and second column of the table under a heading."""
    section = TEXT.split(f"## {heading}\n", 1)[1].split("\n## ")[0]
    lines = re.findall(r"^\| (.+?) \| (.+?) \|", section, re.MULTILINE)
    return {first.strip("`"): second for first, second in lines[1:]}


def test_transitions_are_those_of_the_code() -> None:
    written = {
        before: set() if after == "–" else set(after.split(", "))
        for before, after in rows("Contacts").items()
    }
    coded = {before or "(new)": {str(a) for a in after} for before, after in TRANSITIONS.items()}
    assert written == coded


def test_events_without_a_new_state_are_those_of_the_code() -> None:
    written = set(re.findall(r"^\| (contact\.\w+) \|", TEXT, re.MULTILINE))
    assert written == STAYING_EVENTS


def test_timers_are_those_of_the_code() -> None:
    tick = (LUA / "tick.lua").read_text(encoding="utf-8")
    coded = set(re.findall(r"^  (\w+) = function\(id\)", tick, re.MULTILINE))
    assert set(rows("Every state has a way out by time")) == coded
    assert f"after {LEASE_SECONDS:.0f} s unheard" in TEXT


def test_scripts_are_those_of_the_code() -> None:
    files = {entry.name.removesuffix(".lua") for entry in LUA.iterdir()}
    assert set(rows("Scripts")) == files - {"shared"}
