"""What a person is told when taking over."""

from itertools import product

import pytest
from switchyard_actions.domain.handover import (
    HandOver,
    HandOverReason,
    not_understood_again,
    topic,
)
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.verification import VerificationLevel, level_of

pytestmark = pytest.mark.unit


def handover(language: Language, **slots: str) -> HandOver:
    return HandOver(
        HandOverReason.ASKED, "order_status", language, slots, VerificationLevel.VERIFIED
    )


def test_summary_names_reason_order_and_level() -> None:
    known = {"order_number": "SY20261234", "order_state": "shipped"}
    assert handover(Language.ENGLISH, **known).summary == (
        "The customer asked for a person. It is about order SY20261234, which has been shipped. "
        "Verified by order number and last digits of the phone."
    )
    assert handover(Language.CHINESE, **known).summary == (
        "客户要求人工服务。咨询订单 SY20261234（已发货）。已用订单号和手机后四位核验。"
    )


def test_summary_names_the_topic_when_no_order_is_known() -> None:
    assert "about the status of an order" in handover(Language.ENGLISH).summary


def test_every_case_has_words_in_both_languages() -> None:
    cases = product(HandOverReason, Language, VerificationLevel)
    summaries = {
        HandOver(reason, "opening_hours", language, {}, level).summary
        for reason, language, level in cases
    }
    assert len(summaries) == len(HandOverReason) * len(Language) * len(VerificationLevel)


@pytest.mark.parametrize(
    ("intents", "expected"),
    [
        ([], ""),
        (["greet", "ask_person"], ""),
        (["greet", "order_status", "give_details", "ask_person"], "order_status"),
        (["order_status", "opening_hours", "ask_person"], "opening_hours"),
        (["no_details", "affirm"], "order_status"),
    ],
)
def test_topic_is_the_latest_thing_the_customer_came_for(intents: list[str], expected: str) -> None:
    assert topic(intents) == expected


@pytest.mark.parametrize(
    ("intents", "expected"),
    [
        ([], False),
        (["nlu_fallback"], False),
        (["nlu_fallback", "out_of_scope"], True),
        (["nlu_fallback", "greet", "nlu_fallback"], False),
        (["nlu_fallback", "hand_back", "nlu_fallback"], False),
        (["greet", "out_of_scope", "out_of_scope"], True),
    ],
)
def test_two_misunderstandings_count_only_in_a_row(intents: list[str], expected: bool) -> None:
    assert not_understood_again(intents) is expected


def test_unknown_level_is_none_at_all() -> None:
    assert level_of("root") is VerificationLevel.ANONYMOUS
    assert level_of(None) is VerificationLevel.ANONYMOUS
    assert level_of("verified") is VerificationLevel.VERIFIED
