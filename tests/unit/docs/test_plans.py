"""What operators read about plans names every fact that expressions may use, in both languages."""

import re
from pathlib import Path

import pytest
from switchyard_router.domain.facts import FACTS

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
_ROW = re.compile(r"^\| `(agent|contact|queue)\.(\w+)` \| (\w+) \| (.+) \|$", re.MULTILINE)


def rows(page: str) -> dict[tuple[str, str], tuple[str, str]]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return {(subject, name): (kind, says) for subject, name, kind, says in _ROW.findall(text)}


@pytest.mark.parametrize("page", ["plans.md", "plans.zh.md"])
def test_every_fact_is_described_with_its_type(page: str) -> None:
    described = {key: kind for key, (kind, _) in rows(page).items()}
    assert described == {
        (subject, name): fact.kind.value
        for subject, fields in FACTS.items()
        for name, fact in fields.items()
    }


def test_the_meanings_are_those_of_the_code() -> None:
    for (subject, name), (_, says) in rows("plans.md").items():
        assert says == FACTS[subject][name].meaning
