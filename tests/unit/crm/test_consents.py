"""Who may be contacted, judged from what was said."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_crm.domain.consents import (
    ALL_CHANNELS,
    Consent,
    Purpose,
    Refusal,
    concerns_phones,
    refusal,
)

pytestmark = pytest.mark.unit

RECORDS = ("a", "b")
YES, NO = True, False


def said(*answers: tuple[str, bool] | tuple[str, bool, str, str]) -> list[Consent]:
    """Answers in the order in which they came: channel, granted, and record and named record."""
    return [
        Consent(position, *(answer[2:] or ("a", "a")), *answer[:2])
        for position, answer in enumerate(answers)
    ]


def may_call(
    *answers: tuple[str, bool] | tuple[str, bool, str, str], purpose: Purpose = Purpose.MARKETING
) -> Refusal | None:
    return refusal(said(*answers), RECORDS, "VOICE", purpose)


@pytest.mark.parametrize("purpose", [Purpose.MARKETING, Purpose.RESEARCH])
def test_nothing_said_is_no_to_marketing_and_research(purpose: Purpose) -> None:
    assert may_call(purpose=purpose) is Refusal.NO_CONSENT


def test_service_is_allowed_until_refused() -> None:
    assert may_call(purpose=Purpose.SERVICE) is None
    assert may_call(("VOICE", NO), purpose=Purpose.SERVICE) is Refusal.OPTED_OUT
    assert may_call((ALL_CHANNELS, NO), purpose=Purpose.SERVICE) is Refusal.OPTED_OUT


def test_the_latest_answer_for_a_channel_holds() -> None:
    assert may_call(("VOICE", NO), ("VOICE", YES)) is None
    assert may_call(("VOICE", YES), ("VOICE", NO)) is Refusal.OPTED_OUT


def test_another_channels_answer_says_nothing() -> None:
    assert may_call(("EMAIL", YES)) is Refusal.NO_CONSENT
    assert may_call(("EMAIL", NO), ("VOICE", YES)) is None


def test_a_refusal_of_all_channels_beats_older_grants_for_one() -> None:
    assert may_call(("VOICE", YES), (ALL_CHANNELS, NO)) is Refusal.OPTED_OUT
    assert may_call((ALL_CHANNELS, NO), ("VOICE", YES)) is None


def test_a_grant_for_all_channels_does_not_lift_a_refusal_of_one() -> None:
    assert may_call((ALL_CHANNELS, YES)) is None
    assert may_call(("VOICE", NO), (ALL_CHANNELS, YES)) is Refusal.OPTED_OUT


def test_the_strictest_record_of_a_merged_customer_holds() -> None:
    theirs = ("VOICE", NO, "b", "b")
    assert may_call(theirs, ("VOICE", YES)) is Refusal.OPTED_OUT
    assert may_call(("VOICE", YES), theirs) is Refusal.OPTED_OUT


def test_a_merged_customer_can_allow_again_for_all_records() -> None:
    refused = ("VOICE", NO, "b", "b")
    allowed_for_both = (("VOICE", YES, "a", "a"), ("VOICE", YES, "b", "a"))
    assert may_call(refused, *allowed_for_both) is None


def test_after_they_are_parted_a_grant_of_the_other_does_not_hold_but_a_refusal_does() -> None:
    answers = said(("VOICE", NO, "b", "b"), ("VOICE", YES, "a", "a"), ("VOICE", YES, "b", "a"))
    assert refusal(answers, ["b"], "VOICE", Purpose.MARKETING) is Refusal.OPTED_OUT
    assert refusal(answers, ["a"], "VOICE", Purpose.MARKETING) is None
    refused = said(("VOICE", YES, "b", "b"), ("VOICE", NO, "a", "a"), ("VOICE", NO, "b", "a"))
    assert refusal(refused, ["b"], "VOICE", Purpose.MARKETING) is Refusal.OPTED_OUT


def test_a_listed_number_closes_channels_that_need_a_number() -> None:
    assert [concerns_phones(each) for each in ("VOICE", "SMS", "CALLBACK")] == [True] * 3
    assert [concerns_phones(each) for each in ("EMAIL", "CHAT")] == [False] * 2


answers = st.lists(
    st.tuples(
        st.sampled_from(("VOICE", "EMAIL", ALL_CHANNELS)),
        st.booleans(),
        st.sampled_from(RECORDS),
        st.sampled_from((*RECORDS, "elsewhere")),
    ),
    max_size=8,
)


@given(answers, st.sampled_from(Purpose), st.sampled_from(("VOICE", ALL_CHANNELS)))
def test_whoever_refuses_last_is_left_alone(
    before: list[tuple[str, bool, str, str]], purpose: Purpose, channel: str
) -> None:
    for record in RECORDS:
        assert may_call(*before, (channel, NO, record, record), purpose=purpose) is not None


@given(answers, st.sampled_from(Purpose))
def test_one_more_refusal_never_opens_anything(
    before: list[tuple[str, bool, str, str]], purpose: Purpose
) -> None:
    if may_call(*before, purpose=purpose) is None:
        return
    for place, channel in itertools.product(range(len(before) + 1), ("VOICE", ALL_CHANNELS)):
        more = [*before[:place], (channel, NO, "a", "a"), *before[place:]]
        assert may_call(*more, purpose=purpose) is not None
