"""Each thing that went wrong elsewhere, as the contract lists them, has a test that names it."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

TESTS = Path(__file__).parents[2]
INCIDENTS = {
    "asterisk": (176, 1557, 108, 1637, 1691, 1736, 1006, 1214, 1961),
    "freeswitch": (2540, 1973, 1641, 2529, "pr800", 1674, "pr1221"),
    "opensips": (3123,),
    "chatwoot": (13050, 10376),
}
IN_WORDS = ("browser_closed", "closed_browser", "blending")


def named(tests: list[str], project: str, number: int | str) -> bool:
    """Whether a test names the project and, behind it, the number."""
    return any(re.search(rf"{project}_(\w+_)?{number}(_|$)", test) for test in tests)


def test_every_incident_has_a_test_that_names_it() -> None:
    names = [
        name
        for folder in ("unit/router", "integration/router")
        for file in sorted((TESTS / folder).glob("test_*.py"))
        for name in re.findall(r"def (test_\w+)\(", file.read_text(encoding="utf-8"))
    ]
    missing = [
        f"{project}#{number}"
        for project, numbers in INCIDENTS.items()
        for number in numbers
        if not named(names, project, number)
    ]
    missing += [word for word in IN_WORDS if not any(word in name for name in names)]
    assert missing == []


def test_a_name_without_the_number_is_not_enough() -> None:
    assert not named(["test_asterisk_17_x"], "asterisk", 176)
    assert named(["test_asterisk_108_1637_1691_x"], "asterisk", 1637)
