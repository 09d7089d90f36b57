"""The packed model understands phrases it never saw, and the patches of Rasa change nothing."""

import json
from typing import Any

import pytest
import pytest_asyncio

from tests.fakes.bot.stack import BOT, ensure_model, run_with_rasa

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def report() -> Any:
    await ensure_model()
    return json.loads((await run_with_rasa(str(BOT / "check.py"), seconds=300)).splitlines()[-1])


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_understands_phrases_it_never_saw(report: Any, language: str) -> None:
    score = report["heldout"][language]
    print(f"held-out phrases, {language}: {score}")
    assert score["phrases"] >= 180
    assert score["accuracy"] >= 0.9
    assert score["false_fallback"] <= 0.08
    assert score["out_of_scope_rejected"] >= 0.85


async def test_patched_rasa_resolves_every_event_type_as_before(report: Any) -> None:
    assert len(report["stock"]["types"]) > 20
    assert report["patched"]["types"] == report["stock"]["types"]
    assert report["patched"]["types_again"] == report["stock"]["types"]


async def test_patched_rasa_judges_action_answers_as_before(report: Any) -> None:
    assert report["patched"]["answers"] == report["stock"]["answers"]
    accepted = [answer is True for answer in report["stock"]["answers"]]
    assert accepted == [True, True, True, *[False] * 6]


async def test_patched_rasa_understands_what_rasa_does(report: Any) -> None:
    assert report["compared"] >= 60
    assert report["differ"] == []
