"""Any talk about accounts: nothing of another's is told, and nothing changes without a yes."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from switchyard_actions.domain.language import Language

from tests.fakes.actions.company import (
    EARBUDS,
    KETTLE,
    LAMP,
    LIN,
    OCTOBER,
    SEPTEMBER,
    WU,
    WUS,
    WUS_BILL,
    accounts,
    talk,
)

pytestmark = pytest.mark.unit

Words = tuple[str, str, dict[str, str]]

ORDERS = [
    (f"about {number}", intent, {"order_number": number})
    for number in (LAMP, KETTLE, EARBUDS, WUS, "SY20260000")
    for intent in ("order_status", "change_address", "give_details", "correct")
]
BILLS = [
    (f"about {number}", intent, {"bill_number": number})
    for number in (OCTOBER, SEPTEMBER, WUS_BILL)
    for intent in ("bill_balance", "payment_arrangement", "give_details", "correct")
]
OTHERS: list[Words] = [
    ("my orders", "order_status", {}),
    ("yesterday's", "give_details", {"date": "yesterday"}),
    ("the other one", "correct", {}),
    ("what do I owe", "bill_balance", {}),
    ("to pay later", "payment_arrangement", {}),
    ("3 parts", "give_details", {"instalments": "3"}),
    ("20", "give_details", {"number": "20", "digits": "20"}),
    ("tomorrow", "give_details", {"date": "tomorrow"}),
    ("deliver to 12 Harbour Road, Bristol", "change_address", {}),
    ("7 Mill Lane, York", "nlu_fallback", {}),
    ("new PIN", "pin_reset", {}),
    ("5678", "give_details", {"phone_digits": "5678", "digits": "5678"}),
    ("4321", "give_details", {"phone_digits": "4321", "digits": "4321"}),
    ("551920", "give_details", {"digits": "551920"}),
    ("no", "deny", {}),
    ("stop", "cancel", {}),
    ("gibberish", "nlu_fallback", {}),
    ("I don't know", "no_details", {}),
    ("the second", "give_details", {"ordinal": "2"}),
]
YES: Words = ("yes", "affirm", {})
BELONGS = {WU: ("Umbrella", "29 yuan", "29 元"), LIN: ("Kettle", "80.50", "159.50")}

walks = st.lists(st.sampled_from([*ORDERS, *BILLS, *OTHERS, YES, YES, YES]), max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(walks, st.sampled_from(list(Language)), st.booleans())
def test_nobody_is_told_or_changes_what_is_not_theirs(
    walk: list[Words], language: Language, verified: bool
) -> None:
    async def walked() -> None:
        kept = accounts()
        chat = talk(kept, language)
        if verified:
            chat.verified(LIN)
        for words, intent, entities in walk:
            changes = len(kept.changes)
            answer = await chat.say(words, intent, **entities)
            customer = chat.dialogue.customer
            for owner, things in BELONGS.items():
                assert owner == customer or not any(thing in answer for thing in things)
            made = list(kept.changes.values())[changes:]
            assert all(change[1] == customer for change in made)
            assert not made or intent == "affirm" or made[0][0] == "reset_link"
            if chat.turns[-1].pause:
                return

    asyncio.run(walked())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(walks, st.integers(min_value=0, max_value=11))
def test_a_crm_that_goes_away_in_the_middle_loses_and_doubles_nothing(
    walk: list[Words], when: int
) -> None:
    async def walked() -> None:
        kept = accounts()
        chat = talk(kept).verified(LIN)
        for turn, (words, intent, entities) in enumerate(walk):
            kept.available = turn != when
            task = chat.dialogue.task
            assert await chat.say(words, intent, **entities)
            if chat.turns[-1].pause:
                return
            if not kept.available and chat.turns[-1].account.outcome == "error" and task:
                given = set(task.values)
                waiting = [chat.dialogue.task, *chat.dialogue.suspended]
                found = {slot for one in waiting if one for slot in one.values}
                assert given & {"address", "instalments"} <= found
                # "Yesterday's" takes the place of a number.
                assert "order_number" not in given or found & {"order_number", "which"}

    asyncio.run(walked())
