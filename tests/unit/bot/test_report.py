"""What a turn came to, as the channel reports it."""

from typing import Any

import pytest
from switchyard_bot.report import fold, handover_reasons, outcome

pytestmark = pytest.mark.unit

TOLD = {"intent": "order_status", "confidence": 0.9, "language": "zh"}
TURN = {
    "type": "turn",
    "flow": "order_status",
    "step": "ask.order_number",
    "level": "identified",
    "outcome": "answered",
    "sentiment": -0.2,
    "finished": ["branches"],
    "language": "en",
    "private": False,
    "asks_secret": True,
    "confidential": [0],
    "words": "never",
}


def custom(notice: dict[str, Any]) -> dict[str, Any]:
    return {"custom": {"switchyard": notice}}


def answer(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    kept, turn = fold(list(messages), TOLD)
    return {"messages": kept, "turn": turn, "paused": False, "failed": False, **more}


def test_notice_of_the_turn_becomes_the_turn() -> None:
    kept, turn = fold([{"text": "hi"}, custom(TURN)], TOLD)
    assert kept == [{"text": "hi"}]
    assert turn == {
        "intent": "order_status",
        "confidence": 0.9,
        "language": "en",
        "flow": "order_status",
        "step": "ask.order_number",
        "level": "identified",
        "outcome": "answered",
        "sentiment": -0.2,
        "finished": ["branches"],
        "private": False,
        "asks_secret": True,
        "confidential": [0],
    }


def test_turn_without_a_notice_has_the_same_fields() -> None:
    _, with_notice = fold([custom(TURN)], TOLD)
    _, without = fold([], TOLD)
    assert set(without) == set(with_notice)
    assert without["language"] == "zh"
    assert without["private"] is True, "nobody said that the words may be kept"


def test_other_notices_and_foreign_payloads_stay() -> None:
    handover = custom({"type": "handover", "reason": "asked"})
    foreign = {"custom": {"card": 1}}
    kept, _ = fold([handover, foreign, {"custom": "text"}], TOLD)
    assert kept == [handover, foreign, {"custom": "text"}]
    assert handover_reasons({"messages": kept}) == ["asked"]


def test_outcome_is_one_word() -> None:
    assert outcome(answer(custom(TURN))) == "answered"
    assert outcome(answer(custom({**TURN, "outcome": "fallback"}))) == "fallback"
    assert outcome(answer(custom({"type": "handover"}), custom(TURN))) == "handed_over"
    assert outcome(answer(paused=True)) == "paused"
    assert outcome(answer(custom(TURN), failed=True)) == "error"
